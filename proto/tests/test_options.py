"""What the operating system has to give."""

from __future__ import annotations

import resource

import pytest

from partywire_grpc.options import check_descriptors


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
