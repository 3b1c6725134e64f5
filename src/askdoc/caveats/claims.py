"""Where a catalogue's claims stand in an article, and what must be said beside them.

Owns locating quotes, claim notes, the other side of what an article says both ways, and the claims
that do not stand in their articles word for word. Offsets count characters of `Document.text`, as
everywhere.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from askdoc.caveats.catalogue import Catalogue, Claim, name_beside, parse_catalogue
from askdoc.caveats.locating import find_all, find_near, fold
from askdoc.caveats.patterns import Rules
from askdoc.records import CATALOGUE_FILE, SEVERITIES, Caveat, Citation, Document, Passage, Span

_LINE = re.compile(r"[^\n]+")
_END = re.compile(r"[.!?][\"'”’)\]]*(?=\s|$)|\n|$")


@dataclass(frozen=True, slots=True)
class ClaimNote:
    """A note and the sentence it belongs to: `document.text[start:end]` holds the claim."""

    caveat: Caveat
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class OtherSide:
    """A sentence that must be shown too, because the article also says otherwise elsewhere.

    `document.text[start:end]` is the sentence; `subject` is what the article says both of.
    """

    id: str
    subject: str
    start: int
    end: int


def claim_notes(
    document: Document, citations: Sequence[Citation], catalogue: Catalogue
) -> tuple[Caveat, ...]:
    """Notes for every quote that touches a sentence holding a noted claim, and for its heading.

    A heading's note comes once, with the first of the quotes from under it; but not with one
    that has a caution of its own.

    Args:
        document: The article the catalogue is about.
        citations: Quotes; those of other documents are passed over.
        catalogue: The document's.

    Returns:
        In the order of the quotes; `citation` is the number of the quote each belongs to.
    """
    notes: list[Caveat] = []
    headed: set[str] = set()
    for citation in (c for c in citations if c.document_id == document.id):
        found = notes_in(document, citation.start, citation.end, catalogue)
        own = [note.caveat for note in found]
        if citation.heading not in headed and not any(map(_cautions, own)):
            own += heading_notes(citation.heading, catalogue)
            headed.add(citation.heading)
        notes += [replace(caveat, citation=citation.number) for caveat in own]
    return tuple(notes)


def _cautions(caveat: Caveat) -> bool:
    return SEVERITIES.index(caveat.severity) >= SEVERITIES.index("caution")


def passage_notes(document: Document, passage: Passage, catalogue: Catalogue) -> tuple[Caveat, ...]:
    """Notes on the sentences of a passage and on its heading; the same words come once."""
    own = notes_in(document, passage.start, passage.end, catalogue)
    return _distinct([*(n.caveat for n in own), *heading_notes(passage.heading, catalogue)])


def _distinct(caveats: Iterable[Caveat]) -> tuple[Caveat, ...]:
    """The first of those that say the same from the same sources, in the same voice."""
    said = {(c.severity, c.text, c.sources): c for c in reversed(list(caveats))}
    return tuple(reversed(said.values()))


def heading_notes(heading: str, catalogue: Catalogue) -> tuple[Caveat, ...]:
    """Notes on claims that stand in a heading, for whatever is shown with it."""
    return tuple(
        claim.caveat for claim in catalogue.claims if heading and find_all(heading, claim.quote)
    )


def notes_in(
    document: Document, start: int, end: int, catalogue: Catalogue
) -> tuple[ClaimNote, ...]:
    """Notes for whatever stretch of an article a surface shows, in matches order."""
    return tuple(
        note for note in _located(document, catalogue)[0] if note.start < end and start < note.end
    )


@lru_cache(maxsize=256)
def _located(
    document: Document, catalogue: Catalogue
) -> tuple[tuple[ClaimNote, ...], tuple["_Placed", ...]]:
    """Where the claims and contradictions of a catalogue stand: found once for an article."""
    return _all_notes(document, catalogue), _all_sides(document, catalogue)


def _all_notes(document: Document, catalogue: Catalogue) -> tuple[ClaimNote, ...]:
    notes = [
        ClaimNote(claim.caveat, *span)
        for claim in catalogue.claims
        for span in claim_spans(document, claim)
    ]
    return tuple(sorted(notes, key=lambda note: (note.start, note.caveat.id)))


def claim_spans(document: Document, claim: Claim) -> tuple[Span, ...]:
    """Spans of the sentences that hold a claim.

    One, when the quote stands once or the beginning of its sentence or its section tells which
    is meant; every one where the claim is `everywhere`, and otherwise, too, since a note too many
    does less harm than one too few; none when the quote is not in the article. A quote that
    stands there nearly keeps its note.
    """
    text = document.text
    spans = [_sentence(text, at) for at in _places(text, claim.quote)]
    if claim.everywhere:
        return tuple(spans)
    for narrower in (
        [span for span in spans if _begins_with(text, span, claim.sentence_start)],
        _within_section(text, spans, claim.section),
    ):
        if len(spans) > 1 and narrower:
            spans = narrower
    return tuple(_whole(text, span, claim.sentence_start) for span in spans)


def _places(text: str, quote: str) -> list[Span]:
    near = None if (exact := find_all(text, quote)) else find_near(text, quote)
    return [near] if near else exact


def quoted_topics(
    document: Document, citations: Sequence[Citation], catalogue: Catalogue
) -> tuple[str, ...]:
    """Ids of the topics that the noted claims among these quotes belong to, each once."""
    shown = {note.id for note in claim_notes(document, citations, catalogue)}
    ids = [id for claim in catalogue.claims if claim.id in shown for id in claim.topics]
    return tuple(dict.fromkeys(ids))


def other_sides(
    document: Document, citations: Sequence[Citation], catalogue: Catalogue, question: str
) -> tuple[OtherSide, ...]:
    """What must be quoted as well, where the quotes show one side of a contradiction.

    Only of contradictions that the question is about.

    Returns:
        For each contradiction touched, the first sentence of every side not quoted yet.
    """
    missing: list[OtherSide] = []
    quoted = _quoted(document, citations)
    for placed in _asked_about(document, catalogue, question):
        shown = [_touch(side, quoted) for side in placed.sides]
        if any(shown):
            missing += [
                OtherSide(placed.id, placed.subject, *side[0])
                for side, is_shown in zip(placed.sides, shown, strict=True)
                if side and not is_shown
            ]
    return tuple(missing)


def says_both(
    document: Document, citations: Sequence[Citation], catalogue: Catalogue, question: str
) -> bool:
    """Whether the quotes show two sides of what the question is about."""
    quoted = _quoted(document, citations)
    return any(
        sum(_touch(side, quoted) for side in placed.sides) > 1
        for placed in _asked_about(document, catalogue, question)
    )


@dataclass(frozen=True, slots=True)
class _Placed:
    """A contradiction, and for each side the spans of the sentences that say so."""

    id: str
    subject: str
    asks: Rules
    sides: tuple[tuple[Span, ...], ...]


def _all_sides(document: Document, catalogue: Catalogue) -> tuple[_Placed, ...]:
    return tuple(
        _Placed(
            contradiction.id,
            contradiction.subject,
            contradiction.asks,
            tuple(
                tuple(_side_spans(document, quotes, catalogue)) for quotes in contradiction.sides
            ),
        )
        for contradiction in catalogue.contradictions
    )


def _asked_about(document: Document, catalogue: Catalogue, question: str) -> list[_Placed]:
    matches = catalogue.matcher.match(question)
    return [placed for placed in _located(document, catalogue)[1] if matches.fires(placed.asks)]


def _quoted(document: Document, citations: Sequence[Citation]) -> list[Span]:
    """Where the quotes of a document stand in it."""
    return [(c.start, c.end) for c in citations if c.document_id == document.id]


def _side_spans(document: Document, quotes: Iterable[str], catalogue: Catalogue) -> list[Span]:
    claims = {claim.quote: claim for claim in catalogue.claims}
    spans: list[Span] = []
    for quote in quotes:
        if quote in claims:
            spans += claim_spans(document, claims[quote])
        else:
            spans += [_sentence(document.text, at) for at in _places(document.text, quote)]
    return spans


def _touch(spans: Iterable[Span], others: Sequence[Span]) -> bool:
    return any(a < d and c < b for a, b in spans for c, d in others)


def _sentence(text: str, span: Span) -> Span:
    start = 0
    for match in _END.finditer(text, 0, span[0]):
        if match.end() <= span[0] and match.group():
            start = match.end()
    ending = _END.search(text, span[1])
    end = ending.end() if ending else len(text)
    while start < span[0] and text[start].isspace():
        start += 1
    return start, max(span[1], end - (text[end - 1 : end] == "\n"))


def _begins_with(text: str, span: Span, words: str) -> bool:
    found = find_all(text[span[0] : span[1]], words)
    return bool(found) and not words_before(text[span[0] : span[0] + found[0][0]])


def words_before(text: str) -> bool:
    """Whether anything but marks stands in a text."""
    return any(c.isalnum() for c in text)


def _within_section(text: str, spans: Sequence[Span], section: str) -> list[Span]:
    wanted = fold(section)
    headings = [line.end() for line in _LINE.finditer(text) if fold(line.group()) == wanted]
    after = [span for span in spans if wanted and headings and span[0] >= headings[-1]]
    return after[:1]


def _whole(text: str, span: Span, words: str) -> Span:
    """Stretch a sentence back to its beginning where an abbreviation cut it short."""
    before = [at for at, _ in find_all(text[: span[1]], words) if at <= span[0]]
    near = before and "\n" not in text[before[-1] : span[0]]
    return (before[-1], span[1]) if near else span


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A claim whose quote is not found in its articles.

    With `nearly` its note is still shown, beside the sentence that is most like it.
    """

    catalogue: str
    claim: str
    quote: str
    nearly: bool

    def __str__(self) -> str:
        """What is amiss, and the way out."""
        shown = "its note stands beside the sentence most like it"
        lost = "its note is shown nowhere, and notes on this article are incomplete"
        return (
            f'{self.catalogue}: the quote of claim "{self.claim}" is not in the article word for '
            f'word; {shown if self.nearly else lost}. Correct it: "{self.quote}"'
        )


def misplaced_claims(documents: Iterable[Document]) -> Mapping[str, tuple[Misplaced, ...]]:
    """The misplaced claims of each catalogue that came with some articles, by its text.

    A claim may stand in any of the articles that share the catalogue.

    Raises:
        CatalogueError: A catalogue does not parse.
    """
    groups: defaultdict[str, list[Document]] = defaultdict(list)
    for document in documents:
        if document.catalogue:
            groups[document.catalogue].append(document)
    found = {
        text: _misplaced(parse_catalogue(text, name_beside(held[0], CATALOGUE_FILE)), held)
        for text, held in groups.items()
    }
    return {text: claims for text, claims in found.items() if claims}


def _misplaced(catalogue: Catalogue, documents: list[Document]) -> tuple[Misplaced, ...]:
    texts = [document.text for document in documents]
    return tuple(
        Misplaced(
            catalogue.name,
            claim.id,
            claim.quote,
            any(find_near(text, claim.quote) is not None for text in texts),
        )
        for claim in catalogue.claims
        if not any(find_all(text, claim.quote) for text in texts)
    )
