"""A party that comes again and again with a next certificate is judged at the node's own pace."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import anyio
from anyio import to_thread

from partywire_grpc.frames import BEAT, Succession, Successor, decode_frame, encode_successor
from partywire_grpc.succession import PAUSE
from partywire_grpc_mtls.mutual import MutualTls
from tests.certificates.contexts import client_context
from tests.hostile.port.http2 import raider
from tests.hostile.port.manners import greeted, says

if TYPE_CHECKING:
    import ssl

    import pytest

    from partywire.identity import Evidence
    from tests.certificates.town import Town
    from tests.hostile.tls.village import Village

PATIENCE: Final = 20.0
TIMES: Final = 3


async def announced(there: Village, context: ssl.SSLContext, certificate: bytes) -> bool:
    """Come as bob, announce a next certificate, and return whether it is admitted."""
    async with raider(there.ports["alice"], context) as bob:
        await greeted(bob, "bob")
        await says(bob, encode_successor(Successor(certificate)))
        while (came := await bob.message()) == BEAT:
            pass
        answer = decode_frame(came)
        assert isinstance(answer, Succession)
        return answer.admitted


async def test_who_comes_anew_with_each_successor_has_to_wait_for_the_next_turn(
    there: Village, place: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    judged: list[float] = []
    successor = MutualTls.successor

    def watched(self: MutualTls, party: str, source: str, certificate: bytes) -> Evidence:
        judged.append(anyio.current_time())
        return successor(self, party, source, certificate)

    monkeypatch.setattr(MutualTls, "successor", watched)
    context = await to_thread.run_sync(client_context, place.own["bob"])
    with anyio.fail_after(PATIENCE):
        for _ in range(TIMES):
            assert not await announced(there, context, b"no certificate")
        await there.goes_on()
    assert len(judged) == TIMES
    assert all(later >= earlier + PAUSE for earlier, later in pairwise(judged))
    said = [line for line in caplog.messages if "refused the next certificate of bob" in line]
    assert len(said) == TIMES
