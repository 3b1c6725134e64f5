"""The schema of the two kinds of file that reviewers edit: `caveats.toml` and `crisis.toml`.

Owns the fields, which of them are optional, and the messages of validation errors. The files
themselves document what the fields do.
"""

import tomllib
from datetime import date
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from askdoc.caveats.places import line_of
from askdoc.errors import CatalogueError
from askdoc.records import Severity

Name = Annotated[str, Field(pattern=r"^\w+$")]
Words = Annotated[str, Field(min_length=1)]
Text = Words | Annotated[tuple[Words, ...], Field(min_length=1)]
"""A text that is shown: one string, or steps with a line each."""


class Table(BaseModel):
    """A TOML table: unknown fields are errors, values are not converted."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class SourceTable(Table):
    """`[sources.NAME]`: a source of a text, its date, and the strength of its evidence."""

    name: Words
    url: str = ""
    date: str = ""
    evidence: str = ""


class BannerTable(Table):
    """`[banner]`: the caveat above every conversation about the article."""

    id: Name = "article_banner"
    severity: Severity = "info"
    text: Words
    sources: tuple[str, ...] = ()


class WordingTable(Table):
    """`[[topics.wordings]]`: another text for questions that match `when`.

    Omitted fields are those of the topic.
    """

    when: tuple[Words, ...]
    never: tuple[Words, ...] = ()
    severity: Severity | None = None
    text: Text | None = None
    sources: tuple[str, ...] = ()


class BlockWordingTable(WordingTable):
    """`[[blocks.wordings]]`: the same of a block, with patterns that raise it, and a short line."""

    when: tuple[Words, ...] = ()
    fires: tuple[Words, ...] = ()
    short: str = ""


class TopicTable(Table):
    """`[[topics]]`: a caveat, and the patterns of questions that raise it."""

    id: Name
    topic: Words
    severity: Severity | None = None
    text: Text | None = None
    sources: tuple[str, ...] = ()
    wordings: tuple[WordingTable, ...] = ()
    covered: bool = True
    fires: tuple[Words, ...] = ()
    weak: tuple[Words, ...] = ()
    never: tuple[Words, ...] = ()
    answered: tuple[Words, ...] = ()
    unanswered: tuple[Words, ...] = ()
    examples: tuple[Words, ...] = ()
    near_misses: tuple[Words, ...] = ()
    newest_source: str = ""
    to_check: str = ""
    review_by: date | None = None


class ClaimTable(Table):
    """`[[claims]]`: a sentence of the article that needs a note wherever it is shown."""

    id: Name
    quote: Words
    section: str = ""
    sentence_start: str = ""
    everywhere: bool = False
    classification: Words
    note: Words
    sources: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    to_check: str = ""
    review_by: date | None = None


class ContradictionTable(Table):
    """`[[contradictions]]`: where the article contradicts itself; each side lists claims or quotes.

    `asks` holds patterns of the questions that both sides answer.
    """

    id: Name
    subject: Words
    asks: Annotated[tuple[Words, ...], Field(min_length=1)]
    never: tuple[Words, ...] = ()
    sides: Annotated[tuple[tuple[Words, ...], ...], Field(min_length=2)]


class ReviewTable(Table):
    """`[review]`: when the whole file is due for review, and the length limit of its texts."""

    review_by: date | None = None
    longest_text: Annotated[int, Field(gt=0)] = 300


class UnansweredTable(Table):
    """`[unanswered]`: questions that the article does not answer, whatever their topic."""

    fires: tuple[Words, ...] = ()
    never: tuple[Words, ...] = ()


class AbroadTable(Table):
    """`[[abroad]]`: words that are replaced outside the United States."""

    model_config = ConfigDict(str_strip_whitespace=False)
    here: Words
    there: str


class CatalogueFile(Table):
    """A whole `caveats.toml`."""

    review: ReviewTable = ReviewTable()
    banner: BannerTable | None = None
    numbers: dict[Name, Words] = {}
    abroad: tuple[AbroadTable, ...] = ()
    sources: dict[str, SourceTable] = {}
    groups: dict[Name, tuple[Words, ...]] = {}
    never: tuple[Words, ...] = ()
    unanswered: UnansweredTable = UnansweredTable()
    topics: tuple[TopicTable, ...] = ()
    claims: tuple[ClaimTable, ...] = ()
    contradictions: tuple[ContradictionTable, ...] = ()


class BlockTable(Table):
    """`[[blocks]]` of `crisis.toml`: a fixed message, and the patterns that raise it."""

    id: Name
    severity: Severity
    topic: Words
    text: Text
    short: Words
    sources: tuple[str, ...]
    wordings: tuple[BlockWordingTable, ...] = ()
    fires: tuple[Words, ...]
    weak: tuple[Words, ...] = ()
    never: tuple[Words, ...] = ()
    unsure: tuple[Words, ...] = ()
    calm: tuple[Words, ...] = ()
    things: tuple[Words, ...] = ()
    persons: tuple[Words, ...] = ()
    not_calm: tuple[Words, ...] = ()
    ask: str = ""
    to_check: str = ""


class LineTable(Table):
    """`[[lines]]` of `crisis.toml`: a line under urgent texts, for questions that match `when`.

    Readers whose interface is in `language` get it, too.
    """

    language: str = ""
    when: tuple[Words, ...]
    text: Words


class CrisisFile(Table):
    """The whole `crisis.toml`."""

    review: ReviewTable
    banner: BannerTable
    numbers: dict[Name, Words]
    countries: dict[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], Words] = {}
    abroad: tuple[AbroadTable, ...] = ()
    sources: dict[str, SourceTable]
    groups: dict[Name, tuple[Words, ...]]
    never: tuple[Words, ...]
    lines: tuple[LineTable, ...] = ()
    blocks: tuple[BlockTable, ...]


FileT = TypeVar("FileT", bound=Table)


def read_table(text: str, name: str, shape: type[FileT]) -> FileT:
    """Parses a TOML text and validates it.

    Raises:
        CatalogueError: What is wrong, where, and what to do; every error at once.
    """
    try:
        return shape.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(
            f"{name}: not valid TOML: {error}. Look for a missing quotation mark, comma or "
            f"bracket there, then run: askdoc check"
        ) from None
    except RecursionError:
        raise CatalogueError(
            f"{name}: not a catalogue: its brackets are nested too deep. Compare it with the one "
            f"of another article, then run: askdoc check"
        ) from None
    except ValidationError as error:
        raise CatalogueError(_told(name, text, error)) from None


def _told(name: str, text: str, error: ValidationError) -> str:
    mistakes = [
        f"  {_line(text, e['loc'])}{_place(e['loc'])}: {e['msg']}"
        for e in error.errors(include_url=False)
    ]
    head = f"{name}: does not follow the rules of a catalogue:"
    way_out = "Correct these (counting starts from 1), then run: askdoc check"
    return "\n".join([head, *mistakes, way_out])


def _line(text: str, location: tuple[int | str, ...]) -> str:
    number = line_of(text, location)
    return f"line {number}, " if number else ""


def _place(location: tuple[int | str, ...]) -> str:
    return " ".join(f"{p + 1}" if isinstance(p, int) else p for p in location) or "file"
