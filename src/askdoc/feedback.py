"""Ratings of answers: what a line of their file holds, and what their counts say.

This room owns the form of the file and the counting. A line has a day, a rating, and which section
of an article the answer came from, in the article's own words: nothing of a question, an address or
a reader. A count below `FEWEST_SHOWN` is not told, so that nobody's rating can be made out.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from askdoc.errors import FeedbackError

FEWEST_SHOWN = 5
_SECTION_CHARACTERS = 300
Rating: TypeAlias = Literal["helpful", "not helpful"]
RatedStatus: TypeAlias = Literal["answered", "not_in_article"]


@dataclass(frozen=True, slots=True)
class Section:
    """Where in which article an answer came from, or what came nearest where it had none."""

    document: str
    heading: str
    status: RatedStatus


@dataclass(frozen=True, slots=True)
class Gap:
    """How often answers from one section were rated; None where it is too seldom to be told."""

    section: Section
    helpful: int | None
    not_helpful: int | None


def rating_line(day: str, rating: Rating, answer: str, section: Section | None) -> str:
    """A rating as a line of the file; `answer` is a mark made of the places quoted."""
    line: dict[str, str] = {"day": day, "rating": rating, "answer": answer}
    if section is not None:
        line |= asdict(section) | {"heading": section.heading[:_SECTION_CHARACTERS]}
    return json.dumps(line) + "\n"


def read_gaps(file: Path) -> tuple[Gap, ...]:
    """What the ratings of a file say, the sections with the most of "not helpful" first.

    Raises:
        FeedbackError: The file cannot be read.
    """
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            if (first := next((line for line in lines if line.strip()), "")) and not _is_rating(
                first
            ):
                raise FeedbackError(
                    f"{file}: holds no ratings. Name the file that ASKDOC_RATINGS named."
                )
            lines.seek(0)
            return count_gaps(lines)
    except OSError as error:
        raise FeedbackError(
            f"{file}: {error.strerror}. Name the file that ASKDOC_RATINGS named when the server "
            "took the ratings."
        ) from None


def count_gaps(lines: Iterable[str]) -> tuple[Gap, ...]:
    """Counts ratings by section and status, but for lines without a section or of another form.

    A section without a count that may be told is left out.
    """
    counts = Counter(found for line in lines if (found := _rated(line)))
    sections = dict.fromkeys(section for section, _ in counts)
    gaps = (
        Gap(section, _told(counts[section, "helpful"]), _told(counts[section, "not helpful"]))
        for section in sections
    )
    told = [gap for gap in gaps if gap.helpful is not None or gap.not_helpful is not None]
    return tuple(sorted(told, key=_order))


def gap_to_json(gap: Gap) -> dict[str, Any]:
    """A gap as plain values; a count that is not told is null."""
    return asdict(gap.section) | {"helpful": gap.helpful, "not_helpful": gap.not_helpful}


def gaps_to_text(gaps: Iterable[Gap]) -> str:
    """A table of gaps for a terminal."""
    rows = [("not helpful", "helpful", "status", "section")]
    for gap in gaps:
        section = gap.section
        place = " in ".join(filter(None, [_one_line(section.heading), section.document]))
        rows.append((_count(gap.not_helpful), _count(gap.helpful), section.status, place))
    if len(rows) == 1:
        return f"No section has {FEWEST_SHOWN} ratings of one kind yet; fewer are not told."
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        f"{row[0]:>{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:<{widths[2]}}  {row[3]}"
        for row in rows
    )


def _is_rating(line: str) -> bool:
    try:
        return "rating" in json.loads(line)
    except (ValueError, TypeError, RecursionError):
        return False


def _rated(line: str) -> tuple[Section, Rating] | None:
    try:
        held = json.loads(line)
        section = Section(held["document"], held["heading"], held["status"])
        rating: Rating = held["rating"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    texts = isinstance(section.document, str) and isinstance(section.heading, str)
    known = section.status in get_args(RatedStatus) and rating in get_args(Rating)
    return (section, rating) if texts and known else None


def _told(count: int) -> int | None:
    return count if count >= FEWEST_SHOWN else None


def _order(gap: Gap) -> tuple[int, int, str, str]:
    section = gap.section
    return -(gap.not_helpful or 0), -(gap.helpful or 0), section.document, section.heading


def _count(count: int | None) -> str:
    return f"under {FEWEST_SHOWN}" if count is None else str(count)


def _one_line(text: str) -> str:
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())
