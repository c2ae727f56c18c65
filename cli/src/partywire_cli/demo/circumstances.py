"""What is said of the circumstances: before the hospitals begin, and in the end."""

from collections.abc import Iterable, Mapping
from itertools import combinations

from partywire.config.units import time_text

from .deployment import Deployment
from .hospitals import Outcome
from .saying import listed
from .security import SHOWN, Security
from .shamir import Shamir
from .simulated import BadNetwork, Crash
from .traffic import Traffic, size

DATA = (
    "Data: Breast Cancer Wisconsin (Diagnostic), W. Wolberg, O. Mangasarian, N. Street, "
    "UCI Machine Learning Repository; cited as CC BY 4.0."
)


def hospitals(counts: Mapping[str, int], transport: str) -> str:
    """Who takes part, with how many records, and over what."""
    who = ", ".join(f"{name} ({count} records)" for name, count in counts.items())
    return f"Hospitals: {who}. Transport: {transport}."


def sharing(shamir: Shamir) -> list[str]:
    """What the threshold protects, and how many may be missing."""
    parties, enough, products = shamir.parties, shamir.enough, shamir.enough_to_multiply
    return [
        f"Secret sharing: Shamir's, with threshold {shamir.threshold}. Any {shamir.threshold} of "
        f"the {parties} hospitals learns nothing but the result, as long as all follow the "
        "protocol.",
        f"To share and to open takes {enough} of them: {parties - enough} may be missing. To "
        f"multiply takes {products}: {parties - products} may be missing.",
    ]


def simulation(network: BadNetwork) -> list[str]:
    """How bad the network is, and what repeats it."""
    links = [f"latency {network.latency * 1000:g} ms"]
    if network.jitter:
        links.append(f"jitter {network.jitter * 1000:g} ms")
    if network.loss:
        links.append(f"{network.loss * 100:g} % of all frames get lost")
    crashes = [_planned(crash) for crash in network.crashes]
    return [
        f"The network is simulated, on virtual time: {listed(links + crashes)}.",
        f"Repeat it with --seed {network.seed}: all chance comes from that, the secrets too. "
        "Whoever knows it can compute every secret.",
    ]


def _planned(crash: Crash) -> str:
    if crash.at is not None:
        return f"{crash.party} crashes at {crash.at:g} s"
    return f"{crash.party} crashes in round {crash.round}"


def spared(crashes: Iterable[Crash], outcome: Outcome) -> list[str]:
    """What was planned and did not happen."""
    parties = {crash.party for crash in crashes} - set(outcome.dropped)
    return [f"{party} did not crash: the run was over before." for party in sorted(parties)]


def total(outcome: Outcome, traffic: Iterable[Traffic]) -> str:
    """What a simulation took."""
    every = list(traffic)
    messages = sum(one.messages_sent for one in every)
    amount = size(sum(one.bytes_sent for one in every))
    return f"In all: {messages} messages, {amount}, {outcome.seconds:.3f} virtual seconds."


def processes(deployment: Deployment, crashes: Iterable[Crash]) -> list[str]:
    """What protects the messages, and how a hospital is given up or killed."""
    planned = [_planned(crash) for crash in crashes]
    return [
        "Each hospital is a process of its own, with a config of its own in a temporary folder. "
        "They meet on loopback.",
        deployment.security.words,
        *wires(deployment),
        f"A hospital that is out of reach is given up after {deployment.give_up} s.",
        *([f"Processes get killed: {listed(planned)}."] if planned else []),
    ]


def wires(deployment: Deployment) -> list[str]:
    """Which pairs of hospitals meet on which wire, where there are two wires."""
    if not deployment.reference:
        return []
    pairs = list(combinations(deployment.parties, 2))
    single = ["-".join(pair) for pair in pairs if deployment.on_reference(*pair)]
    fast = ["-".join(pair) for pair in pairs if not deployment.on_reference(*pair)]
    return [
        f"On the {wire} wire: {listed(some or ['nobody'])}."
        for wire, some in (("reference", single), ("fast", fast))
    ]


def certificates(fingerprints: Mapping[str, str]) -> str:
    """What the hospitals show to each other."""
    shown = [f"{name} {digits[:SHOWN]}..." for name, digits in fingerprints.items()]
    return f"Certificates (SHA-256): {listed(shown)}."


def renewed(security: Security, outcome: Outcome) -> list[str]:
    """How often certificates were renewed while the hospitals computed, where any can be."""
    if security.lifetime is None or not outcome.renewed:
        return []
    often = [f"{name} {count} times" for name, count in outcome.renewed.items()]
    lasts = time_text(security.lifetime)
    return [f"Certificates last {lasts}, and were renewed meanwhile: {listed(often)}."]


def proved(security: Security, outcome: Outcome) -> list[str]:
    """Who proved who it is, to whom."""
    return [security.proof.format(who=listed(list(outcome.results)))] if outcome.results else []
