"""A verifier that says what it trusts, the keys of doors, and some that say too much or little."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import attrs

from partywire.hookspecs import Setting, VerifierDescriptor, hookimpl
from partywire.testing import TrustedCase, TrustedContract
from tests.conformance.running import Broken

if TYPE_CHECKING:
    from collections.abc import Sequence

Keys = dict[str, str]
SECRET = "the caretaker's"


@attrs.frozen
class DoorKeys:
    strict: bool = False
    """Whether a key that was copied is refused."""
    password: str = ""
    """Of the caretaker."""
    motto: str = ""
    """For people."""


@attrs.frozen
class DoorPeer:
    key: str
    """By which it comes in."""
    drawing: Path
    """Where that key is drawn."""
    address: str
    """Where it lives."""


def opened(_: Setting) -> NoReturn:
    raise AssertionError("a config opens nothing")


class Doors:
    """The verifier ``doors``."""

    keys: type = DoorKeys

    @hookimpl
    def register_verifiers(self) -> Sequence[VerifierDescriptor]:
        found = VerifierDescriptor("doors", opened, frozenset(), self.keys, DoorPeer)
        return [attrs.evolve(found, trusted=self.trusted)]

    def trusted(self, setting: Setting) -> list[str]:
        lines = [f"{party} key {peer.key}" for party, peer in setting.peers.items()]
        return [*lines, f"strict {setting.config.strict}"]


PEERS = {
    party: {"key": key, "drawing": f"/drawings/{party}", "address": f"{party}.example:1"}
    for party, key in (("bob", "long"), ("carol", "short"))
}
OWN = {"plugin": "doors", "password": SECRET, "motto": "come in"}


def content(bob: Keys | None = None, carol: Keys | None = None, **own: Any) -> dict[str, Any]:
    more = {"bob": bob or {}, "carol": carol or {}}
    peers = {party: {**keys, **more[party]} for party, keys in PEERS.items()}
    return {
        "party": {"id": "alice"},
        "transport": {"plugin": "inmemory", "network": "doors"},
        "verifier": [{**OWN, **own}],
        "peer": [{"id": party, **keys} for party, keys in peers.items()],
    }


class OfDoors(TrustedContract):
    subject: ClassVar[type[Doors]] = Doors
    name = "doors"

    @property
    def plugins(self) -> Sequence[object]:  # type: ignore[override]
        return [self.subject()]

    def case(self) -> TrustedCase:
        return TrustedCase(
            config=content(),
            same={
                "where it is drawn": content({"drawing": "/elsewhere/bob"}),
                "where a peer lives": content({"address": "elsewhere.example:1"}),
                "the motto": content(motto="stay out"),
                "the password": content(password="another"),
            },
            others={
                "a key": content({"key": "round"}),
                "whose key it is": content({"key": "short"}, {"key": "long"}),
                "how strict it is": content(strict=True),
            },
            secrets=[SECRET.encode()],
        )


class SaysNothing(Doors):
    def trusted(self, setting: Setting) -> list[str]:
        return []


class Counts(Doors):
    """How often it was asked, too."""

    asked = 0

    def trusted(self, setting: Setting) -> list[str]:
        type(self).asked += 1
        return [*super().trusted(setting), f"asked {self.asked}"]


class SaysWhen(Doors):
    def trusted(self, setting: Setting) -> list[str]:
        day = 0 if time.time() < 3e9 and time.time() else 1
        return [*super().trusted(setting), f"day {day}"]


class Numbers(Doors):
    def trusted(self, setting: Setting) -> list[str]:
        said = super().trusted(setting)
        return [*said, *(f"peer {place} is {party}" for place, party in enumerate(setting.peers))]


class SaysTheMotto(Doors):
    def trusted(self, setting: Setting) -> list[str]:
        return [*super().trusted(setting), f"motto {setting.config.motto}"]


class ForgetsAKey(Doors):
    def trusted(self, setting: Setting) -> list[str]:
        return [each for each in super().trusted(setting) if not each.startswith("strict")]


class SaysWhichKeysAlone(Doors):
    """And not whose they are."""

    def trusted(self, setting: Setting) -> list[str]:
        keys = {peer.key for peer in setting.peers.values()}
        return [*sorted(keys), f"strict {setting.config.strict}"]


@attrs.frozen
class MoreKeys(DoorKeys):
    locked: bool = True
    """Nobody has decided yet whether that counts."""


class HasANewKey(Doors):
    keys = MoreKeys


class SaysAPath(Doors):
    """Of a peer whose files stay where they are in all configs of the case."""

    def trusted(self, setting: Setting) -> list[str]:
        return [*super().trusted(setting), f"carol is drawn at {setting.peers['carol'].drawing}"]


class SaysTheSecret(Doors):
    def trusted(self, setting: Setting) -> list[str]:
        password = setting.config.password
        return [*super().trusted(setting), f"password {password.encode().hex()}"]


COUNTS = "test_all_that_decides_counts"
SAME = "test_what_decides_nothing_does_not_count"
EACH = "test_it_says_the_same_each_time"
TIME = "test_it_says_the_same_at_any_time"
ORDER = "test_the_order_of_the_peers_does_not_count"

TABLE = [
    Broken(SaysNothing, OfDoors, "test_it_says_what_it_trusts", [COUNTS]),
    Broken(Counts, OfDoors, EACH, [SAME, TIME, ORDER]),
    Broken(SaysWhen, OfDoors, TIME),
    Broken(Numbers, OfDoors, ORDER),
    Broken(SaysTheMotto, OfDoors, SAME),
    Broken(ForgetsAKey, OfDoors, COUNTS),
    Broken(SaysWhichKeysAlone, OfDoors, COUNTS),
    Broken(HasANewKey, OfDoors, "test_it_is_decided_of_every_key"),
    Broken(SaysAPath, OfDoors, "test_no_path_and_no_address_is_in_it"),
    Broken(SaysTheSecret, OfDoors, "test_no_secret_is_in_it", [SAME]),
]
