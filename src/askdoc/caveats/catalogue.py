"""An article's catalogue: reviewed caveats, read from the `caveats.toml` beside it.

Owns parsing and the records it gives. When topics fire is left to `topics`, where claims stand
to `claims`, what is amiss in a catalogue that parses to `lint`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePath

from askdoc.caveats.blocks import Block, banner_caveat, crisis
from askdoc.caveats.matcher import Matcher
from askdoc.caveats.patterns import PatternError, Rules, parse_rules
from askdoc.caveats.regions import region, regional
from askdoc.caveats.schema import (
    CatalogueFile,
    ClaimTable,
    ContradictionTable,
    SourceTable,
    TopicTable,
    read_table,
)
from askdoc.caveats.wordings import Wording, fill_in, parse_wordings, pick_sources
from askdoc.errors import CatalogueError
from askdoc.records import SEVERITIES, Caveat, Document, Severity
from askdoc.resources import loaded

CLAIM_SEVERITY: Mapping[str, Severity] = {
    "contradicted": "caution",
    "implausible": "caution",
    "internally contradicted": "caution",
    "internally contradicts": "info",
    "likely wrong": "caution",
    "overstated": "caution",
    "promised but absent": "caution",
    "promotional": "info",
    "supported": "info",
    "unverifiable": "info",
    "unverifiable citation": "caution",
}


@dataclass(frozen=True, slots=True)
class Topic:
    """A caveat and when a question brings it up.

    Attributes:
        caveat: What is shown.
        wordings: Its other words, for some who bring it up.
        title: What it is about, for reviewers and reports.
        covered: Whether the article says anything on the topic. Where it does not, a question
            on it is `not_in_article`.
        rules: The reviewed lexicon.
        weak: Its words that are as often harmless: they count unless the question is plainly
            about something else.
        answered: Questions on an uncovered topic that the article does answer: the caveat comes
            up, the question is not silenced.
        unanswered: Questions on a covered topic that the article has no word on: they are
            `not_in_article`, too.
        examples: Questions that bring it up.
        near_misses: Questions that look alike and do not.
        to_check: What a person still has to confirm, or "".
        review_by: When it must be looked at again, or None.
    """

    caveat: Caveat
    wordings: tuple[Wording, ...]
    title: str
    covered: bool
    rules: Rules
    weak: Rules
    answered: Rules
    unanswered: Rules
    examples: tuple[str, ...]
    near_misses: tuple[str, ...]
    to_check: str
    review_by: date | None

    @property
    def id(self) -> str:
        """The caveat's id."""
        return self.caveat.id


@dataclass(frozen=True, slots=True)
class Claim:
    """A note on one claim: `quote` stands in the article, in the sentence that so begins.

    With `everywhere` it may stand in several places, and needs its note in each.
    """

    caveat: Caveat
    quote: str
    section: str
    sentence_start: str
    everywhere: bool
    classification: str
    topics: tuple[str, ...]
    to_check: str
    review_by: date | None

    @property
    def id(self) -> str:
        """The caveat's id."""
        return self.caveat.id


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What an article says both ways: for each side, the quotes that say so.

    `asks` fits the questions that both sides answer.
    """

    id: str
    subject: str
    asks: Rules
    sides: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Everything reviewed about one article.

    `sources` holds every source of the file, used or not; `longest_text` is the number of
    characters a text may have; `unanswered` finds questions that the article has no word on. A
    catalogue equals itself alone, so that what is found with it can be cached.
    """

    name: str
    banner: Caveat
    topics: tuple[Topic, ...] = ()
    claims: tuple[Claim, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    sources: Mapping[str, SourceTable] = field(default_factory=dict)
    review_by: date | None = None
    longest_text: int = 300
    unanswered: Rules = field(default_factory=lambda: Rules(()))
    matcher: Matcher = field(default_factory=lambda: Matcher({}, []), repr=False, compare=False)

    def claim(self, id: str) -> Claim | None:
        """The claim of that id, if there is one."""
        return next((claim for claim in self.claims if claim.id == id), None)


def parse_catalogue(text: str, name: str) -> Catalogue:
    """Read a catalogue, for the country that ASKDOC_REGION names.

    Args:
        text: The TOML text; "" gives the generic catalogue.
        name: What to call it in messages, usually its path.

    Raises:
        CatalogueError: What is wrong, where, and what to do.
    """
    if not text.strip():
        return default_catalogue()
    try:
        written, own = read_table(text, name, CatalogueFile), crisis().file
        abroad = (*written.abroad, *own.abroad)
        return _parse(regional(written, region(), abroad, own.countries), name)
    except PatternError as error:
        raise CatalogueError(
            f"{name}: a pattern under fires or never cannot be read: {error}. The head of the "
            f"file explains how patterns are written."
        ) from None


def default_catalogue() -> Catalogue:
    """What an article without a catalogue gets: the generic banner, and no topics."""
    return loaded(_default_in, region())


def _default_in(_: str) -> Catalogue:
    return Catalogue("", crisis().banner)


def _parse(file: CatalogueFile, name: str) -> Catalogue:
    named = ([t.id for t in file.topics], [c.id for c in file.claims])
    _no_repeats([*named[0], *named[1], *(c.id for c in file.contradictions)], name)
    own = crisis().file
    numbers = {**own.numbers, **file.numbers}
    sources = {**own.sources, **file.sources}
    topics = tuple(
        _topic(table, (*own.never, *file.never), sources, numbers, name) for table in file.topics
    )
    claims = tuple(_claim(table, sources, numbers, name) for table in file.claims)
    contradictions = tuple(_contradiction(table, claims) for table in file.contradictions)
    banner = banner_caveat(file.banner, sources, numbers) if file.banner else crisis().banner
    unanswered = parse_rules(file.unanswered.fires, file.unanswered.never)
    asks = (contradiction.asks for contradiction in contradictions)
    of_topics = (rules for topic in topics for rules in _rules_of(topic))
    return Catalogue(
        name,
        banner,
        topics,
        claims,
        contradictions,
        file.sources,
        file.review.review_by,
        file.review.longest_text,
        unanswered,
        Matcher({**own.groups, **file.groups}, [*of_topics, *asks, unanswered]),
    )


def _rules_of(topic: Topic) -> tuple[Rules, ...]:
    own = (topic.rules, topic.weak, topic.answered, topic.unanswered)
    return (*own, *(wording.rules for wording in topic.wordings))


def _no_repeats(ids: Iterable[str], name: str) -> None:
    repeated = [id for id, times in Counter(ids).items() if times > 1]
    if repeated:
        raise CatalogueError(
            f"{name}: used for more than one entry: {', '.join(repeated)}. Give each its own id."
        )


def _topic(
    table: TopicTable,
    never: tuple[str, ...],
    sources: Mapping[str, SourceTable],
    numbers: Mapping[str, str],
    name: str,
) -> Topic:
    caveat = _topic_caveat(table, sources, numbers, name)
    block = None if table.text else _block_of(table.id)
    return Topic(
        caveat,
        block.wordings if block else parse_wordings(table.wordings, caveat, sources, numbers),
        table.topic,
        table.covered,
        parse_rules(table.fires, (*never, *table.never)),
        parse_rules(table.weak, (*never, *table.never)),
        parse_rules(table.answered),
        parse_rules(table.unanswered, (*never, *table.never)),
        table.examples,
        table.near_misses,
        table.to_check,
        table.review_by,
    )


def _topic_caveat(
    table: TopicTable, sources: Mapping[str, SourceTable], numbers: Mapping[str, str], name: str
) -> Caveat:
    block = _block_of(table.id)
    if table.text and table.severity:
        text = fill_in(table.text, numbers, f"{name}: {table.id}")
        shown = pick_sources(table.sources, sources, f"{name}: {table.id}")
        return Caveat(table.id, "topic", table.severity, text, shown)
    if block and not table.text and not table.severity and not table.wordings:
        return block.caveat
    raise CatalogueError(
        f'{name}: topic "{table.id}" needs both text and severity. (Only a topic named like one '
        f"of askdoc's own crisis blocks may leave out both, and then takes the block's words.)"
    )


def _block_of(id: str) -> Block | None:
    return next((block for block in crisis().blocks if block.caveat.id == id), None)


def _claim(
    table: ClaimTable, sources: Mapping[str, SourceTable], numbers: Mapping[str, str], name: str
) -> Claim:
    severity = claim_severity(table.classification)
    if severity is None:
        raise CatalogueError(
            f'{name}: claim "{table.id}": classification "{table.classification}" is not made '
            f"of these: {', '.join(sorted(CLAIM_SEVERITY))}. Join several with + or /."
        )
    text = fill_in(table.note, numbers, f"{name}: {table.id}")
    shown = pick_sources(table.sources, sources, f"{name}: {table.id}")
    return Claim(
        Caveat(table.id, "claim", severity, text, shown),
        table.quote,
        table.section,
        table.sentence_start,
        table.everywhere,
        table.classification,
        table.topics,
        table.to_check,
        table.review_by,
    )


def claim_severity(classification: str) -> Severity | None:
    """How grave a claim's note is: the gravest of the words its classification joins.

    Remarks in brackets and the claim it refers to do not count.

    Example: claim_severity("unverifiable + internally contradicted") -> "caution"
    """
    parts = classification.replace("/", "+").split("+")
    found = [s for part in parts if (s := _part_severity(part.strip())) is not None]
    return max(found, key=SEVERITIES.index) if len(found) == len(parts) else None


def _part_severity(part: str) -> Severity | None:
    fitting = [word for word in CLAIM_SEVERITY if part == word or part.startswith(f"{word} ")]
    return CLAIM_SEVERITY[max(fitting, key=len)] if fitting else None


def _contradiction(table: ContradictionTable, claims: Iterable[Claim]) -> Contradiction:
    quotes = {claim.id: claim.quote for claim in claims}
    sides = tuple(tuple(quotes.get(entry, entry) for entry in side) for side in table.sides)
    return Contradiction(table.id, table.subject, parse_rules(table.asks, table.never), sides)


def name_beside(document: Document, file: str) -> str:
    """What to call a file that came with a document: its path, where the document has one."""
    if not document.path:
        return f"{file} of {document.id}"
    return PurePath(document.path).with_name(file).as_posix()
