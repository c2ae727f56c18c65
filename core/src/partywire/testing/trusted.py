"""The contract of a plugin that says what it trusts, so that an attester can measure it."""

import base64
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any, ClassVar

import attrs
import pytest

from partywire.config import Chosen, NodeConfig, load_config
from partywire.config.trusted import trusted_lines
from partywire.plugins import Plugins
from partywire.testing.clocks import OTHER_TIMES, clock_at
from partywire.testing.contract import Contract

Content = Mapping[str, Any]


@attrs.frozen
class TrustedCase:
    """A config that names the plugin, and others beside it; all of them as of a file.

    Attributes:
        config: has two peers at least.
        same: by what differs: configs by which the plugin lets in the same peers, for the same
            reasons. Files are at other places, and words for people are other ones.
        others: by what differs: configs by which it would let in somebody else, or for less. Each
            trusts something of its own: one other key, certificate or policy; or the same of
            other parties.
        secrets: what nobody may read, of what is in the files and tables of ``config``.
    """

    config: Content
    same: Mapping[str, Content]
    others: Mapping[str, Content]
    secrets: Sequence[bytes] = ()


class TrustedContract(Contract, ABC):
    """What a transport, a router or a verifier promises whose descriptor has ``trusted``.

    The text is measured, and others pin the measurement: it has to be the same on every machine,
    and another one for all that decides. That is looked at within one process: of a text that is
    joined from a set, whose order is another one in the next process, the kit learns nothing.

    Attributes:
        name: of the transport, router or verifier, as it stands in configs.
        plugins: objects to hand in; none for what is installed.
    """

    name: ClassVar[str]
    plugins: ClassVar[Sequence[object]] = ()

    @abstractmethod
    def case(self) -> TrustedCase:
        """Return the configs; their files are there."""

    def test_it_says_what_it_trusts(self) -> None:
        """In one line at least, and in lines as the core takes them: of printable text."""
        assert self._lines(self.case().config), "it says nothing"

    def test_it_says_the_same_each_time(self) -> None:
        """Of a config that is read again, and whatever was asked between."""
        case = self.case()
        first = self._lines(case.config)
        for other in case.others.values():
            self._lines(other)
        assert self._lines(case.config) == first

    def test_it_says_the_same_at_any_time(self) -> None:
        """A clock that is wrong, or none at all, changes nothing."""
        config = self._read(self.case().config)
        first = trusted_lines(config, self._chosen(config))
        for wrong in OTHER_TIMES:
            with clock_at(wrong):
                assert trusted_lines(config, self._chosen(config)) == first, "the clock decides"

    def test_the_order_of_the_peers_does_not_count(self) -> None:
        """Each line says by itself whom it is about."""
        content = self.case().config
        peers = content["peer"]
        assert len(peers) > 1, "the case has one peer"
        assert self._lines({**content, "peer": peers[::-1]}) == self._lines(content)

    def test_what_decides_nothing_does_not_count(self) -> None:
        """Two machines, with their files elsewhere, have one text."""
        case = self.case()
        assert case.same, "the case has no config that trusts the same"
        first = self._lines(case.config)
        for what, content in case.same.items():
            assert self._lines(content) == first, f"it counts: {what}"

    def test_all_that_decides_counts(self) -> None:
        """Each config that trusts something else has another text, and no two have the same."""
        case = self.case()
        assert case.others, "the case has no config that trusts something else"
        said = {"": self._lines(case.config)}
        said |= {what: self._lines(content) for what, content in case.others.items()}
        for one, other in combinations(said, 2):
            assert said[one] != said[other], f"it does not count: {one or other}, beside {other}"

    def test_it_is_decided_of_every_key(self) -> None:
        """Each key, its own and those of peers, is another one in one of the configs beside."""
        case = self.case()
        usual = self._keys(case.config)
        beside = [self._keys(each) for each in (*case.same.values(), *case.others.values())]
        for kind, keys in usual.items():
            for field in (field.name for field in attrs.fields(kind) if field.init):
                values = [_values(each.get(kind, []), field) for each in beside]
                decided = any(value != _values(keys, field) for value in values)
                assert decided, f"no config says whether {kind.__name__}.{field} counts"

    def test_no_path_and_no_address_is_in_it(self) -> None:
        """Where something is decides about nobody."""
        content = self.case().config
        text = "\n".join(self._lines(content))
        for keys in self._keys(content).values():
            paths = [value for each in keys for value in _fields(each) if isinstance(value, Path)]
            for path in paths:
                assert str(path) not in text, f"a path is in it: {path}"
        for address in filter(None, (peer.get("address") for peer in content["peer"])):
            assert address not in text, f"an address is in it: {address}"

    def test_no_secret_is_in_it(self) -> None:
        """Neither as it is, nor in hexadecimal digits, nor in base64."""
        case = self.case()
        if not case.secrets:
            pytest.skip("this plugin has no secrets")
        text = "\n".join(self._lines(case.config)).encode()
        for secret in case.secrets:
            for shown in (secret, secret.hex().encode(), base64.b64encode(secret)):
                assert shown.lower() not in text.lower(), "a secret is in it"

    @cached_property
    def _known(self) -> Plugins:
        return Plugins(self.plugins)

    def _read(self, content: Content) -> NodeConfig:
        return load_config(content, self._known)

    def _chosen(self, config: NodeConfig) -> Chosen[Any]:
        named: list[Chosen[Any]] = [config.transport, config.router, *config.verifiers]
        found = [each for each in named if each.descriptor.name == self.name]
        assert found, f"the config names no transport, router or verifier {self.name!r}"
        return found[0]

    def _lines(self, content: Content) -> list[str]:
        config = self._read(content)
        return trusted_lines(config, self._chosen(config))

    def _keys(self, content: Content) -> dict[type, list[Any]]:
        """Return what was read of the plugin's tables, by class."""
        chosen = self._chosen(self._read(content))
        found: dict[type, list[Any]] = {}
        for keys in (chosen.config, *chosen.peers.values()):
            found.setdefault(type(keys), []).append(keys)
        return found


def _values(keys: Sequence[Any], field: str) -> list[Any]:
    return [getattr(each, field) for each in keys]


def _fields(keys: Any) -> list[Any]:
    return [getattr(keys, field.name) for field in attrs.fields(type(keys))]
