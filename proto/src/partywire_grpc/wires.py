"""Which wire a peer is on, as the configs of all gRPC transports say it: ``fast`` or ``reference``.

It is the config that says it, and never the peer: to fall back on the slower wire because a peer
asks would let anybody on the way ask.
"""

from typing import Final, Literal, TypeAlias

from partywire.errors import ConfigInvalid, Mistake
from partywire.hookspecs import KeyMistake
from partywire.setting import NEEDS_A_RESTART, Setting

Wire: TypeAlias = Literal["fast", "reference"]
"""The type of ``wire`` in a peer's table."""

NOWHERE: Final = (
    "calls here by the reference wire, and there is no port for it; set transport.reference_listen"
)
TWICE: Final = "is the address of listen; the reference wire needs a port of its own"


def on_reference(setting: Setting) -> list[str]:
    """Return the peers that are on the reference wire."""
    return [party for party, peer in setting.peers.items() if peer.wire == "reference"]


def wires_in_words(setting: Setting) -> list[str]:
    """Return on which wire each peer is, in lines; see `hookspecs.Trusted`."""
    return [f"{party} wire {peer.wire}" for party, peer in setting.peers.items()]


def check_wires(setting: Setting) -> list[KeyMistake]:
    """Return what does not fit together between wires and ports."""
    config = setting.config
    if config.reference_listen is None:
        return [KeyMistake("wire", NOWHERE, party) for party in on_reference(setting)]
    if config.reference_listen == config.listen:
        return [KeyMistake("reference_listen", TWICE)]
    return []


def refuse_other_wires(setting: Setting, former: Setting) -> None:
    """Raise `ConfigInvalid` for peers whose wire is another one than before."""
    moved = [
        Mistake(f"the wire of {party}", NEEDS_A_RESTART)
        for party, peer in setting.peers.items()
        if party in former.peers and former.peers[party].wire != peer.wire
    ]
    if moved:
        raise ConfigInvalid(f"the config of {setting.party}", moved)
