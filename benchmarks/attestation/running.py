"""All measures of attestation, in turn and several times, as figures."""

from collections.abc import Callable
from functools import partial

from benchmarks.attestation import measures
from benchmarks.attestation.measures import Case
from benchmarks.figures import Figure

TURNS = 200
WHOLE = "judging a document"

Measure = Callable[[Case, int], float]
MEASURES: dict[str, Measure] = {
    WHOLE: measures.verification,
    "of it: taking it apart": measures.reading,
    "of it: the chain of certificates": measures.chain,
    "of it: the signature": measures.signature,
    "refusing one with trailing bytes": partial(
        measures.refusal, defect="a byte inside, after the map"
    ),
    "refusing one of another root": partial(measures.refusal, defect="another root"),
    "refusing one with a wrong signature": partial(
        measures.refusal, defect="signed by another key"
    ),
    "making one, by the development module": measures.making,
}


def measured(runs: int, turns: int = TURNS) -> list[Figure]:
    """Measure everything so many times; ratios are to judging a document."""
    of = measures.case()
    values: dict[str, list[float]] = {name: [] for name in MEASURES}
    for _ in range(runs):
        for name, measure in MEASURES.items():
            values[name].append(measure(of, turns))
    figures = [Figure(name, "ms", tuple(found)) for name, found in values.items()]
    whole = figures[0].median
    return [
        Figure(figure.name, figure.unit, figure.values, ratio=figure.median / whole)
        for figure in figures
    ]
