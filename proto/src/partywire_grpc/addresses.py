"""Where a node listens, and where its peers do: ``host:port`` and nothing else."""

import ipaddress
import re
from typing import Any, Final

import attrs

_LABEL: Final = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*", re.ASCII)
_PORT: Final = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
_NUMBER: Final = re.compile(r"0|[1-9][0-9]*", re.ASCII)
_BAD_PORT: Final = "a port is from 1 to 65535"
_WANTED: Final = "an address is host:port, such as bob.example:7000, 10.0.0.7:7000 or [::1]:7000"


@attrs.frozen
class Address:
    """A host, which is a name or an IP address, and a port from 1 to 65535."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return it as it is written in a config."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def target(self) -> str:
        """The address as gRPC dials it, with a scheme: nothing else may be read into it."""
        ip = _ip(self.host)
        return f"dns:///{self}" if ip is None else f"ipv{ip.version}:{self}"

    @property
    def is_name(self) -> bool:
        """Whether the host has to be looked up."""
        return _ip(self.host) is None

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine is meant: a loopback IP address, or ``localhost``."""
        ip = _ip(self.host)
        return self.host == "localhost" if ip is None else ip.is_loopback

    @property
    def is_everywhere(self) -> bool:
        """Whether it is every address of a machine: a node can listen there, and none be called."""
        return self.host in _EVERYWHERE

    @property
    def on_this_machine(self) -> "Address":
        """Where somebody on this machine finds what listens there."""
        return attrs.evolve(self, host=_EVERYWHERE.get(self.host, self.host))


def parse_address(text: str) -> Address:
    """Return the address of ``host:port``; raise `ValueError`, in words, for anything else."""
    host, _, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if bracketed else host
    ip = _ip(host)
    wants_brackets = ip is not None and ip.version == 6
    if bracketed != wants_brackets or not (ip or _HOST.fullmatch(host)):
        raise ValueError(_WANTED)
    if not _PORT.fullmatch(port) or int(port) > 65535:
        raise ValueError(_BAD_PORT if _NUMBER.fullmatch(port) else _WANTED)
    return Address(host, int(port))


def is_address(_: object, key: "attrs.Attribute[Any]", value: str) -> None:
    """Check a key of a config class, as a validator of attrs."""
    try:
        parse_address(value)
    except ValueError as error:
        raise ValueError(str(error), key) from None


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host) if "%" not in host else None
    except ValueError:
        return None
