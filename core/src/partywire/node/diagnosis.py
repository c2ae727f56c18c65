"""Looks at every peer of a config, side by side, and disturbs no node."""

import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
import attrs

from partywire.config import Chosen, NodeConfig, load_config
from partywire.delivery.hello import NONCE, PROBE, Welcome, roster_fingerprint
from partywire.hookspecs import (
    ProbeDescriptor,
    Setting,
    TransportDescriptor,
    VerifierDescriptor,
)
from partywire.identity import Evidence, Identity
from partywire.interfaces import Transport
from partywire.judge import Verifiers, challenged, judge
from partywire.node.assembly import opened_attester, opened_verifiers
from partywire.node.inquiry import TAKE_TLS, Proves, inquire
from partywire.node.introduction import Introduction
from partywire.node.prover import Prover
from partywire.node.returning import of_way_back
from partywire.node.surroundings import Surroundings
from partywire.plugins import Plugins
from partywire.probing import Finding, Status, Subject

_log = logging.getLogger("partywire")

PATIENCE: Final = 30.0
"""Seconds that one probe may look at one peer."""
AT_A_TIME: Final = 32
"""Peers that are looked at side by side."""

_NOT_ASKED: Final = "not asked, for something before it is wrong"
_INSECURE: Final = (
    "INSECURE: over {} nothing proves who a peer is, and everything can be read and forged"
)


@attrs.frozen
class Diagnosis:
    """What was found of a config's peers.

    Attributes:
        source: the config's path, or words for what the program gave.
        party: this node's party id.
        transport: the name of its plugin.
        insecure: whether nothing proves who a peer is.
        own: what was found of this party's own node.
        peers: by party id, in the order of the config, what was found of each peer.
    """

    source: str
    party: str
    transport: str
    insecure: bool
    own: tuple[Finding, ...]
    peers: Mapping[str, tuple[Finding, ...]]

    @property
    def well(self) -> bool:
        """Whether nothing that was found is wrong; there may be warnings."""
        found = [self.own, *self.peers.values()]
        return all(each.status is not Status.WRONG for findings in found for each in findings)


async def diagnose(
    source: str | Path | Mapping[str, object],
    *,
    plugins: Sequence[object] = (),
    surroundings: Surroundings = Surroundings(),  # noqa: B008
) -> Diagnosis:
    """Look at every peer of a config as a node of it would, beside a node that may run.

    It does not listen, opens no session, and introduces itself as a probe, so that no node takes it
    for the party's own. Each peer is asked by the probes of the config's plugins first, and then by
    a hello and 1 MiB of filler, for less than a minute in all. A cancelled call leaves nothing
    behind.

    Args:
        source: a path of a TOML file, or its content as a mapping.
        plugins: plugin objects beside those that are installed.
        surroundings: time and chance.

    Raises:
        ConfigError: the config or a plugin is not in order.
        TransportError: the transport cannot be opened.
    """
    config, probes = await anyio.to_thread.run_sync(_loaded, source, plugins)
    notes: dict[str, list[Finding]] = {party: [] for party in (config.party, *config.peers)}
    async with _called(config, probes, surroundings) as doctor:
        limiter = anyio.CapacityLimiter(AT_A_TIME)
        async with anyio.create_task_group() as group:
            for party, noted in notes.items():
                group.start_soon(doctor.look_at, party, noted, limiter)
    own = tuple(notes[config.party])
    for peer, welcome in doctor.welcomes.items():
        notes[peer].append(of_way_back(config.party, peer, welcome.way_back, own))
    return Diagnosis(
        source=config.source,
        party=config.party,
        transport=config.transport.descriptor.name,
        insecure=config.transport.descriptor.insecure,
        own=own,
        peers={party: tuple(notes[party]) for party in config.peers},
    )


_Probes = tuple[tuple[ProbeDescriptor, Setting], ...]


@attrs.frozen
class _Doctor:
    """What is asked, and by what means; what came of it is kept by peer.

    Attributes:
        welcomes: how each has ended its hello.
        identities: the newest of each that was judged.
    """

    config: NodeConfig
    probes: _Probes
    setting: Setting
    transport: Transport
    verifiers: Verifiers
    introduction: Introduction
    welcomes: dict[str, Welcome] = attrs.field(factory=dict, init=False)
    identities: dict[str, Identity] = attrs.field(factory=dict, init=False)

    async def look_at(
        self, party: str, noted: list[Finding], limiter: anyio.CapacityLimiter
    ) -> None:
        """Note all that is found of a peer, or of the party's own node."""
        async with limiter:
            for descriptor, setting in self.probes:
                await self._probe(descriptor, self._subject(setting, party), noted)
            if party == self.config.party:
                noted += self._about_transport()
            else:
                await self._greet(self._subject(self.setting, party), noted)
                noted += self._told(party)

    async def _probe(
        self, descriptor: ProbeDescriptor, subject: Subject, noted: list[Finding]
    ) -> None:
        """Let a probe look; whatever it does, the others are asked."""
        try:
            with anyio.fail_after(PATIENCE):
                await descriptor.probe(subject, noted.append)
            return
        except TimeoutError:
            said = f"the probe {descriptor.name} did not end within {PATIENCE:.0f} s"
            noted.append(Finding("probe", Status.UNKNOWN, said))
        except Exception as error:
            noted.append(_at_fault(descriptor, error))

    async def _greet(self, subject: Subject, noted: list[Finding]) -> None:
        if any(each.status is Status.WRONG for each in noted):
            noted.append(Finding("hello", Status.UNKNOWN, _NOT_ASKED))
            return
        try:
            descriptor = self.config.transport.descriptor
            wire = descriptor.wire or descriptor.name
            welcome = await inquire(
                subject, wire, self.transport, self.introduction, noted, self._prover(subject.peer)
            )
        except Exception as error:
            _log.exception("the transport failed towards %s", subject.peer)
            said = f"the transport failed with {type(error).__name__}"
            noted.append(Finding("hello", Status.UNKNOWN, said))
        else:
            if welcome is not None:
                self.welcomes[subject.peer] = welcome

    def _told(self, party: str) -> Iterator[Finding]:
        """Yield what plugins make of the identity of a peer; one that fails keeps none back."""
        identity = self.identities.get(party)
        for descriptor, setting in self.probes:
            if identity is None or descriptor.tells is None:
                continue
            try:
                yield descriptor.tells(self._subject(setting, party), identity)
            except Exception as error:
                yield _at_fault(descriptor, error)

    def _about_transport(self) -> Iterator[Finding]:
        descriptor, party = self.config.transport.descriptor, self.config.party
        if descriptor.insecure:
            said = _INSECURE.format(descriptor.name)
            yield Finding("transport", Status.WARNING, said, party, TAKE_TLS)

    def _subject(self, setting: Setting, party: str) -> Subject:
        return Subject(setting, party, partial(self._judge, party), self._wall)

    def _judge(self, party: str, evidence: Evidence, binding: bytes | None = None) -> Identity:
        now = self._wall()
        identity = judge(evidence, self.verifiers.all, expected=party, now=now, binding=binding)
        self.identities[party] = identity
        return identity

    def _prover(self, party: str) -> Proves | None:
        """Return what judges the proof of a peer; None where the config asks for none."""
        return partial(self._judge, party) if challenged(party, self.verifiers.all) else None

    def _wall(self) -> float:
        return self.introduction.surroundings.wall()


def _at_fault(descriptor: ProbeDescriptor, error: Exception) -> Finding:
    """Return that a probe failed, which is logged; for the handler of its error."""
    _log.exception("the probe %s failed", descriptor.name)
    said = f"the probe {descriptor.name} failed with {type(error).__name__}"
    return Finding("probe", Status.UNKNOWN, said)


@asynccontextmanager
async def _called(
    config: NodeConfig, probes: _Probes, surroundings: Surroundings
) -> AsyncIterator[_Doctor]:
    """Open the config's transport and verifiers; nothing is served."""
    roster = roster_fingerprint((party, "") for party in (config.party, *config.peers))
    introduction = Introduction(
        party=config.party,
        incarnation=surroundings.token(NONCE),
        started=surroundings.wall(),
        roster=lambda: roster,
        surroundings=surroundings,
        kind=PROBE,
    )
    async with AsyncExitStack() as stack:
        attester = await opened_attester(config, stack)
        if attester is not None:
            introduction = attrs.evolve(introduction, prover=Prover(attester, config.limits))
        setting = config.setting(config.transport, attester)
        yield _Doctor(
            config=config,
            probes=tuple((each, attrs.evolve(own, attester=attester)) for each, own in probes),
            setting=setting,
            transport=await stack.enter_async_context(config.transport.descriptor.open(setting)),
            verifiers=opened_verifiers(config),
            introduction=introduction,
        )


def _loaded(
    source: str | Path | Mapping[str, object], plugins: Sequence[object]
) -> tuple[NodeConfig, _Probes]:
    """Return the config, and the probes with the names of its transport and verifiers."""
    installed = Plugins(plugins)
    config = load_config(source, installed)
    chosen: list[Chosen[TransportDescriptor] | Chosen[VerifierDescriptor]]
    chosen = [config.transport, *config.verifiers]
    named = {each.descriptor.name: config.setting(each) for each in reversed(chosen)}
    known = installed.probes()
    probes = [(name, setting) for name, setting in reversed(named.items()) if name in known]
    return config, tuple((installed.probe(name), setting) for name, setting in probes)
