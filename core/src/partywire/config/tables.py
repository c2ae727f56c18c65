"""Reads the tables of a config one by one, and then what has to hold between them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import attrs

from partywire.config.limits import read_limits
from partywire.config.mistakes import Place, unknown
from partywire.config.model import Chosen, Descriptor, NodeConfig, Party, SessionSettings
from partywire.config.peers import Share, place_of, read_peers
from partywire.config.reader import Reader
from partywire.config.trusted import UNSAID, Trusting, measures, trusted_text
from partywire.delivery.limits import Limits
from partywire.errors import PluginBroken, PluginUnknown
from partywire.hookspecs import (
    AttesterDescriptor,
    KeyMistake,
    RouterDescriptor,
    Setting,
    TransportDescriptor,
    VerifierDescriptor,
)
from partywire.identity import WHO
from partywire.plugins import LOCAL, Plugins

D = TypeVar("D", bound=Descriptor)
T = TypeVar("T")
Checked = TransportDescriptor | VerifierDescriptor | AttesterDescriptor
Used = Sequence[Chosen[TransportDescriptor] | Chosen[VerifierDescriptor] | None]
"""What has keys in ``[[peer]]``: the transport, then the verifiers; None where one is not known."""

NAMES: Final = (
    "party",
    "transport",
    "verifier",
    "attester",
    "router",
    "peer",
    "session",
    "limits",
)
NOT_ALLOWED: Final = (
    "has to be true: over this transport nothing proves who the other end is, and all can be read"
)
NOTHING_TO_VERIFY: Final = (
    "an insecure transport shows nothing that could be verified; remove this table, or take a "
    "transport that proves identities"
)
NOBODY: Final = (
    "no verifier proves who the other end is; add a [[verifier]] table with a plugin that does"
)


@attrs.frozen
class Tables:
    """A config as it was written. What is wrong with it is kept by the reader."""

    source: str
    content: Mapping[str, object]
    reader: Reader
    plugins: Plugins

    def config(self, *, elsewhere: bool = False) -> NodeConfig | None:
        """Return the config, or None where there are mistakes.

        ``elsewhere`` is for what runs where the files of the attester are not: they are not looked
        at. Raises `PluginNameClaimedTwice` and `PluginBroken`; an unknown plugin is a mistake.
        """
        self._check_names()
        party: Party | None = self.reader.required(Party, self.content, "party")
        transport = self._required("transport", self.plugins.transport)
        verifiers = self._verifiers()
        attester = self._optional("attester", self.plugins.attester)
        router = self._router()
        session = self._read(SessionSettings, "session")
        limits = read_limits(self.reader, self._read(dict[str, Any], "limits") or {})
        peers = self._peers(party, [transport, *verifiers])
        if party:
            self._check_keys(party.id, [transport, *verifiers], peers, limits)
            if attester and not elsewhere:
                self._check_attester(party.id, attester, [transport, *verifiers], limits)
        if transport and transport.descriptor.insecure:
            self._check_insecure(transport, verifiers)
        else:
            self._check_who([transport, *verifiers])
        if measures(attester):
            self._check_trusted([*_placed([transport, *verifiers]), (("router",), router)])
        if self.reader.mistakes or not (party and transport and router and session):
            return None
        config = NodeConfig(
            source=self.source,
            party=party.id,
            transport=_with_peers(transport, 0, peers),
            verifiers=tuple(
                _with_peers(verifier, position, peers)
                for position, verifier in enumerate(verifiers, 1)
                if verifier
            ),
            attester=attester,
            router=router,
            peers=tuple(peers),
            session=session,
            limits=limits,
        )
        return attrs.evolve(config, trusted=trusted_text(config)) if measures(attester) else config

    def attester(self) -> Setting | None:
        """Return what the attester is opened with, from the tables that are this party's own.

        None where there are mistakes. Raises what `config` does.
        """
        self._check_names()
        party: Party | None = self.reader.required(Party, self.content, "party")
        attester = self._required("attester", self.plugins.attester)
        limits = read_limits(self.reader, self._read(dict[str, Any], "limits") or {})
        if party and attester:
            self._check_attester(party.id, attester, [None], limits)
        if self.reader.mistakes or not (party and attester):
            return None
        return Setting(party.id, attester.config, {}, limits, attested=True)

    def _check_names(self) -> None:
        odd = [name for name in self.content if name not in NAMES]
        self.reader.mistakes += [unknown((name,), NAMES) for name in odd]

    def _read(self, kind: type[T], name: str) -> T | None:
        return self.reader.read(kind, self.content.get(name, {}), (name,))

    def _required(self, name: str, find: Callable[[str], D]) -> Chosen[D] | None:
        table = self.reader.required(dict[str, Any], self.content, name)
        return None if table is None else self._chosen(table, (name,), find)

    def _optional(self, name: str, find: Callable[[str], D]) -> Chosen[D] | None:
        return self._required(name, find) if name in self.content else None

    def _verifiers(self) -> list[Chosen[VerifierDescriptor] | None]:
        entries = self.reader.tables(self.content.get("verifier", []), "verifier")
        if entries is None:
            return [None]
        tables = [self.reader.table(entry, ("verifier", n)) for n, entry in enumerate(entries)]
        return [
            None if table is None else self._chosen(table, ("verifier", n), self.plugins.verifier)
            for n, table in enumerate(tables)
        ]

    def _chosen(
        self, table: Mapping[str, Any], place: Place, find: Callable[[str], D]
    ) -> Chosen[D] | None:
        """Return the plugin of a table if it is known; its keys are None where they are wrong."""
        name = self.reader.required(str, table, "plugin", *place)
        if name is None:
            return None
        try:
            descriptor = find(name)
        except PluginUnknown as error:
            self.reader.mistake((*place, "plugin"), str(error))
            return None
        own = {key: table[key] for key in table if key != "plugin"}
        config = self.reader.read(descriptor.config, own, place, name)
        return Chosen(descriptor, config)

    def _router(self) -> Chosen[RouterDescriptor] | None:
        table = self._read(dict[str, Any], "router")
        if table is None:
            return None
        return self._chosen({"plugin": LOCAL, **table}, ("router",), self.plugins.router)

    def _peers(self, party: Party | None, used: Used) -> dict[str, list[Any]]:
        shares = [
            Share(chosen.descriptor.name, chosen.descriptor.peer) for chosen in used if chosen
        ]
        return read_peers(
            self.reader,
            self.content.get("peer", []),
            own=party.id if party else None,
            shares=shares,
            all_known=None not in used,
        )

    def _check_keys(
        self, party: str, used: Used, peers: Mapping[str, list[Any]], limits: Limits
    ) -> None:
        """Let each plugin look at what has to hold between those keys that could be read."""
        known = _placed(used)
        for position, (place, chosen) in enumerate(known):
            if chosen.config is None:
                continue
            shares = {peer: given[position] for peer, given in peers.items() if peer}
            read = {peer: share for peer, share in shares.items() if share is not None}
            beside = [_proves(other.descriptor) for _, other in known if other is not chosen]
            attested = "attester" in self.content
            setting = Setting(party, chosen.config, read, limits, attested=attested)
            for found in _checked(chosen.descriptor, setting, frozenset().union(*beside)):
                self._found(found, place)

    def _check_attester(
        self, party: str, chosen: Chosen[AttesterDescriptor], used: Used, limits: Limits
    ) -> None:
        if chosen.config is None:
            return
        proved = frozenset().union(*(_proves(other.descriptor) for _, other in _placed(used)))
        setting = Setting(party, chosen.config, {}, limits, attested=True)
        for found in _checked(chosen.descriptor, setting, proved):
            self._found(found, ("attester",))

    def _found(self, found: KeyMistake, place: Place) -> None:
        """Keep what a plugin found, whose own table stands at ``place``."""
        if found.peer is not None:
            place = place_of(self.content.get("peer", ()), found.peer)  # type: ignore[arg-type]
        self.reader.mistake((*place, found.key), found.problem)

    def _check_who(self, used: Used) -> None:
        proves = [_proves(chosen.descriptor) for chosen in used if chosen]
        if None not in used and not any(WHO in proved for proved in proves):
            self.reader.mistake(("verifier",), NOBODY)

    def _check_trusted(self, placed: Sequence[tuple[Place, Trusting | None]]) -> None:
        for place, chosen in placed:
            if chosen and chosen.descriptor.trusted is None:
                self.reader.mistake((*place, "plugin"), UNSAID)

    def _check_insecure(
        self,
        transport: Chosen[TransportDescriptor],
        verifiers: Sequence[Chosen[VerifierDescriptor] | None],
    ) -> None:
        """An insecure transport is named, and allowed, and stands alone."""
        if transport.config and getattr(transport.config, "allow_insecure", None) is not True:
            self.reader.mistake(("transport", "allow_insecure"), NOT_ALLOWED)
        for position, _ in enumerate(verifiers):
            self.reader.mistake(("verifier", position), NOTHING_TO_VERIFY)


def _placed(
    used: Used,
) -> list[tuple[Place, Chosen[TransportDescriptor] | Chosen[VerifierDescriptor]]]:
    """Return what is known of that, each with the place of its table."""
    places: list[Place] = [("transport",), *(("verifier", n) for n in range(len(used) - 1))]
    return [(place, chosen) for place, chosen in zip(places, used, strict=True) if chosen]


def _proves(descriptor: TransportDescriptor | VerifierDescriptor) -> frozenset[str]:
    """Return what a verifier proves, or a transport that has a verifier of its own."""
    if isinstance(descriptor, TransportDescriptor) and descriptor.verifier is None:
        return frozenset()
    return descriptor.proves


def _checked(descriptor: Checked, setting: Setting, beside: frozenset[str]) -> Sequence[KeyMistake]:
    """Return what the check of a plugin found; that it fails is a fault of the plugin."""
    if descriptor.check is None:
        return ()
    try:
        return descriptor.check(setting, beside)
    except Exception as error:
        problem = f"its check of the keys failed: {type(error).__name__}"
        raise PluginBroken(descriptor.name, problem) from error


def _with_peers(chosen: Chosen[D], position: int, peers: Mapping[str, list[Any]]) -> Chosen[D]:
    shares = {party: given[position] for party, given in peers.items()}
    return attrs.evolve(chosen, peers=shares)
