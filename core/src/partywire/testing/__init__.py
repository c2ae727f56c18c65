"""The conformance kit: what a plugin promises, one test for each promise.

For the tests of those who write plugins; a node never imports it. It needs the extra
``partywire[testing]``.
"""

import pytest

for _module in (
    "tasks",
    "transport",
    "verifier",
    "router",
    "single_messages",
    "plugin",
    "attester",
    "trusted",
):
    pytest.register_assert_rewrite(f"partywire.testing.{_module}")

from partywire.testing.attester import AttesterCase, AttesterContract  # noqa: E402
from partywire.testing.contract import Contract, overrides  # noqa: E402
from partywire.testing.faults import Faults, Faulty  # noqa: E402
from partywire.testing.plugin import PluginContract  # noqa: E402
from partywire.testing.router import RouterContract  # noqa: E402
from partywire.testing.transport import TransportContract  # noqa: E402
from partywire.testing.transport.scene import Config, Configs  # noqa: E402
from partywire.testing.transport.single import SingleCallContract  # noqa: E402
from partywire.testing.trusted import TrustedCase, TrustedContract  # noqa: E402
from partywire.testing.verifier import VerifierCase, VerifierContract, garblings  # noqa: E402

__all__ = [
    "AttesterCase",
    "AttesterContract",
    "Config",
    "Configs",
    "Contract",
    "Faults",
    "Faulty",
    "PluginContract",
    "RouterContract",
    "SingleCallContract",
    "TransportContract",
    "TrustedCase",
    "TrustedContract",
    "VerifierCase",
    "VerifierContract",
    "garblings",
    "overrides",
]
