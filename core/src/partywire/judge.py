"""Makes every identity: all verifiers agree, or nobody comes in. Tags are held to it, too."""

from collections.abc import Callable, Sequence
from typing import Final

import attrs

from partywire.errors import EvidenceInvalid, IdentityError, IdentityMismatch, outside_text
from partywire.identity import _ONLY_JUDGE, ClaimedIdentity, Evidence, Identity, Verdict
from partywire.interfaces import IdentityVerifier

_CLASH: Final = (
    "the claim {!r} is given by {} and by {}, and not the same; one of the two has to name it "
    "otherwise"
)


@attrs.frozen
class Verifiers:
    """All verifiers of a config, in the order in which they are asked.

    Attributes:
        who: those that prove who is there. They come first, so that a stranger costs no more than
            their refusal.
        others: the others.
    """

    who: tuple[IdentityVerifier, ...]
    others: tuple[IdentityVerifier, ...] = ()

    @property
    def all(self) -> tuple[IdentityVerifier, ...]:
        """All of them."""
        return self.who + self.others


class UnsafeClaims(IdentityVerifier):
    """Proves nothing: it believes the claim. For insecure transports, and never beside another."""

    def verify(
        self, evidence: Evidence, *, expected: str, binding: bytes | None = None, now: float
    ) -> Verdict:
        """Return a verdict on whoever claims to be ``expected``."""
        if evidence.claimed != expected:
            raise IdentityMismatch(expected, "claims to be another party")
        return Verdict(expected)


def judge(
    evidence: Evidence,
    verifiers: Sequence[IdentityVerifier],
    *,
    expected: str,
    now: float,
    binding: bytes | None = None,
    until: float | None = None,
) -> Identity:
    """Return the identity that the evidence proves to every verifier.

    The identity is valid until the first verdict ends, or until ``until``. It is a
    `ClaimedIdentity` where `UnsafeClaims` is the only verifier. Pure, as the verifiers are: no I/O
    and no clock.

    Args:
        evidence: what the peer showed.
        verifiers: all of the config's; none at all refuses.
        expected: the peer dialled, or the roster entry that a caller claims to be; never empty.
        now: seconds since 1970.
        binding: what the proof of the evidence has to cover; None while none was asked for.
        until: seconds since 1970 until which that proof is good; None where there is none.

    Raises:
        EvidenceInvalid: a verifier refused, raised anything unforeseen, or returned anything but a
            verdict that is in date; two give one claim with different values; or the proof is out
            of date.
        IdentityMismatch: the evidence is somebody else's.
    """
    if not verifiers:
        raise EvidenceInvalid(expected, "no verifier is configured")
    if until is not None and not now < until:
        raise EvidenceInvalid(expected, "its proof is out of date")
    kind = Identity
    if any(isinstance(verifier, UnsafeClaims) for verifier in verifiers):
        if len(verifiers) > 1:
            raise EvidenceInvalid(expected, "claims are not believed beside a verifier")
        kind = ClaimedIdentity
    verdicts = [_ask(verifier, evidence, expected, now, binding) for verifier in verifiers]
    spans = [(each.valid_until, each.valid_from) for each in verdicts]
    ends = [(end, begin) for end, begin in ((until, None), *spans) if end is not None]
    end, begin = min(ends, key=lambda span: span[0], default=(None, None))
    claims = _joined(expected, verifiers, verdicts)
    return kind(expected, end, claims, valid_from=begin, made_by=_ONLY_JUDGE)


def _joined(
    expected: str, verifiers: Sequence[IdentityVerifier], verdicts: Sequence[Verdict]
) -> dict[str, str]:
    """Return the claims of all verdicts. Two that give one claim have to give the same."""
    claims: dict[str, str] = {}
    by: dict[str, str] = {}
    for verifier, verdict in zip(verifiers, verdicts, strict=True):
        for name, claim in verdict.claims.items():
            by.setdefault(name, type(verifier).__name__)
            if claims.setdefault(name, claim) != claim:
                raise EvidenceInvalid(
                    expected, _CLASH.format(name, by[name], type(verifier).__name__)
                )
    return claims


Failed = Callable[[IdentityVerifier, Exception], None]
"""Is told of a verifier that fails to say whom it challenges."""


def challenged(
    party: str, verifiers: Sequence[IdentityVerifier], failed: Failed = lambda *_: None
) -> bool:
    """Tell whether a party has to prove itself on each connection.

    A verifier that fails to say so, or says anything but False, challenges.
    """
    return any(_challenges(verifier, party, failed) for verifier in verifiers)


def _challenges(verifier: IdentityVerifier, party: str, failed: Failed) -> bool:
    try:
        return verifier.challenges(party) is not False
    except Exception as error:
        failed(verifier, error)
        return True


def _ask(
    verifier: IdentityVerifier,
    evidence: Evidence,
    expected: str,
    now: float,
    binding: bytes | None,
) -> Verdict:
    """Return one verifier's verdict on the expected party; anything else refuses."""
    name = type(verifier).__name__
    try:
        verdict: object = verifier.verify(evidence, expected=expected, binding=binding, now=now)
    except IdentityError:
        raise
    except Exception as error:
        raise EvidenceInvalid(expected, f"{name} failed with {type(error).__name__}") from error
    if type(verdict) is not Verdict:
        raise EvidenceInvalid(expected, f"{name} gave no verdict")
    if verdict.party != expected:
        raise IdentityMismatch(expected, f"{name} found another party")
    if verdict.valid_until is not None and not now < verdict.valid_until:
        raise EvidenceInvalid(expected, f"{name} found it out of date")
    return verdict


def check_sender(identity: Identity, sender: str) -> None:
    """Hold the sender that a tag names to who sent it.

    Raises:
        IdentityMismatch: it is another party.
    """
    if sender != identity.party:
        said = f"the tag names {outside_text(sender)}, and {identity.party} sent it"
        raise IdentityMismatch(identity.party, said)
