"""An operator's key vouches for the certificate of a party: a verifier and an attester."""

from partywire_operator.attester import OperatorAttester
from partywire_operator.config import OperatorConfig, OperatorPeer
from partywire_operator.verifier import OperatorVerifier

__all__ = ["OperatorAttester", "OperatorConfig", "OperatorPeer", "OperatorVerifier"]
