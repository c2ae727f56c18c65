"""What the operator of a party has to do that was refused, in words that follow "has to"."""

from collections.abc import Mapping
from typing import Final, TypeVar

import attrs

from partywire.errors import IdentityError
from partywire_nitro_attest.refusals import Refusal, Refused, Step

E = TypeVar("E", bound=IdentityError)

_AS_THEY_ARE: Final = (
    "see to it that its documents come from the security module of its enclave, and as they are"
)
_RENEWED: Final = "see in its log why its attester does not renew its certificate"
_CERTIFIED: Final = "see what its attester makes: a certificate with exactly one document in it"
_OTHERWISE: Final = "compare what its attester makes with what this config has of it"

_BY_REFUSAL: Final[Mapping[Refusal, str]] = {
    Refusal.TIME_FUTURE: "compare its clock with ours",
    Refusal.CHAIN_NOT_YET: "compare its clock with ours",
    Refusal.CHAIN_ROOT: (
        "say who signs its documents; another partition of AWS needs its root in the roots of this "
        "config, and a development module is trusted as development_root alone"
    ),
}
_BY_STEP: Final[Mapping[Step, str]] = {
    Step.CARRIER: _CERTIFIED,
    Step.SIZE: _AS_THEY_ARE,
    Step.FORM: _AS_THEY_ARE,
    Step.FIELDS: _AS_THEY_ARE,
    Step.TIME: _RENEWED,
    Step.CHAIN: _RENEWED,
    Step.SIGNATURE: _AS_THEY_ARE,
    Step.MODULE: _AS_THEY_ARE,
    Step.DEBUG: "start its enclave without --debug-mode",
    Step.KEY: "have its attester make its certificate: the document names another key",
    Step.RELEASE: (
        "run a release that this config trusts; or, where that image is to be trusted, these three "
        "PCRs have to be added to this config, as a [[verifier.release]]"
    ),
    Step.PINS: (
        "say which role, instance and signer its enclave has, and for PCR16 what `partywire "
        "attestation measure` prints of its config; or the pcrs of its [[peer]] table in this "
        "config have to follow"
    ),
    Step.USER_DATA: "have the user data in its documents that the check of this config takes",
    Step.NONCE: "see to it that its node and its attester are of one version with ours",
}


def told(error: E, party: str) -> E:
    """Return the same refusal of a party, with what that one has to do about it."""
    return attrs.evolve(error, expected=party, remedy=_remedy(error))


def _remedy(error: IdentityError) -> str:
    if not isinstance(error, Refused):
        return _OTHERWISE
    return _BY_REFUSAL.get(error.refusal, _BY_STEP[error.refusal.step])
