"""An insecure transport is named, allowed, and alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from partywire.config import load_config
from partywire.errors import ConfigInvalid
from partywire.judge import UnsafeClaims
from partywire.node.assembly import opened_verifiers

if TYPE_CHECKING:
    from partywire.plugins import Plugins

BARE = {"plugin": "bare", "allow_insecure": True}


def config(transport: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "party": {"id": "alice"},
        "transport": transport,
        "peer": [{"id": "bob"}],
        **more,
    }


def refused(content: dict[str, Any], plugins: Plugins) -> dict[str, str]:
    with pytest.raises(ConfigInvalid) as caught:
        load_config(content, plugins)
    return {mistake.key: mistake.problem for mistake in caught.value.mistakes}


def test_one_that_is_allowed_needs_no_verifier(plugins: Plugins) -> None:
    loaded = load_config(config(BARE), plugins)
    (verifier,) = opened_verifiers(loaded).all
    assert isinstance(verifier, UnsafeClaims)


@pytest.mark.parametrize("transport", [{"plugin": "bare"}, {**BARE, "allow_insecure": False}])
def test_one_that_is_not_allowed_is_a_mistake(transport: dict[str, Any], plugins: Plugins) -> None:
    mistakes = refused(config(transport), plugins)
    assert list(mistakes) == ["transport.allow_insecure"]
    assert "has to be true" in mistakes["transport.allow_insecure"]


def test_one_that_has_no_such_switch_never_runs(plugins: Plugins) -> None:
    assert "transport.allow_insecure" in refused(config({"plugin": "naked"}), plugins)


def test_a_verifier_beside_it_is_a_mistake(plugins: Plugins) -> None:
    verifiers = [{"plugin": "seal"}, {"plugin": "code"}]
    mistakes = refused(config(BARE, verifier=verifiers), plugins)
    assert list(mistakes) == ["verifier[0]", "verifier[1]"]


def test_an_unknown_verifier_beside_it_is_a_mistake_too(plugins: Plugins) -> None:
    mistakes = refused(config(BARE, verifier=[{"plugin": "nobody"}]), plugins)
    assert set(mistakes) == {"verifier[0].plugin", "verifier[0]"}
