"""What a simulation is made of, as far as it can be written down: all but the programs."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from partywire.config import NodeConfig, load_config
from partywire.errors import Malformed, OptionInvalid
from partywire.plugins import Plugins
from partywire_inmemory.simulation.faults import Fault, fault_of, plain
from partywire_inmemory.simulation.links import Conditions, Link

ALL_LINKS = "*"


@attrs.define
class Scenario:
    """Parties, seed, settings, links, faults and skews.

    Attributes:
        links: the conditions of links by (source, target), where they are not the ``default``.
        skews: by party, how many seconds its wall clock is ahead.
    """

    parties: tuple[str, ...]
    seed: int
    backend: str
    session: Mapping[str, Any]
    limits: Mapping[str, Any]
    default: Conditions = attrs.field(factory=Conditions)
    links: dict[tuple[str, str], Conditions] = attrs.field(factory=dict)
    faults: list[Fault] = attrs.field(factory=list)
    skews: dict[str, float] = attrs.field(factory=dict)

    def conditions(self, source: str, target: str) -> Conditions:
        """Return how that direction is."""
        return self.links.get((source, target), self.default)

    def direction(self, source: str, target: str) -> Conditions:
        """Return conditions that are of that direction alone, and may be changed."""
        for party in (source, target):
            self.check(party)
        if (source, target) not in self.links:
            self.links[source, target] = attrs.evolve(self.default)
        return self.links[source, target]

    def every_link(self) -> Link:
        """Return the settings of all links, those set before included."""
        return Link(self.default, *self.links.values())

    def check(self, party: str) -> None:
        """Raise `OptionInvalid` for somebody who does not take part."""
        if party not in self.parties:
            raise OptionInvalid("a party", "one of: " + ", ".join(self.parties))

    def plain(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        links = {f"{source}>{target}": held for (source, target), held in self.links.items()}
        links[ALL_LINKS] = self.default
        return {
            "parties": list(self.parties),
            "seed": self.seed,
            "backend": self.backend,
            "session": dict(self.session),
            "limits": dict(self.limits),
            "links": {name: _changed(conditions) for name, conditions in links.items()},
            "faults": [plain(fault) for fault in self.faults],
            "skews": dict(self.skews),
        }

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Scenario":
        """Return the scenario of plain values. Raises `Malformed` for anything else."""
        try:
            return cls._of(values)
        except (LookupError, TypeError, ValueError, AttributeError, OptionInvalid) as error:
            problem = f"its scenario is none ({type(error).__name__})"
            raise Malformed("log of a simulation", problem) from None

    @classmethod
    def _of(cls, values: Mapping[str, Any]) -> "Scenario":
        links = dict(values["links"])
        scenario = cls(
            parties=tuple(values["parties"]),
            seed=values["seed"],
            backend=values["backend"],
            session=values["session"],
            limits=values["limits"],
            default=Conditions(**links.pop(ALL_LINKS)),
            faults=[fault_of(fault) for fault in values["faults"]],
            skews=dict(values["skews"]),
        )
        for name, changed in links.items():
            source, _, target = name.partition(">")
            scenario.links[source, target] = Conditions(**changed)
        return scenario


def _changed(conditions: Conditions) -> dict[str, float]:
    usual = Conditions()
    return {
        name: value
        for name, value in attrs.asdict(conditions).items()
        if value != getattr(usual, name)
    }


def configs_of(scenario: Scenario, plugin: object) -> dict[str, NodeConfig]:
    """Return the config of each party over the transport of ``plugin``.

    One is read, and the others are made from it: that is much quicker where they are many. Blocks.
    """
    first, *others = scenario.parties
    mapping = {
        "party": {"id": first},
        "transport": {"plugin": "simulated"},
        "peer": [{"id": other} for other in others],
        "session": dict(scenario.session),
        "limits": dict(scenario.limits),
    }
    read = load_config(mapping, Plugins([plugin]))
    return {party: _config(read, party, scenario.parties) for party in scenario.parties}


def _config(read: NodeConfig, party: str, parties: Sequence[str]) -> NodeConfig:
    peers = tuple(other for other in parties if other != party)
    share = next(iter(read.transport.peers.values()))
    transport = attrs.evolve(read.transport, peers=dict.fromkeys(peers, share))
    return attrs.evolve(read, party=party, peers=peers, transport=transport)
