"""What is printed in the end: the comparison, the accuracies, and what each hospital learned."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from rich import box
from rich.console import Console
from rich.table import Table

from .protocol import Result
from .records import Record, feature_names
from .regression import Coefficients, Ridge, count_correct
from .saying import listed, say
from .traffic import Traffic, size

DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the hospitals found together, and what somebody finds who sees all records.

    Attributes:
        records: of all hospitals.
        fitted: the hospitals on whose records the classifier was fitted.
        scored: the hospitals whose records were counted, and the right answers among them.
        plain: the coefficients, fitted in the plain on the records of just those hospitals.
    """

    records: Mapping[str, Sequence[Record]]
    ridge: Ridge
    results: Mapping[str, Result]
    fitted: tuple[str, ...]
    scored: tuple[str, ...]
    plain: Coefficients

    @classmethod
    def of(
        cls,
        records: Mapping[str, Sequence[Record]],
        ridge: Ridge,
        results: Mapping[str, Result],
    ) -> "Comparison":
        """Do the plain computation that the hospitals' results are held against."""
        first = next(iter(results.values()))
        plain = ridge.fit(list(chain(*(records[name] for name in first.fitted))))
        return cls(records, ridge, results, first.fitted, first.scored, plain)

    @property
    def pooled(self) -> list[Record]:
        """All records that were fitted, which no hospital has."""
        return list(chain(*(self.records[name] for name in self.fitted)))

    @property
    def counted(self) -> list[Record]:
        """All records that were counted."""
        return list(chain(*(self.records[name] for name in self.scored)))

    @property
    def exact(self) -> bool:
        """Every hospital's result is the plain one: equal as fractions, not as rounded numbers."""
        counts = (count_correct(self.plain, self.counted), len(self.counted))
        return all(
            result.coefficients == self.plain
            and (result.all_correct, result.all_records) == counts
            and (result.fitted, result.scored) == (self.fitted, self.scored)
            for result in self.results.values()
        )


def print_report(
    console: Console,
    comparison: Comparison,
    traffic: Mapping[str, Traffic],
    refused: Collection[str] = (),
) -> None:
    """Everything but the verdict, in order; ``refused`` are those whom nobody has let in."""
    first = next(iter(comparison.results.values()))
    console.print(coefficients_table(first.coefficients, comparison.plain))
    console.print(accuracy_table(comparison))
    for name, result in comparison.results.items():
        for line in learned(name, result, traffic[name], list(comparison.records)):
            say(console, line)
    for name in comparison.records:
        if name not in comparison.results:
            say(console, let_in_by_nobody(name) if name in refused else lost(name, comparison))


def coefficients_table(secure: Coefficients, plain: Coefficients) -> Table:
    """Both computations' coefficients side by side."""
    table = Table(title="the coefficients", box=box.SIMPLE_HEAD)
    table.add_column("measurement")
    table.add_column("on shares", justify="right")
    table.add_column("in the plain", justify="right")
    table.add_column("equal")
    for name, ours, theirs in zip(feature_names(), secure, plain, strict=True):
        numbers = (f"{float(number):+.{DECIMALS}f}" for number in (ours, theirs))
        table.add_row(name, *numbers, "exactly" if ours == theirs else "NO")
    return table


def accuracy_table(comparison: Comparison) -> Table:
    """How good the classifier is, and how good each hospital's own would have been."""
    result, counted = next(iter(comparison.results.values())), comparison.counted
    table = Table(title=f"right answers on {_whole(comparison)}", box=box.SIMPLE_HEAD)
    for heading in ("fitted on", "records", "right", "accuracy"):
        table.add_column(heading, justify="left" if heading == "fitted on" else "right")
    fitted, plain = len(comparison.pooled), count_correct(comparison.plain, counted)
    pool = "all records" if _is_whole(comparison.fitted, comparison) else "the pooled records"
    rows = [(f"{pool}, on shares", fitted, result.all_correct)]
    rows.append((f"{pool}, in the plain", fitted, plain))
    for name in comparison.fitted:
        own = comparison.records[name]
        alone = count_correct(comparison.ridge.fit(own), counted)
        rows.append((f"the records of {name} alone", len(own), alone))
    for label, number, right in rows:
        table.add_row(label, str(number), str(right), percent(right, len(counted)))
    return table


def learned(name: str, result: Result, traffic: Traffic, hospitals: Sequence[str]) -> list[str]:
    """What a hospital learned, what it saw of the others, and what it did not learn."""
    scored = "all" if len(result.scored) == len(hospitals) else "the"
    counted = f"{scored} {result.all_records} records"
    if scored == "the":
        counted += f" of {listed(result.scored)}"
    others = [other for other in hospitals if other != name]
    overall = percent(result.all_correct, result.all_records)
    own = percent(result.own_correct, result.own_records)
    return [
        f"{name} learned: {len(result.coefficients)} coefficients; they are right on "
        f"{result.all_correct} of {counted} ({overall}), and on "
        f"{result.own_correct} of its own {result.own_records} ({own}).",
        f"  It received {traffic.messages_received} messages ({size(traffic.bytes_received)}) of "
        "shares, each by itself a random number.",
        f"  It did not learn: any record, sum or count of {listed(others, 'or')}, only what the "
        "result says of all hospitals together.",
    ]


def let_in_by_nobody(name: str) -> str:
    """What became of a hospital that runs another program than the others trust."""
    return (
        f"{name} was refused by all others, because the program that it runs is no release that "
        "they trust. Nobody sent it anything, and its records are not in the result."
    )


def lost(name: str, comparison: Comparison) -> str:
    """What a hospital that dropped out took with it."""
    if name not in comparison.fitted:
        return f"{name} dropped out before its sums were shared: its records are not in the result."
    if name not in comparison.scored:
        return (
            f"{name} dropped out after its sums were shared: its records are in the result. Its "
            "right answers are not counted."
        )
    return f"{name} dropped out after all that it has was shared: nothing is lost."


def verdict(comparison: Comparison) -> str:
    """The comparison in one sentence."""
    if not comparison.exact:
        return "The computation on shares and the plain one DIFFER."
    those = "every hospital"
    if len(comparison.results) < len(comparison.records):
        those += " that is left"
    return f"The computation on shares and the plain one agree exactly, at {those}."


def _is_whole(hospitals: Sequence[str], comparison: Comparison) -> bool:
    return len(hospitals) == len(comparison.records)


def _whole(comparison: Comparison) -> str:
    if _is_whole(comparison.scored, comparison):
        return f"all {len(comparison.counted)} records"
    return f"the {len(comparison.counted)} records of {listed(comparison.scored)}"


def percent(part: int, whole: int) -> str:
    """With one decimal; of nothing, nothing."""
    return f"{100 * part / whole:.1f} %" if whole else "-"
