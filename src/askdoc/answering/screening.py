"""What the catalogues and the crisis rules have to say on a question, with the index's own model.

This module owns bringing the model to those who judge by meaning: each question's clauses are
encoded once, for crisis, topics and retrieval alike. It also owns what is said where a catalogue's
note finds no claim in its article, which would be quoted bare: when an index is built or opened, by
`/readyz`, and in a banner over whatever the article answers.
"""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from weakref import WeakKeyDictionary

from askdoc.caveats import (
    DEFAULT_CATALOGUE,
    NOT_JUDGED,
    Catalogue,
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
    judge_by_examples,
    misplaced_claims,
    name_beside,
    parse_catalogue,
    parse_recogniser,
    screen,
    triage,
    windows,
)
from askdoc.embedding import CACHED_CALL_TEXTS, Embedder, TokenEmbedder, embeds_tokens
from askdoc.index import PassageIndex, first_of_each_catalogue
from askdoc.question.language import language_of
from askdoc.records import SEVERITIES, Caveat, Document, Hit
from askdoc.text import both_ends, scrub

INCOMPLETE = Caveat(
    "notes_incomplete",
    "banner",
    "caution",
    "Notes on this article are incomplete: what it says may be wrong with no word beside it.",
)
_MOST_ARTICLES = 1000
"""Of more articles, claims are looked for by `askdoc check` alone: opening would take minutes."""
_known: WeakKeyDictionary[PassageIndex, Mapping[str, tuple[Misplaced, ...]]] = WeakKeyDictionary()


FOREIGN_MARGIN = 1.0
"""How much more of a score a crisis needs in another language, which the model hardly knows.

Of the rows in other languages of `evals/safety/dev.jsonl`, read by a recogniser fitted to
`train.jsonl` alone, .966 of the emergencies and .43 of the harmless messages then raise a block
(.997 and .59 without it).
"""


def judge_of(index: PassageIndex) -> Judge | None:
    """How the index's model judges questions, each once; None if no crisis recogniser is for it.

    Raises:
        AskdocError: The model cannot be loaded.
    """
    recogniser = crisis_recogniser()
    if index.embedder.fingerprint != recogniser.fingerprint:
        return None

    def judge(question: str) -> Judgement:
        text = both_ends(scrub(question))
        if embeds_tokens(index.embedder) and (parts := windows(text)):
            return recogniser.judge_windows(meanings_of(index.embedder, parts))
        return judge_crisis(text, meanings(index.embedder, text))

    return cache(judge)


def judge_crisis(question: str, meaning: Sequence[Meaning]) -> Judgement:
    """What the crisis recogniser makes of a question and what it means, in any language."""
    foreign = language_of(question) != "en"
    return crisis_recogniser().judge(meaning, FOREIGN_MARGIN if foreign else 0.0)


def meanings(embedder: Embedder, question: str) -> tuple[Meaning, ...]:
    """The meanings of a question's clauses, the whole first; none without token embeddings."""
    if not embeds_tokens(embedder) or not question:
        return ()
    return meanings_of(embedder, clauses(question))


def meanings_of(embedder: TokenEmbedder, texts: Sequence[str]) -> tuple[Meaning, ...]:
    """What a model makes of texts."""
    read = (
        one
        for start in range(0, len(texts), CACHED_CALL_TEXTS)
        for one in embedder.encode_tokens(texts[start : start + CACHED_CALL_TEXTS])
    )
    return tuple(
        Meaning(one.whole, one.vectors if one.layers is None else one.layers) for one in read
    )


def raised(
    question: str,
    resolved: str,
    history: Sequence[str],
    judge: Judge | None,
    *,
    beyond_doubt: bool = False,
) -> tuple[Caveat, ...]:
    """Crisis blocks of a question as it was typed, and as it was made to stand alone."""
    found = triage(question, history, judge, beyond_doubt=beyond_doubt)
    if resolved == question:
        return found
    return merged(found, triage(resolved, (), judge, beyond_doubt=beyond_doubt))


def has_catalogue(index: PassageIndex, document: str | None) -> bool:
    """Whether the article asked, or any article where all are asked, was reviewed for caveats."""
    if document is not None and document in index.documents:
        return bool(index.documents[document].catalogue)
    return any(one.catalogue for one in index.store.catalogued())


def screening(
    index: PassageIndex, hits: Sequence[Hit], query: str, crisis: tuple[Caveat, ...]
) -> Screening:
    """What the catalogues of the documents hit have to say on the question itself.

    What is urgent counts from each of them, the rest from that of the best hit alone.
    """
    found = [
        screen(query, catalogue_of(document), _judged(index, document, query), crisis)
        for document in catalogued(index, hits)
    ]
    if not found:
        return Screening(crisis)
    urgent = [tuple(c for c in other.caveats if _is_urgent(c)) for other in found[1:]]
    return Screening(merged(found[0].caveats, *urgent), found[0].silent)


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
    return _parsed(document.catalogue, name_beside(document, "caveats.toml"))


def recogniser_of(document: Document) -> Recogniser | None:
    """The recogniser that came with a document, if any.

    Raises:
        CatalogueError: It does not parse.
    """
    if not document.recogniser:
        return None
    return _recogniser(document.recogniser, name_beside(document, "recogniser.json"))


def merged(*groups: Sequence[Caveat]) -> tuple[Caveat, ...]:
    """Severest first; of caveats with one id, the first."""
    by_id = {caveat.id: caveat for group in reversed(groups) for caveat in reversed(group)}
    first = dict.fromkeys(caveat.id for group in groups for caveat in group)
    return ordered(tuple(by_id[name] for name in first))


def ordered(*groups: Sequence[Caveat]) -> tuple[Caveat, ...]:
    """All of them, severest first."""
    caveats = [caveat for group in groups for caveat in group]
    return tuple(sorted(caveats, key=lambda caveat: -SEVERITIES.index(caveat.severity)))


def _judged(index: PassageIndex, document: Document, query: str) -> Judgement:
    recogniser = recogniser_of(document)
    if recogniser and recogniser.fingerprint == index.embedder.fingerprint:
        return recogniser.judge(meanings(index.embedder, query))
    if not document.catalogue:
        return NOT_JUDGED
    vectors = index.embedder.encode(clauses(query))
    return judge_by_examples(vectors, catalogue_of(document), _examples(document, index))


def _is_urgent(caveat: Caveat) -> bool:
    return SEVERITIES.index(caveat.severity) >= SEVERITIES.index("urgent")


_parsed = lru_cache(maxsize=64)(parse_catalogue)
_recogniser = lru_cache(maxsize=64)(parse_recogniser)
_embedded: WeakKeyDictionary[PassageIndex, dict[str, ExampleVectors]] = WeakKeyDictionary()


def _examples(document: Document, index: PassageIndex) -> ExampleVectors:
    held = _embedded.setdefault(index, {})
    if document.catalogue not in held:
        held[document.catalogue] = embed_examples(catalogue_of(document), index.encode)
    return held[document.catalogue]


def misplaced(index: PassageIndex) -> Mapping[str, tuple[Misplaced, ...]]:
    """For each catalogue of an index, by its text, the claims that are not found word for word."""
    if index not in _known:
        few = len(index.documents) <= _MOST_ARTICLES
        _known[index] = misplaced_claims(index.documents.values()) if few else {}
    return _known[index]


def notes_complete(index: PassageIndex) -> bool:
    """Whether each claim of each catalogue has a sentence that its note stands beside."""
    return all(claim.nearly for claims in misplaced(index).values() for claim in claims)


def banners_of(index: PassageIndex, document: Document) -> tuple[Caveat, ...]:
    """What stands over all that an article answers."""
    banner = catalogue_of(document).banner
    lost = any(not claim.nearly for claim in misplaced(index).get(document.catalogue, ()))
    return (banner, INCOMPLETE) if lost else (banner,)
