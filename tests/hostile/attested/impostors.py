"""Who is refused by its certificate: by name, what is shown, and in which words it is refused.

Each shows a certificate with its own key, which its CA has issued, or its image names: all is in
order but for one thing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import attrs

from partywire_nitro_attest.development import in_debug_mode, measured, new_root
from partywire_nitro_attest.development.defects import MISCARRIED
from partywire_nitro_attest.development.defects.carriers import element, plain
from tests.certificates.building import DAY, Held
from tests.hostile.attested.estate import (
    FULL_AUTO,
    IMAGE,
    LIFE,
    NEXT_IMAGE,
    Estate,
    signed_by,
)

UNTRUSTED: Final = "another program"
OCTETS: Final = 0x04


@attrs.frozen
class Impostor:
    """Somebody who is not to be let in.

    Attributes:
        party: in whose place.
        make: makes what is shown.
        refused: the words of the refusal, as a regular expression.
        by_tls: whether no handshake ends in which a caller shows that.
        fits: whether gRPC's server takes so large a one from a caller.
    """

    party: str
    make: Callable[[Estate], Held]
    refused: str
    by_tls: bool = False
    fits: bool = True

    @property
    def comes_to_the_door(self) -> bool:
        """Whether its handshake ends in a root: that of its CA."""
        return self.party in FULL_AUTO and not self.by_tls and self.fits


def _runs(party: str, pcrs: dict[int, bytes]) -> Callable[[Estate], Held]:
    return lambda estate: estate.enclave(party, pcrs=pcrs).shows()


def _shows(party: str, **changes: Any) -> Callable[[Estate], Held]:
    return lambda estate: estate.enclave(party).shows(**changes)


def _carried(how: str) -> Callable[[Estate], Held]:
    def made(estate: Estate) -> Held:
        enclave = estate.enclave("bob")
        return enclave.shows(carried=MISCARRIED[how](enclave.document()))

    return made


def _in_der(estate: Estate) -> Held:
    enclave = estate.enclave("bob")
    return enclave.shows(carried=(plain(element(OCTETS, enclave.document())),))


def _of_another(party: str, other: str) -> Callable[[Estate], Held]:
    """The document is of another party's enclave, which is in order."""
    return lambda estate: estate.enclave(party).shows(estate.enclave(other).document())


def _asked(**asked: Any) -> Callable[[Estate], Held]:
    def made(estate: Estate) -> Held:
        enclave = estate.enclave("bob")
        return enclave.shows(enclave.document(**asked))

    return made


def _of_its_own_root(estate: Estate) -> Held:
    return estate.enclave("bob", root=new_root(time.time())).shows()


def _signed_by_bob(estate: Estate) -> Held:
    """The image of carol was signed with a key that is bob's, and says so."""
    bobs = estate.vouching["bob"]
    pcrs = {**measured(IMAGE), **signed_by(bobs)}
    return estate.enclave("carol", pcrs=pcrs).shows(named=bobs.der)


def _of_no_ca(estate: Estate) -> Held:
    return estate.enclave("bob").shows(by=None)


IMPOSTORS: Final[dict[str, Impostor]] = {
    "another party's document": Impostor("bob", _of_another("bob", "carol"), r"\(key-other\)"),
    "another party's document, semi-auto": Impostor(
        "carol", _of_another("carol", "bob"), r"\(pcr-other\)|\(key-other\)"
    ),
    "a document of no key": Impostor("bob", _asked(public_key=None), r"\(key-absent\)"),
    "an untrusted release": Impostor(
        "bob", _runs("bob", measured(UNTRUSTED)), r"\(release-unknown\).* trusted here: 1\.0, 1\.1"
    ),
    "two releases mixed": Impostor(
        "bob",
        _runs("bob", {**measured(IMAGE), 2: measured(NEXT_IMAGE)[2]}),
        r"\(release-unknown\)",
    ),
    "debug mode": Impostor("bob", _runs("bob", in_debug_mode()), r"\(debug\).*debug mode"),
    "an expired certificate": Impostor(
        "bob", _shows("bob", begin=-2 * DAY, end=-60), r"expired at .* has to renew", by_tls=True
    ),
    "a certificate that outlives its document": Impostor(
        "bob", _shows("bob", end=LIFE + 60), "after the one that signed its document"
    ),
    "a document that is too old": Impostor(
        "bob", lambda estate: estate.enclave("bob", age=LIFE + 600).shows(), r"\(time-too-old\)"
    ),
    "two documents": Impostor("bob", _carried("both extensions"), r"\(carrier-twice\)", fits=False),
    "no document": Impostor("bob", _carried("no extension"), r"\(carrier-absent\)"),
    "a document wrapped in DER": Impostor("bob", _in_der, r"\(cbor-trailing\)"),
    "a document under a root of its own": Impostor("bob", _of_its_own_root, r"\(chain-root\)"),
    "a check of user data that returns False": Impostor(
        "bob", _asked(user_data=b"wrong"), r"\(user-data\).*returned a bool, and not None"
    ),
    "an enclave of nobody": Impostor(
        "bob", _of_no_ca, "not signed by the configured CA itself", by_tls=True
    ),
    "a certificate that may sign others": Impostor(
        "bob", _shows("bob", usages=None), "may sign others", by_tls=True
    ),
    "an image that another party has signed": Impostor(
        "carol", _signed_by_bob, "is not the configured one"
    ),
    "an image that another has signed, under a false name": Impostor(
        "carol",
        lambda estate: estate.enclave(
            "carol", pcrs={**measured(IMAGE), **signed_by(estate.vouching["bob"])}
        ).shows(),
        r"\(pcr-other\).*PCR8",
    ),
    "an image that nobody has signed": Impostor(
        "carol", _runs("carol", measured(IMAGE)), r"\(pcr-other\).*PCR8"
    ),
    "an untrusted release, semi-auto": Impostor(
        "carol",
        lambda estate: estate.enclave(
            "carol", pcrs={**measured(UNTRUSTED), **signed_by(estate.vouching["carol"])}
        ).shows(),
        r"\(release-unknown\)",
    ),
}
"""All are refused as callers, and as servers that are dialled."""
