"""What an open node shows of itself, whom it lets in, and how both change."""

import logging
import time
from functools import partial
from typing import Final

import anyio
import anyio.to_thread

from partywire.hookspecs import Setting
from partywire.setting import Attester, refuse_changes
from partywire_grpc.certificates.rules import utc_text
from partywire_grpc.connections import RENEWED
from partywire_grpc.place import Move, place_of
from partywire_grpc.transport import FastTransport
from partywire_grpc.wires import refuse_other_wires
from partywire_grpc_mtls.attested import Following, first_own
from partywire_grpc_mtls.expiry import Expiries
from partywire_grpc_mtls.mutual import MutualTls
from partywire_grpc_mtls.own import Own, first_roots, load_own
from partywire_grpc_mtls.publishing import Served
from partywire_grpc_mtls.roots import Roots

_log = logging.getLogger("partywire")

GLANCE: Final = 60.0
"""Seconds from one look at the clock to the next, at most: clocks are set. A certificate that has
expired is warned of as often."""

OVERLAP: Final = 10.0
"""Seconds that connections by the certificate before stand beside those by the new one, at most, so
that a connection that is being made is not made in vain. They stand for half of the time that the
former one has left, where that is less, as peers end them with it."""

ENDED: Final = "this node's own certificate has expired"
_SAID: Final = (
    "THE CERTIFICATE OF THIS NODE, %s, HAS EXPIRED, at %s: no peer is called, and no caller is let "
    "in, until there is a new one; %s"
)
_BY_FILES: Final = "renew it, and let the node read its config again"
_BY_ATTESTER: Final = "see why its attester makes none"


class Standing:
    """One node's own certificate, and the roots of its peers.

    Attributes:
        security: what the wire goes by.
        expiries: who has to renew.
    """

    def __init__(self, setting: Setting, own: Own, roots: Roots) -> None:
        """Begin with these; see `opened`."""
        self._setting = setting
        self._own = own
        self._former: Own | None = None
        self._overlap = 0.0
        self._news = anyio.Event()
        self.expiries: Expiries = Expiries()
        self.expiries.note(setting.party, own.leaf)
        self.security: MutualTls = MutualTls(setting.party, Served(own, roots), self.expiries)

    @classmethod
    async def opened(cls, setting: Setting) -> "Standing":
        """Return that of a node which opens. Raises `ConfigInvalid`."""
        if setting.attester is None:
            own = await anyio.to_thread.run_sync(load_own, setting)
        else:
            own = await first_own(setting, setting.attester)
        roots = await anyio.to_thread.run_sync(first_roots, setting, own.credentials)
        return cls(setting, own, roots)

    async def change(self, setting: Setting, former: Setting) -> Move:
        """Take other peers, addresses and certificates; all files are read anew.

        What an attester has made stays. Raises `ConfigInvalid`, and then nothing has changed.
        """
        refuse_changes(setting, former, but=("peer", "certificate", "private_key"))
        refuse_other_wires(setting, former)
        own = self._own
        if setting.attester is None:
            own = await anyio.to_thread.run_sync(load_own, setting)
        roots = await anyio.to_thread.run_sync(first_roots, setting, own.credentials)
        other = None if setting.attester or own.leaf == self._own.leaf else own
        return Move(
            place_of(setting),
            take=partial(self._take, setting, other),
            renew=partial(self._renew, setting, roots, other),
            certificate=other.leaf.der if other else b"",
        )

    async def follow(self, attester: Attester, transport: FastTransport) -> None:
        """Take over what the attester makes, until cancelled."""

        async def take(own: Own) -> None:
            await transport.succeed(own.leaf.der, partial(self._show, own))
            left = (self._own.leaf.not_after - time.time()) / 2
            self._overlap = anyio.current_time() + min(OVERLAP, left)
            self._go_over(own, self._own)

        following = Following(
            attester, now=lambda: self._own, setting=lambda: self._setting, take=take
        )
        await following.run()

    async def watch(self, transport: FastTransport) -> None:
        """End what shows a certificate of ours that has had its time, until cancelled.

        It warns where the newest has expired.
        """
        while True:
            now, news = time.time(), self._news
            if self._own.has_ended(now):
                transport.keep((), ENDED)
                self._warn()
            else:
                transport.keep([own.digest for own in self._shown()], RENEWED)
            with anyio.move_on_after(self._pause(now)):
                await news.wait()

    def _shown(self) -> list[Own]:
        """Return the certificates that connections may show now."""
        if self._former is None or anyio.current_time() >= self._overlap:
            return [self._own]
        return [self._former, self._own]

    def _pause(self, now: float) -> float:
        """Return in how many seconds that changes, `GLANCE` at most."""
        changes = (self._own.leaf.not_after - now, self._overlap - anyio.current_time())
        return min([GLANCE, *(each for each in changes if each > 0)])

    def _warn(self) -> None:
        party, end = self._setting.party, utc_text(self._own.leaf.not_after)
        remedy = _BY_ATTESTER if self._setting.attester else _BY_FILES
        _log.error(_SAID, party, end, remedy)

    def _take(self, setting: Setting, own: Own | None) -> None:
        """Take a config into use, and with it another certificate, if there is one, at once."""
        self._setting = setting
        if own is not None:
            self._go_over(own, None)

    def _go_over(self, own: Own, former: Own | None) -> None:
        self._own, self._former = own, former
        news, self._news = self._news, anyio.Event()
        news.set()

    def _renew(self, setting: Setting, roots: Roots, own: Own | None) -> None:
        """Do on gRPC's event loop what `_take` does here."""
        self.security.admit_only(roots)
        self.expiries.keep({setting.party, *setting.peers})
        if own is not None:
            self._show(own)

    def _show(self, own: Own) -> None:
        self.security.show(own)
        self.expiries.note(self._setting.party, own.leaf)
