"""What refuses each defect: refusals.toml the other way round."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from partywire_nitro_attest import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

_GIVEN = tomllib.loads((Path(__file__).parent / "refusals.toml").read_text("utf-8"))
_BY_CODE = {refusal.code: refusal for refusal in Refusal}


def _turned(given: Mapping[str, list[str]]) -> dict[str, Refusal]:
    return {name: _BY_CODE[code] for code, names in given.items() for name in names}


CARRIERS = _turned(_GIVEN.pop("carrier"))
"""By the name of a way to carry a document, what it is refused by."""
DOCUMENTS = _turned(_GIVEN)
"""By the name of a defect of a document, what it is refused by."""
