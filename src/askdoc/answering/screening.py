"""What the catalogues and the crisis rules have to say on a question, with the index's own model.

This module owns bringing the question's encoding to those who judge by meaning. It also owns what
is said where a catalogue's note finds no claim in its article, which would be quoted bare: when an
index is built or opened, by `/readyz`, and in a banner over whatever the article answers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from askdoc.caveats import (
    DEFAULT_CATALOGUE,
    NOT_JUDGED,
    Catalogue,
    CrisisReading,
    ExampleVectors,
    Judge,
    Judgement,
    Meaning,
    Misplaced,
    Recogniser,
    Screening,
    clauses,
    crisis_recogniser,
    embed_examples,
    gloss,
    judge_by_examples,
    misplaced_claims,
    name_beside,
    parse_catalogue,
    parse_recogniser,
    read_crisis,
    screen,
    windows,
)
from askdoc.caveats.glossary import LANGUAGES as GLOSSED
from askdoc.embedding import embeds_tokens
from askdoc.index import PassageIndex, first_of_each_catalogue
from askdoc.question import Encoding, Question
from askdoc.question.language import language_of
from askdoc.question.small_talk import is_farewell
from askdoc.records import SEVERITIES, Caveat, Document, Hit
from askdoc.text import both_ends, scrub

INCOMPLETE = Caveat(
    "notes_incomplete",
    "banner",
    "caution",
    "Notes on this article are incomplete: what it says may be wrong with no word beside it.",
)
_CHECKED_ARTICLES = 1000
"""Of more articles, claims are looked for by `askdoc check` alone: opening would take minutes."""


@dataclass(slots=True)
class _Derived:
    """What is made once of an index's catalogues, by the texts of these.

    Attributes:
        examples: The vectors of their examples.
        misplaced: The claims that are not found word for word; None until they are sought.
    """

    examples: dict[str, ExampleVectors] = field(default_factory=dict)
    misplaced: Mapping[str, tuple[Misplaced, ...]] | None = None


_derived: WeakKeyDictionary[PassageIndex, _Derived] = WeakKeyDictionary()


def judge_of(index: PassageIndex, encoding: Encoding | None = None) -> Judge | None:
    """How the index's model judges questions; None if no crisis recogniser is for it.

    Args:
        index: Whose model.
        encoding: What it has made of the question already.

    Raises:
        AskdocError: The model cannot be loaded.
    """
    if index.embedder.fingerprint != crisis_recogniser().fingerprint:
        return None
    encoded = encoding or Encoding(index.embedder)
    return lambda text: _judged_crisis(encoded, text)


def _judged_crisis(
    encoding: Encoding, question: str, language: str | None = None
) -> Judgement | None:
    """What the crisis recogniser makes of any text; None where too much was read already.

    `language` is the text's, if it is known. A text in another language is read by its words in
    English, and in one that has no glossary rules decide alone.
    """
    text = both_ends(scrub(question))
    if not text or not embeds_tokens(encoding.embedder):
        return Judgement()
    written = (language if text == question else None) or language_of(text)
    long = bool(windows(text))
    choices = [windows(text), windows(text, overlapping=False)] if long else [clauses(text)]
    if written != "en":
        return _judged_foreign(encoding, choices, written)
    read = encoding.affordable(*choices)
    recogniser = crisis_recogniser()
    judge = recogniser.judge_windows if long else recogniser.judge
    return judge(meanings_of(encoding, read)) if read else None


def _judged_foreign(
    encoding: Encoding, choices: Sequence[Sequence[str]], language: str
) -> Judgement | None:
    """The same of a text in another language, by its words in English.

    Of one that has no glossary the model knows nothing: rules decide alone.
    """
    if language not in GLOSSED:
        return Judgement()
    glossed = [[gloss(part, language) or part for part in parts] for parts in choices]
    read = encoding.affordable(*glossed)
    return crisis_recogniser().judge_glossed(read, meanings_of(encoding, read)) if read else None


def meanings(encoding: Encoding, question: str) -> tuple[Meaning, ...]:
    """The meanings of a question's clauses, the whole first; none without token embeddings."""
    if not embeds_tokens(encoding.embedder) or not question:
        return ()
    return meanings_of(encoding, clauses(question))


def judged_topics(
    recogniser: Recogniser, encoding: Encoding, text: str, language: str
) -> Judgement:
    """What a catalogue's recogniser makes of a text; in another language, of its words in English.

    Of these only what is certain counts, and in a language that has no glossary nothing does.
    """
    if language == "en":
        return recogniser.judge(meanings(encoding, text))
    if language not in GLOSSED or not embeds_tokens(encoding.embedder):
        return NOT_JUDGED
    read = encoding.affordable([gloss(part, language) or part for part in clauses(text)])
    judged = recogniser.judge(meanings_of(encoding, read))
    return replace(judged, found=judged.certain)


def meanings_of(encoding: Encoding, texts: Sequence[str]) -> tuple[Meaning, ...]:
    """What a model makes of texts."""
    return tuple(
        Meaning(one.whole, one.vectors if one.layers is None else one.layers)
        for one in encoding.of(texts)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Triage:
    """What the crisis rules find in a question, and what the crisis recogniser makes of it.

    Attributes:
        read: The question, with the earlier message that it may complete.
        standalone: The question made to stand alone; `read` itself where it does.
        judged: What the question means; None where no recogniser is for the model.
        judged_standalone: The same of the question made to stand alone.
        beyond_doubt: Whether no article asked was reviewed: then a mere suspicion does not count.
    """

    read: CrisisReading
    standalone: CrisisReading
    judged: Judgement | None
    judged_standalone: Judgement | None
    beyond_doubt: bool

    @classmethod
    def of(
        cls, question: Question, read: CrisisReading, *, by_meaning: bool, beyond_doubt: bool
    ) -> "Triage":
        """Reads a question, whose text the rules have read already."""
        # What ends a chat is near to what ends a life: of a plain goodbye rules alone decide.
        encoding = question.encoding if by_meaning and not is_farewell(question.text) else None
        judged = _judged_crisis(encoding, question.text, question.language) if encoding else None
        if question.standalone == question.text:
            return cls(read, read, judged, judged, beyond_doubt)
        alone = _judged_crisis(encoding, question.standalone) if encoding else None
        return cls(read, read_crisis(question.standalone), judged, alone, beyond_doubt)


def raised(triage: Triage) -> tuple[Caveat, ...]:
    """Crisis blocks of a question as it was typed, and as it was made to stand alone."""
    found = triage.read.blocks(triage.judged, beyond_doubt=triage.beyond_doubt)
    if triage.standalone is triage.read:
        return found
    alone = triage.standalone.blocks(triage.judged_standalone, beyond_doubt=triage.beyond_doubt)
    return merged(found, alone)


def suspected(triage: Triage, question: Question) -> Judgement:
    """What meaning alone says of crises, where no crisis rule finds words for them.

    Nothing of a long message, whose windows are not the clauses that topics are sought in,
    and nothing of one in another language, in which topics are hardly found.
    """
    judged = triage.judged_standalone
    long = bool(windows(both_ends(scrub(question.standalone))))
    if judged is None or long or question.language != "en":
        return NOT_JUDGED
    by_words = {block.id for read in (triage.read, triage.standalone) for block in read.blocks()}
    return replace(judged, found=judged.found - by_words)


def has_catalogue(index: PassageIndex, document: str | None) -> bool:
    """Whether the article asked, or any article where all are asked, was reviewed for caveats."""
    if document is not None and document in index.documents:
        return bool(index.documents[document].catalogue)
    return any(one.catalogue for one in index.store.catalogued())


def screening(
    index: PassageIndex,
    hits: Sequence[Hit],
    question: Question,
    crisis: tuple[Caveat, ...],
    triage: Triage,
) -> Screening:
    """What the catalogues of the documents hit have to say on the question itself.

    What is urgent counts from each of them, the rest from that of the best hit alone. A crisis that
    meaning alone suspects gives way to the topics of the best one.
    """
    suspicion = suspected(triage, question)
    found = [
        screen(
            question.standalone,
            catalogue_of(document),
            _judged(index, document, question),
            crisis,
            triage.standalone,
            suspicion,
        )
        for document in catalogued(index, hits)
    ]
    if not found:
        return Screening(crisis)
    best, *others = found
    standing = tuple(block for block in crisis if block.id not in best.yielding)
    urgent = [
        tuple(c for c in other.caveats if _is_urgent(c) and c.id not in best.yielding)
        for other in others
    ]
    return replace(best, caveats=merged(standing, best.caveats, *urgent))


def catalogued(index: PassageIndex, hits: Sequence[Hit]) -> tuple[Document, ...]:
    """Of the documents hit, the best one for each catalogue, best first."""
    names = dict.fromkeys(hit.passage.document_id for hit in hits)
    return first_of_each_catalogue(index.documents[name] for name in names)


def catalogue_of(document: Document) -> Catalogue:
    """The catalogue that came with a document, or the default one.

    Raises:
        CatalogueError: It does not parse.
    """
    if not document.catalogue:
        return DEFAULT_CATALOGUE
    name = name_beside(document, "caveats.toml")
    parsed: Catalogue = _parsed(parse_catalogue, document.catalogue, name)
    return parsed


def recogniser_of(document: Document) -> Recogniser | None:
    """The recogniser that came with a document, if any.

    Raises:
        CatalogueError: It does not parse.
    """
    if not document.recogniser:
        return None
    name = name_beside(document, "recogniser.json")
    parsed: Recogniser = _parsed(parse_recogniser, document.recogniser, name)
    return parsed


def merged(*groups: Sequence[Caveat]) -> tuple[Caveat, ...]:
    """Severest first; of caveats with one id, the first."""
    by_id = {caveat.id: caveat for group in reversed(groups) for caveat in reversed(group)}
    first = dict.fromkeys(caveat.id for group in groups for caveat in group)
    return ordered(tuple(by_id[name] for name in first))


def ordered(*groups: Sequence[Caveat]) -> tuple[Caveat, ...]:
    """All of them, severest first."""
    caveats = [caveat for group in groups for caveat in group]
    return tuple(sorted(caveats, key=lambda caveat: -SEVERITIES.index(caveat.severity)))


def _judged(index: PassageIndex, document: Document, question: Question) -> Judgement:
    encoding = question.encoding or Encoding(index.embedder)
    text = encoding.searched(question.standalone)
    recogniser = recogniser_of(document)
    if recogniser and recogniser.fingerprint == index.embedder.fingerprint:
        return judged_topics(recogniser, encoding, text, question.language)
    if not document.catalogue:
        return NOT_JUDGED
    encoded = encoding.of(clauses(text))
    vectors = np.stack([one.whole for one in encoded])
    return judge_by_examples(vectors, catalogue_of(document), _examples(document, index))


def _is_urgent(caveat: Caveat) -> bool:
    return SEVERITIES.index(caveat.severity) >= SEVERITIES.index("urgent")


@lru_cache(maxsize=128)
def _parsed(parse: Callable[[str, str], Any], text: str, name: str) -> Any:
    """What a file beside an article holds: parsed once, not with each question."""
    return parse(text, name)


def _examples(document: Document, index: PassageIndex) -> ExampleVectors:
    held = _derived.setdefault(index, _Derived()).examples
    if document.catalogue not in held:
        held[document.catalogue] = embed_examples(catalogue_of(document), index.encode)
    return held[document.catalogue]


def misplaced(index: PassageIndex) -> Mapping[str, tuple[Misplaced, ...]]:
    """For each catalogue of an index, by its text, the claims that are not found word for word."""
    derived = _derived.setdefault(index, _Derived())
    if derived.misplaced is None:
        few = len(index.documents) <= _CHECKED_ARTICLES
        derived.misplaced = misplaced_claims(index.documents.values()) if few else {}
    return derived.misplaced


def notes_complete(index: PassageIndex) -> bool:
    """Whether each claim of each catalogue has a sentence that its note stands beside."""
    return all(claim.nearly for claims in misplaced(index).values() for claim in claims)


def banners_of(index: PassageIndex, document: Document) -> tuple[Caveat, ...]:
    """What stands over all that an article answers."""
    banner = catalogue_of(document).banner
    lost = any(not claim.nearly for claim in misplaced(index).get(document.catalogue, ()))
    return (banner, INCOMPLETE) if lost else (banner,)
