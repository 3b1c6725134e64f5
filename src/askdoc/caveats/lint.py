"""What is amiss in a catalogue that parses, and what is due for review.

Owns the findings behind `askdoc check`. How they are printed and which of them fail a build is
left to the command line.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from askdoc.caveats.blocks import Block, crisis
from askdoc.caveats.catalogue import Catalogue, Claim, Topic
from askdoc.caveats.claims import claim_spans
from askdoc.caveats.classifier import parse_classifier
from askdoc.caveats.locating import find_all
from askdoc.caveats.schema import SourceTable
from askdoc.caveats.topics import screen
from askdoc.errors import CatalogueError
from askdoc.records import CLASSIFIER_FILE, SEVERITIES, Caveat, Document

_ADDRESS = re.compile(r"https?://[^\s/]+\.[^\s]+")
_ELSEWHERE = re.compile(r"\blocal|\belsewhere|\boutside the us|your vet", re.IGNORECASE)
_AMERICAN = frozenset(
    ("emergency_us", "lifeline", "poison_control", "treatment_line", "treatment_finder")
)
HARDEST_GRADE = 8.0
"""The school grade, by Flesch and Kincaid, that most adult readers can read."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at.

    `error`: a matcher could miss a caveat or see a wrong one. `warning`: a question is taken for
    what it is not, or a text is unwieldy. `due`: a person has to confirm something.
    """

    severity: Literal["error", "warning", "due"]
    where: str
    message: str


def lint(
    catalogue: Catalogue, documents: Sequence[Document], today: date | None = None
) -> tuple[Finding, ...]:
    """Check a catalogue against the articles it is about.

    Args:
        catalogue: The catalogue.
        documents: The articles it stands beside; a claim must be found in one of them.
        today: Reviews are due on or after their date; the day of the call by default.
    """
    day = today or date.today()
    checks = (
        _sources(catalogue),
        _texts(catalogue),
        *(_said(caveat) for topic in catalogue.topics for caveat in _wordings_of(topic)),
        _unknown_topics(catalogue),
        *(_claim(claim, documents) for claim in catalogue.claims),
        _contradictions(catalogue, documents),
        *(_topic(topic, catalogue) for topic in catalogue.topics),
        *(_idle(topic) for topic in catalogue.topics),
        _spoken_of(catalogue, documents),
        _mute(catalogue, documents),
        _due(catalogue, day),
    )
    return tuple(finding for check in checks for finding in check)


def lint_crisis(today: date | None = None) -> tuple[Finding, ...]:
    """What is amiss and what is due for review in askdoc's own crisis blocks."""
    file = crisis().file
    day = today or date.today()
    worded = [caveat for block in crisis().blocks for caveat in _wordings_of(block)]
    hard = [
        replace(finding, where=f"crisis.toml {finding.where}")
        for caveat in worded
        for finding in _said(caveat)
    ]
    due = [
        Finding("due", f"crisis.toml {block.id}", block.to_check)
        for block in file.blocks
        if block.to_check
    ]
    if file.review.review_by and file.review.review_by <= day:
        message = f"numbers and texts were to be reviewed by {file.review.review_by}"
        due.append(Finding("due", "crisis.toml", message))
    return (*hard, *due)


def _sources(catalogue: Catalogue) -> Iterator[Finding]:
    for name, source in catalogue.sources.items():
        yield from _source(name, source)
    for topic in catalogue.topics:
        if not topic.caveat.sources:
            yield Finding("error", topic.id, "has no source: every topic's text needs one")


def _source(name: str, source: SourceTable) -> Iterator[Finding]:
    if not _ADDRESS.fullmatch(source.url):
        yield Finding("error", f"source {name}", "needs a url that begins with http:// or https://")
    if not source.date.strip():
        yield Finding("error", f"source {name}", 'needs a date, or "undated" said in words')


def _texts(catalogue: Catalogue) -> Iterator[Finding]:
    topics = [caveat for topic in catalogue.topics for caveat in _wordings_of(topic)]
    own = {caveat.text for block in crisis().blocks for caveat in _wordings_of(block)}
    for caveat in (catalogue.banner, *topics, *(claim.caveat for claim in catalogue.claims)):
        length = len(caveat.text)
        if length > catalogue.longest_text and caveat.text not in own:
            message = f"text has {length} characters, at most {catalogue.longest_text} are read"
            yield Finding("warning", caveat.id, message)


def _wordings_of(worded: Topic | Block) -> tuple[Caveat, ...]:
    """All that a topic or a block may say."""
    return (worded.caveat, *(wording.caveat for wording in worded.wordings))


def _said(caveat: Caveat) -> Iterator[Finding]:
    """A text that is hard to read, or of no help outside the United States."""
    grade = reading_grade(caveat.text)
    if grade is not None and grade > HARDEST_GRADE:
        message = f'reads at school grade {grade:.1f}, at most {HARDEST_GRADE:.0f} is read: "'
        yield Finding("warning", caveat.id, f'{message}{caveat.text[:60]}…"')
    own = crisis().file.numbers
    american = [number for name, number in own.items() if name in _AMERICAN]
    abroad = [number for name, number in own.items() if name not in _AMERICAN]
    named = [number for number in american if number in caveat.text]
    if named and not (_ELSEWHERE.search(caveat.text) or any(n in caveat.text for n in abroad)):
        message = f"names {named[0]} of the US, and not what to do elsewhere"
        yield Finding("warning", caveat.id, message)


def reading_grade(text: str) -> float | None:
    """The school grade of a text, by Flesch and Kincaid; None where textstat is not installed."""
    try:
        import textstat  # its dictionary takes seconds to load, and only reviewers need it
    except ModuleNotFoundError:
        return None
    return float(textstat.flesch_kincaid_grade(text))


def _unknown_topics(catalogue: Catalogue) -> Iterator[Finding]:
    known = {topic.id for topic in catalogue.topics}
    for claim in catalogue.claims:
        for id in claim.topics:
            if id not in known:
                yield Finding("error", claim.id, f'names topic "{id}", which does not exist')


def _claim(claim: Claim, documents: Sequence[Document]) -> Iterator[Finding]:
    found = sum(len(claim_spans(document, claim)) for document in documents)
    if found == 0:
        yield Finding("error", claim.id, f'quote not found in the article: "{claim.quote}"')
    elif not _stands(claim.quote, documents):
        message = f'quote stands in the article only nearly, correct it: "{claim.quote}"'
        yield Finding("error", claim.id, message)
    if found > 1 and not claim.everywhere:
        message = "quote found more than once: lengthen it, or give sentence_start or section"
        yield Finding("error", claim.id, message)
    if claim.sentence_start and not _stands(claim.sentence_start, documents):
        message = f'sentence_start not found in the article: "{claim.sentence_start}"'
        yield Finding("error", claim.id, message)


def _stands(quote: str, documents: Iterable[Document]) -> bool:
    return any(find_all(document.text, quote) for document in documents)


def _contradictions(catalogue: Catalogue, documents: Sequence[Document]) -> Iterator[Finding]:
    for contradiction in catalogue.contradictions:
        for quote in (quote for side in contradiction.sides for quote in side):
            if not _stands(quote, documents):
                message = f'neither the id of a claim nor a quote of the article: "{quote}"'
                yield Finding("error", contradiction.id, message)


def _topic(topic: Topic, catalogue: Catalogue) -> Iterator[Finding]:
    block = next((b for b in crisis().file.blocks if b.id == topic.id), None)
    if block and SEVERITIES.index(topic.caveat.severity) < SEVERITIES.index(block.severity):
        message = f"is less severe than askdoc's own block, which is {block.severity}"
        yield Finding("error", topic.id, message)
    if block and topic.caveat.text != _text_of(block.id):
        message = "says other words than askdoc's own block: leave out text and severity"
        yield Finding("warning", topic.id, message)
    for example in topic.examples:
        if topic.id not in _ids(example, catalogue):
            yield Finding("warning", topic.id, f'example does not fire by rules: "{example}"')
    for miss in topic.near_misses:
        if topic.id in _ids(miss, catalogue):
            yield Finding("warning", topic.id, f'near miss fires: "{miss}"')


def _text_of(id: str) -> str:
    """What askdoc's own block of an id says."""
    return next(block.caveat.text for block in crisis().blocks if block.caveat.id == id)


def _idle(topic: Topic) -> Iterator[Finding]:
    """What a topic says to no effect of what the article answers or lacks."""
    idle = topic.answered if topic.covered else topic.unanswered
    if idle.fires:
        covered, key = ("true", "answered") if topic.covered else ("false", "unanswered")
        yield Finding("warning", topic.id, f"`{key}` does nothing where covered = {covered}")


def _spoken_of(catalogue: Catalogue, documents: Iterable[Document]) -> Iterator[Finding]:
    """What the article is said to have no word on, and has."""
    lacking = {topic.id: topic.unanswered for topic in catalogue.topics}
    lacking[catalogue.name] = catalogue.unanswered
    for paragraph in (line for document in documents for line in document.text.splitlines()):
        matches = catalogue.matcher.match(paragraph)
        for where, unanswered in lacking.items():
            if line := matches.line_fired(unanswered):
                message = f'`unanswered` has "{line}", but the article says: "{paragraph[:80]}"'
                yield Finding("warning", where, message)


def _mute(catalogue: Catalogue, documents: Iterable[Document]) -> Iterator[Finding]:
    """Grave topics that neither rules nor a classifier nor one of askdoc's own blocks raises."""
    raised = {block.id for block in crisis().file.blocks}
    for text in {document.classifier for document in documents if document.classifier}:
        try:
            raised |= parse_classifier(text, CLASSIFIER_FILE).thresholds.keys()
        except CatalogueError as error:
            yield Finding("error", CLASSIFIER_FILE, str(error))
    for topic in catalogue.topics:
        ruled = topic.rules.fires or topic.weak.fires
        if (
            topic.caveat.severity in {"emergency", "urgent"}
            and not ruled
            and topic.id not in raised
        ):
            message = "never fires by rules: give it words under `fires`, or under `weak`"
            yield Finding("error", topic.id, f"is {topic.caveat.severity} and {message}")


def _ids(question: str, catalogue: Catalogue) -> set[str]:
    fired = catalogue.matcher.match(question)
    ids = {caveat.id for caveat in screen(question, catalogue).caveats}
    return ids | {topic.id for topic in catalogue.topics if fired.fires(topic.rules)}


def _due(catalogue: Catalogue, day: date) -> Iterator[Finding]:
    if catalogue.review_by and catalogue.review_by <= day:
        message = f"the whole catalogue was to be reviewed by {catalogue.review_by}"
        yield Finding("due", catalogue.name, message)
    items: tuple[Topic | Claim, ...] = (*catalogue.topics, *catalogue.claims)
    for item in items:
        if item.to_check:
            yield Finding("due", item.id, f"to check: {item.to_check}")
        if item.review_by and item.review_by <= day:
            yield Finding("due", item.id, f"was to be reviewed by {item.review_by}")
