"""Addresses are host:port and nothing else."""

from __future__ import annotations

import pytest

from partywire_grpc.addresses import parse_address


@pytest.mark.parametrize(
    ("text", "target", "loopback"),
    [
        ("bob.example:7000", "dns:///bob.example:7000", False),
        ("localhost:1", "dns:///localhost:1", True),
        ("10.0.0.7:65535", "ipv4:10.0.0.7:65535", False),
        ("127.3.2.1:7000", "ipv4:127.3.2.1:7000", True),
        ("[::1]:7000", "ipv6:[::1]:7000", True),
        ("[2001:db8::7]:7000", "ipv6:[2001:db8::7]:7000", False),
        ("0.0.0.0:7000", "ipv4:0.0.0.0:7000", False),
        ("[::]:7000", "ipv6:[::]:7000", False),
    ],
)
def test_an_address_is_dialled_as_it_is_written(text: str, target: str, loopback: bool) -> None:
    address = parse_address(text)
    assert str(address) == text
    assert address.target == target
    assert address.is_loopback == loopback


@pytest.mark.parametrize(
    "text",
    [
        "", "bob", "bob:", ":7000", "bob:0", "bob:65536", "bob:07000", "bob:+7", "bob: 7000",
        "bob:\u0667", "unix:/tmp/x", "unix:7000/", "dns:///bob:7000", "ipv4:10.0.0.7:7000",
        "::1:7000", "[::1]", "[bob]:7000", "[10.0.0.7]:7000", "[fe80::1%eth0]:7000", "bob/x:7000",
        "bob@carol:7000", "-bob:7000", "bob-:7000", "b..ob:7000", "b\u00fcb:7000", "bob:7000\n",
        f"{'b' * 64}:7000", f"{'b.' * 127}bb:7000",
    ],
)  # fmt: skip
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"an address is host:port|a port is from 1 to 65535"):
        parse_address(text)


@pytest.mark.parametrize("text", ["bob:0", "bob:65536", "[::1]:700000"])
def test_a_port_out_of_bounds_is_told_so(text: str) -> None:
    with pytest.raises(ValueError, match=r"\Aa port is from 1 to 65535\Z"):
        parse_address(text)
