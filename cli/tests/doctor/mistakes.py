"""What can be wrong between alice and a peer: by name, how it comes about, and who is looked at."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import attrs

from partywire.delivery.hello import Way
from tests.certificates.building import DAY, Held, make
from tests.certificates.impostors import IMPOSTORS
from tests.certificates.town import REPLICA
from tests.loopback import PLAIN

from .attested import STAGES
from .places import OfTown, Place, says_hello, until_its_way_is

if TYPE_CHECKING:
    from tests.loopback import Config, Security

OTHERS: Final = ("bob", "carol", "erin", REPLICA)
Stage = Callable[[Place], AbstractAsyncContextManager["Config"]]


@attrs.frozen
class Mistake:
    """Something that is wrong; entering ``stage`` gives alice's config.

    Attributes:
        party: whose findings say so; alice for her own node.
        stage: brings it about.
    """

    party: str
    stage: Stage


def _shown(party: str, make_it: Callable[[Any], Held], **changes: Any) -> Mistake:
    """Somebody at a party's address shows that."""

    @asynccontextmanager
    async def stage(place: Place) -> AsyncIterator[Config]:
        async with place.showing(party, make_it(place.town), **changes):
            yield place.config("alice", *OTHERS)

    return Mistake(party, stage)


def _of_node(bobs: Callable[[Place], Config], ahead: float = 0.0, **security: Any) -> Mistake:
    """Bob's node runs by that config; alice's is as it should be, but for ``security``."""

    @asynccontextmanager
    async def stage(place: Place) -> AsyncIterator[Config]:
        async with place.node(bobs(place), ahead):
            yield place.config("alice", "bob", **security)

    return Mistake("bob", stage)


@asynccontextmanager
async def _nobody(place: Place) -> AsyncIterator[Config]:
    yield place.config("alice", "bob")


@asynccontextmanager
async def _nameless(place: Place) -> AsyncIterator[Config]:
    config = place.config("alice", "bob")
    config["peer"][0]["address"] = "bob.invalid:7000"
    yield config


@asynccontextmanager
async def _mail(place: Place) -> AsyncIterator[Config]:
    async with place.serving("bob", says_hello):
        yield place.config("alice", "bob")


@asynccontextmanager
async def _erin_there(place: Place) -> AsyncIterator[Config]:
    place.ports["bob"] = place.ports["erin"]
    async with place.node(place.config("erin", "alice")):
        config = place.config("alice", "bob", "erin")
        config["peer"][1]["address"] = "127.0.0.1:1"
        yield config


@asynccontextmanager
async def _herself_there(place: Place) -> AsyncIterator[Config]:
    """Alice's node, by a port that leads to it from elsewhere."""
    near = place.config("alice", "bob")
    place.ports["alice"] = place.ports["bob"]
    async with place.node(place.config("alice", "erin")):
        yield near


@asynccontextmanager
async def _listens_elsewhere(place: Place) -> AsyncIterator[Config]:
    yield place.config("alice", "bob", listen="192.0.2.7:7000")


@asynccontextmanager
async def _ends_soon(place: Place) -> AsyncIterator[Config]:
    soon = make("bob", now=place.town.now, key=place.town.own["bob"].key, end=3 * DAY)
    bobs = place.config("bob", "alice", security=OfTown(place, holds={"bob": soon}))
    async with place.node(bobs):
        yield place.config("alice", "bob")


@asynccontextmanager
async def _own_ends_soon(place: Place) -> AsyncIterator[Config]:
    soon = make("alice", now=place.town.now, end=3 * DAY)
    config = place.config("alice", "bob", security=OfTown(place, holds={"alice": soon}))
    async with place.node(config):
        yield config


@asynccontextmanager
async def _former(place: Place) -> AsyncIterator[Config]:
    """Alice's node runs, and her config has got another certificate since."""
    former = place.config("alice", "bob")
    newer = make("alice", now=place.town.now)
    async with place.node(former):
        yield place.config("alice", "bob", security=OfTown(place, holds={"alice": newer}))


def _calling(
    party: str,
    way: Way,
    ours: Callable[[Place], Config] = lambda place: place.config("alice", "bob"),
    security: Security | None = None,
) -> Mistake:
    """Bob calls us where that party's node is; our own runs by ``ours``."""

    @asynccontextmanager
    async def stage(place: Place) -> AsyncIterator[Config]:
        bobs = place.config("bob", "alice", security=security)
        bobs["peer"][0]["address"] = f"127.0.0.1:{place.ports[party]}"
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(place.node(ours(place)))
            if party == "erin":
                await stack.enter_async_context(place.node(place.config("erin", "alice")))
            bob = await stack.enter_async_context(place.node(bobs))
            await stack.enter_async_context(bob.session("a reason to call"))
            await until_its_way_is(way, bob, "alice")
            yield place.config("alice", "bob", security=security)

    return Mistake("bob", stage)


def _stranger(place: Place, party: str = "bob", peer: str = "alice") -> Config:
    """A party's config, with a certificate of the peer that it does not have any more."""
    former = make(peer, now=place.town.now)
    return place.config(party, peer, security=OfTown(place, knows={peer: former}))


_CERTIFICATES: Final = {
    name: _shown(impostor.party, impostor.make) for name, impostor in IMPOSTORS.items()
}
MISTAKES: Final[dict[str, Mistake]] = {
    "nobody listens": Mistake("bob", _nobody),
    "the name is unknown": Mistake("bob", _nameless),
    "another program is there": Mistake("bob", _mail),
    "plain text there": _of_node(lambda place: place.config("bob", "alice", security=PLAIN)),
    "TLS 1.2 only": _shown(
        "bob", lambda town: town.own["bob"], maximum_version=ssl.TLSVersion.TLSv1_2
    ),
    "another party's node": Mistake("bob", _erin_there),
    "our own node is there": Mistake("bob", _herself_there),
    **_CERTIFICATES,
    "ends soon": Mistake("bob", _ends_soon),
    "ours is not known there": _of_node(_stranger),
    "another roster": _of_node(lambda place: place.config("bob", "alice", "erin")),
    "a clock that is off": _of_node(lambda place: place.config("bob", "alice"), ahead=7300.0),
    "no TLS at either end": _of_node(
        lambda place: place.config("bob", "alice", security=PLAIN), security=PLAIN
    ),
    "no TLS here, TLS there": _of_node(lambda place: place.config("bob", "alice"), security=PLAIN),
    "our address is wrong there": _calling("carol", Way.UNREACHABLE),
    "our address there is another party's": _calling("erin", Way.REFUSED),
    "our node does not know the certificate there": _calling(
        "alice", Way.UNREACHABLE, lambda place: _stranger(place, "alice", "bob")
    ),
    "our node has a former config": _calling(
        "alice",
        Way.TURNED_AWAY,
        lambda place: place.config("alice", "erin", security=PLAIN),
        security=PLAIN,
    ),
    **{name: Mistake(party, stage) for name, (party, stage) in STAGES.items()},
    "our own ends soon": Mistake("alice", _own_ends_soon),
    "our node does not run": Mistake("alice", _nobody),
    "our node has no such address": Mistake("alice", _listens_elsewhere),
    "our node has a former certificate": Mistake("alice", _former),
}
