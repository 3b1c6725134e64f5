"""What can be compared in one table: signals alone, models, passage sizes; and that table.

This module owns the names of variants and what they stand for, and how their reports are set beside
each other.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from askdoc.errors import EvaluationError
from askdoc.evaluation.figures import LOWER_IS_BETTER, interval_shown, names_in, shown
from askdoc.evaluation.report import Report
from askdoc.evaluation.statistics import LEVEL, Comparison, compare
from askdoc.index import FUSION, Fusion
from askdoc.passages import PassageSize

_SIGNALS = {
    "dense": Fusion(passage=0.5, sentence=0.5, lexical=0, pieces=0, adapter=0),
    "passages": Fusion(passage=1, sentence=0, lexical=0, pieces=0, adapter=0),
    "sentences": Fusion(passage=0, sentence=1, lexical=0, pieces=0, adapter=0),
    "lexical": Fusion(passage=0, sentence=0, lexical=1, pieces=0, adapter=0),
    "no-pieces": Fusion(passage=0.5, sentence=0.5, lexical=0.03, pieces=0),
    "no-adapter": FUSION.adapted(0),
    "fusion": FUSION,
}


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to search: the weights, and, when they differ from the default, model and size."""

    name: str
    fusion: Fusion = FUSION
    model: str | None = None
    size: PassageSize | None = None


def parse_variant(name: str) -> Variant:
    """Reads a variant: a signal's name, `model=NAME_OR_FOLDER` or `passages=WORD_PIECES`.

    Raises:
        EvaluationError: It is none of these.

    Example: parse_variant("passages=40").size -> PassageSize(window=256, merge_below=40)
    """
    kind, equals, value = name.partition("=")
    if not equals and name in _SIGNALS:
        return Variant(name, fusion=_SIGNALS[name])
    if kind == "model" and value:
        return Variant(name, model=value)
    if kind == "passages" and value.isdecimal() and int(value) > 0:
        return Variant(name, size=PassageSize(merge_below=int(value)))
    raise EvaluationError(
        f'"{name}" is no variant. Give {", ".join(_SIGNALS)}, model=NAME or passages=WORD_PIECES.'
    )


MARKS = {"better": "▲", "worse": "▼", "slightly worse": "▼", "indistinguishable": ""}


@dataclass(frozen=True, slots=True)
class VariantTable:
    """Reports on the same questions under several variants.

    Attributes:
        names: The variants' names.
        reports: Their reports, in the same order.
        comparisons: For each variant but the last, each measure's comparison with the last.
    """

    names: tuple[str, ...]
    reports: tuple[Report, ...]
    comparisons: tuple[dict[str, Comparison], ...]

    @property
    def measures(self) -> tuple[str, ...]:
        """The figures that any report has, in their order."""
        return tuple(dict.fromkeys(name for report in self.reports for name in report.figures))

    def cell(self, column: int, measure: str) -> str:
        """A figure with its interval and its mark; "" where the report lacks it."""
        report = self.reports[column]
        if measure not in report.figures:
            return ""
        found = self.comparisons[column].get(measure) if column < len(self.comparisons) else None
        parts = (
            shown(measure, report.figures[measure]),
            interval_shown(report.intervals.get(measure)),
            MARKS[found.verdict] if found else "",
        )
        return " ".join(part for part in parts if part)

    def key(self) -> str:
        """What the cells and marks mean."""
        return (
            f"[from, to]: 95 % interval. ▲ better and ▼ worse than {self.names[-1]}, the last "
            f"column, by a paired randomisation test (p < {LEVEL}); without a mark the two are "
            "indistinguishable, or the figure is not one of single questions."
        )

    def in_words(self) -> tuple[str, ...]:
        """Each variant against the last one, in a sentence."""
        return tuple(
            f"{name} against {self.names[-1]}: {_told(found)}."
            for name, found in zip(self.names, self.comparisons, strict=False)
        )

    def to_markdown(self) -> str:
        """The table, its key, and each comparison in words."""
        lines = [
            f"| measure | {' | '.join(self.names)} |",
            "|---|" + "---:|" * len(self.names),
            *(
                f"| {name} | {' | '.join(self.cell(at, name) for at in range(len(self.names)))} |"
                for name in self.measures
            ),
            "",
            self.key(),
            "",
            *(f"- {sentence}" for sentence in self.in_words()),
        ]
        return "\n".join(lines) + "\n"

    def to_json(self) -> dict[str, Any]:
        """Every report by its variant, and the comparisons with the last."""
        return {
            "reference": self.names[-1],
            "variants": {
                name: report.to_json()
                for name, report in zip(self.names, self.reports, strict=True)
            },
            "comparisons": {
                name: {
                    measure: {**asdict(one), "verdict": one.verdict}
                    for measure, one in found.items()
                }
                for name, found in zip(self.names, self.comparisons, strict=False)
            },
        }


def comparison_table(names: Sequence[str], reports: Sequence[Report]) -> VariantTable:
    """Puts reports on the same questions side by side.

    Args:
        names: The variants' names.
        reports: Their reports, in the same order; the others are compared with the last.
    """
    *others, last = reports
    return VariantTable(
        tuple(names), tuple(reports), tuple(_compared(report, last) for report in others)
    )


def _compared(report: Report, last: Report) -> dict[str, Comparison]:
    return {
        name: compare(
            report.values(name),
            last.values(name),
            our_weights=report.weights(name),
            their_weights=last.weights(name),
            lower_is_better=name in LOWER_IS_BETTER,
        )
        for name in names_in(report.queries)
        if report.values(name).keys() & last.values(name).keys()
    }


def _told(comparisons: dict[str, Comparison]) -> str:
    kinds: dict[str, list[str]] = {}
    for name, found in comparisons.items():
        kinds.setdefault(found.verdict, []).append(
            name
            if found.verdict == "indistinguishable"
            else f"{name} ({found.difference:+.4f}, p {found.p:.4f})"
        )
    if set(kinds) == {"indistinguishable"}:
        return "indistinguishable on every measure"
    said = {
        "better": "better in ",
        "worse": "worse in ",
        "indistinguishable": "indistinguishable in ",
    }
    return "; ".join(said[kind] + ", ".join(kinds[kind]) for kind in said if kind in kinds)
