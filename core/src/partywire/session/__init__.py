"""Sessions, as programs use them; what one does without waiting is in `partywire.delivery`."""

from partywire.session.session import Session
from partywire.session.views import Answers, Counters, Delivery, Wait

__all__ = ["Answers", "Counters", "Delivery", "Session", "Wait"]
