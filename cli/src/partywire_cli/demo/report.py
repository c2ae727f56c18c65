"""What is printed in the end: the comparison, the accuracies, and what each hospital learned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from rich import box
from rich.console import Console
from rich.table import Table

from .protocol import Result
from .records import Record, feature_names
from .regression import Coefficients, Ridge, count_correct
from .saying import say
from .traffic import Traffic, size

DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the hospitals found together, and what somebody finds who sees all records."""

    records: Mapping[str, Sequence[Record]]
    ridge: Ridge
    results: Mapping[str, Result]
    plain: Coefficients

    @classmethod
    def of(
        cls,
        records: Mapping[str, Sequence[Record]],
        ridge: Ridge,
        results: Mapping[str, Result],
    ) -> "Comparison":
        """Do the plain computation that the hospitals' results are held against."""
        return cls(records, ridge, results, ridge.fit(list(chain(*records.values()))))

    @property
    def pooled(self) -> list[Record]:
        """All records, which no hospital has."""
        return list(chain(*self.records.values()))

    @property
    def exact(self) -> bool:
        """Every hospital's result is the plain one: equal as fractions, not as rounded numbers."""
        correct = count_correct(self.plain, self.pooled)
        return bool(self.results) and all(
            result.coefficients == self.plain
            and (result.all_correct, result.all_records) == (correct, len(self.pooled))
            for result in self.results.values()
        )


def print_report(console: Console, comparison: Comparison, traffic: Mapping[str, Traffic]) -> None:
    """Everything, in order."""
    first = next(iter(comparison.results.values()))
    console.print(coefficients_table(first.coefficients, comparison.plain))
    console.print(accuracy_table(comparison))
    for name, result in comparison.results.items():
        for line in learned(name, result, traffic[name], list(comparison.records)):
            say(console, line)
    say(console, verdict(comparison))


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
    result, pooled = next(iter(comparison.results.values())), comparison.pooled
    table = Table(title=f"right answers on all {len(pooled)} records", box=box.SIMPLE_HEAD)
    for heading in ("fitted on", "records", "right", "accuracy"):
        table.add_column(heading, justify="left" if heading == "fitted on" else "right")
    plain = count_correct(comparison.plain, pooled)
    rows = [("all records, on shares", result.all_records, result.all_correct)]
    rows.append(("all records, in the plain", len(pooled), plain))
    for name, own in comparison.records.items():
        alone = count_correct(comparison.ridge.fit(own), pooled)
        rows.append((f"the records of {name} alone", len(own), alone))
    for label, fitted, right in rows:
        table.add_row(label, str(fitted), str(right), percent(right, len(pooled)))
    return table


def learned(name: str, result: Result, traffic: Traffic, hospitals: Sequence[str]) -> list[str]:
    """What a hospital learned, what it saw of the others, and what it did not learn."""
    others = [other for other in hospitals if other != name]
    named = f"{', '.join(others[:-1])} or {others[-1]}"
    overall = percent(result.all_correct, result.all_records)
    own = percent(result.own_correct, result.own_records)
    return [
        f"{name} learned: {len(result.coefficients)} coefficients; they are right on "
        f"{result.all_correct} of all {result.all_records} records ({overall}), and on "
        f"{result.own_correct} of its own {result.own_records} ({own}).",
        f"  It received {traffic.messages_received} messages ({size(traffic.bytes_received)}) of "
        "shares, each by itself a random number.",
        f"  It did not learn: any record, sum or count of {named}, only what the result says of "
        "all hospitals together.",
    ]


def verdict(comparison: Comparison) -> str:
    """The comparison in one sentence."""
    if comparison.exact:
        return "The computation on shares and the plain one agree exactly, at every hospital."
    return "The computation on shares and the plain one DIFFER."


def percent(part: int, whole: int) -> str:
    """With one decimal; of nothing, nothing."""
    return f"{100 * part / whole:.1f} %" if whole else "-"
