"""What the operating system has to give."""

from __future__ import annotations

import resource

import pytest

from partywire.delivery.limits import MIB, Limits
from partywire_grpc.options import CONNECTIONS, check_descriptors, server_options, waiting
from partywire_grpc.reference import options as reference
from partywire_grpc.reference.requests import LARGEST


@pytest.mark.parametrize(("allowed", "warned"), [(300, True), (4_096, False), (-1, False)])
def test_too_few_descriptors_are_warned_of_with_the_remedy(
    allowed: int,
    warned: bool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (allowed, allowed))
    check_descriptors(peers=10)
    assert ("ulimit -n 336" in caplog.text) is warned


@pytest.mark.parametrize(
    ("allowed", "connections"),
    [(-1, CONNECTIONS), (1 << 20, CONNECTIONS), (1_024, 1_024 - 256 - 80), (300, 80)],
)
def test_a_server_takes_no_more_connections_than_leave_descriptors_for_the_rest(
    allowed: int, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (allowed, allowed))
    options = dict(server_options(64 * MIB, peers=10))
    assert options["grpc.max_allowed_incoming_connections"] == connections


@pytest.mark.parametrize(
    ("window", "callers"), [(0, 16_384), (64 * MIB, 16), (256 * MIB, 4), (1 << 40, 4)]
)
def test_callers_who_wait_have_room_for_so_many_bytes_and_a_few_come_always(
    window: int, callers: int
) -> None:
    assert waiting(window) == callers
    options = dict(server_options(window, peers=1))
    assert options["grpc.server.max_pending_requests"] == callers
    assert options["grpc.server.max_pending_requests_hard_limit"] == callers


@pytest.mark.parametrize("largest", [MIB, LARGEST])
def test_the_last_calls_of_an_old_connection_have_as_long_as_their_callers_wait(
    largest: int,
) -> None:
    patience = Limits().call_timeout + largest / MIB
    options = dict(reference.server_options(largest, peers=1))
    assert options["grpc.max_connection_age_grace_ms"] == int(patience * 1_000)
