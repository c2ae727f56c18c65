"""Sizes and times as they are written in a config."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

SIZES: Final[Mapping[str, Decimal]] = {
    unit: Decimal(1 << 10 * power) for power, unit in enumerate(("B", "KiB", "MiB", "GiB", "TiB"))
}
"""Bytes in each unit of size."""
TIMES: Final[Mapping[str, Decimal]] = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "min": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
}
"""Seconds in each unit of time."""

_AMOUNT = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([A-Za-z]{1,3})", re.ASCII)


def parse_size(text: str) -> int | None:
    """Return the bytes of ``"64MiB"``, ``"1.5 GiB"`` or ``"100 B"``; None if it is no size."""
    amount = _amount(text, SIZES)
    return int(amount) if amount is not None and amount == int(amount) else None


def parse_time(text: str) -> float | None:
    """Return the seconds of ``"100ms"``, ``"1.5s"`` or ``"15 min"``; None if it is no time."""
    amount = _amount(text, TIMES)
    return None if amount is None else float(amount)


def size_text(size: float) -> str:
    """Return a size of whole bytes in the largest unit that holds it without a fraction."""
    return _text(Decimal(size), SIZES)


def time_text(seconds: float) -> str:
    """Return a time in the largest unit that holds it without a fraction."""
    return _text(Decimal(repr(seconds)), TIMES)


def _amount(text: str, units: Mapping[str, Decimal]) -> Decimal | None:
    found = _AMOUNT.fullmatch(text)
    if found is None or found[2] not in units:
        return None
    return Decimal(found[1]) * units[found[2]]


def _text(amount: Decimal, units: Mapping[str, Decimal]) -> str:
    whole = [unit for unit, factor in units.items() if amount % factor == 0]
    smallest = next(iter(units))
    unit = max(whole, key=units.__getitem__, default=smallest) if amount else smallest
    return f"{(amount / units[unit]).normalize():f}{unit}"
