"""The words of a caveat as its file gives them, and which of several are for whom.

Owns filling numbers and sources in, steps, and the choice among a text's wordings: who is alone,
who asks for somebody else, for whom it is happening now. When a caveat comes up at all is decided
in `triage` and `topics`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from askdoc.caveats.patterns import Matches, Rules, parse_rules
from askdoc.caveats.schema import SourceTable, Text, WordingTable
from askdoc.errors import CatalogueError
from askdoc.records import Caveat, Source


@dataclass(frozen=True, slots=True)
class Wording:
    """A caveat in other words, for questions that its rules fit.

    Attributes:
        rules: Of these questions.
        caveat: What they bring up.
        short: A crisis block's short line after them.
    """

    rules: Rules
    caveat: Caveat
    short: str = ""


def parse_wordings(
    tables: Sequence[WordingTable],
    caveat: Caveat,
    sources: Mapping[str, SourceTable],
    numbers: Mapping[str, str],
) -> tuple[Wording, ...]:
    """The wordings of a caveat; what one leaves out is the caveat's own.

    Raises:
        CatalogueError: A number or a source that the file does not give.
    """
    return tuple(_wording(table, caveat, sources, numbers) for table in tables)


def _wording(
    table: WordingTable,
    caveat: Caveat,
    sources: Mapping[str, SourceTable],
    numbers: Mapping[str, str],
) -> Wording:
    place = f"{caveat.id}: a wording"
    return Wording(
        parse_rules(table.when, table.never),
        replace(
            caveat,
            severity=table.severity or caveat.severity,
            text=fill_in(table.text, numbers, place) if table.text else caveat.text,
            sources=pick_sources(table.sources, sources, place) or caveat.sources,
        ),
    )


def worded(caveat: Caveat, wordings: Sequence[Wording], matches: Matches) -> Caveat:
    """A caveat in the first of its wordings that fits a question, or in its own words."""
    return next((w.caveat for w in wordings if matches.fires(w.rules)), caveat)


def fill_in(text: Text, numbers: Mapping[str, str], place: str) -> str:
    """Put the numbers of the file into a text: "call {lifeline}" -> "call 988".

    Steps become lines.

    Raises:
        CatalogueError: A name in braces that the file gives no number for.
    """
    try:
        return (text if isinstance(text, str) else "\n".join(text)).format_map(numbers)
    except (KeyError, IndexError, ValueError) as error:
        raise CatalogueError(
            f"{place}: its text names {error} in braces, but [numbers] has no such entry. "
            f"Add it there, or write the braces away."
        ) from None


def pick_sources(
    names: Sequence[str], sources: Mapping[str, SourceTable], place: str
) -> tuple[Source, ...]:
    """Look sources up by name.

    Raises:
        CatalogueError: A name the file gives no source for.
    """
    missing = [name for name in names if name not in sources]
    if missing:
        raise CatalogueError(
            f"{place}: unknown source {', '.join(missing)}. Add [sources.{missing[0]}] with "
            f"name, url and date, or correct the name."
        )
    return tuple(Source(sources[n].name, sources[n].url, sources[n].date) for n in names)
