"""Documents that have to be refused, by what is wrong with them, and some that only look so.

Each is made of a sound one's `Making`, and breaks one rule. All that a rule does not need is sound:
what is changed is signed again, by a leaf that a chain below the same root vouches for.
"""

from typing import Final

from partywire_nitro_attest.development.defects.carriers import CARRIED, MISCARRIED
from partywire_nitro_attest.development.defects.chains import ANYWHERE, CHAINS
from partywire_nitro_attest.development.defects.envelopes import ENVELOPES
from partywire_nitro_attest.development.defects.fields import FIELDS
from partywire_nitro_attest.development.defects.payloads import PAYLOADS
from partywire_nitro_attest.development.defects.signatures import SIGNATURES
from partywire_nitro_attest.development.defects.stages import Defect, Defects
from partywire_nitro_attest.development.defects.standings import STANDINGS
from partywire_nitro_attest.development.defects.variants import VARIANTS

DEFECTS: Final[Defects] = {
    **ENVELOPES,
    **PAYLOADS,
    **FIELDS,
    **SIGNATURES,
    **CHAINS,
    **STANDINGS,
}
"""All of them."""

__all__ = [
    "ANYWHERE",
    "CARRIED",
    "CHAINS",
    "DEFECTS",
    "ENVELOPES",
    "FIELDS",
    "MISCARRIED",
    "PAYLOADS",
    "SIGNATURES",
    "STANDINGS",
    "VARIANTS",
    "Defect",
    "Defects",
]
