"""A diagnosis as data; its keys are described in the documentation, and stay."""

from pathlib import Path
from typing import Any

from partywire import Diagnosis, PartywireError
from partywire.errors import ConfigInvalid
from partywire.probing import Finding


def as_data(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return all of a diagnosis as `json` takes it."""
    return {
        "config": diagnosis.source,
        "well": diagnosis.well,
        "mistakes": [],
        "party": diagnosis.party,
        "transport": diagnosis.transport,
        "insecure": diagnosis.insecure,
        "own": [_finding(each) for each in diagnosis.own],
        "peers": {
            party: [_finding(each) for each in found] for party, found in diagnosis.peers.items()
        },
    }


def mistakes_as_data(config: Path, error: PartywireError) -> dict[str, Any]:
    """Return why there is no diagnosis."""
    if isinstance(error, ConfigInvalid):
        mistakes = [{"key": each.key, "problem": each.problem} for each in error.mistakes]
    else:
        mistakes = [{"key": "", "problem": str(error)}]
    return {"config": str(config), "well": False, "mistakes": mistakes}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "status": finding.status.value,
        "said": finding.said,
        "who": finding.who,
        "remedy": finding.remedy,
        "facts": dict(finding.facts),
    }
