"""Which sentences answer: chosen whole, from the hits, in the article's order."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter

from askdoc.answering.kinds import Kind, kind_asked
from askdoc.errors import StoreError
from askdoc.index import PassageIndex
from askdoc.passages import quotable
from askdoc.records import Citation, Hit, Passage, Span

_ADDRESS = re.compile(r"https?://|www\.", re.I)
_STATEMENT = re.compile(r"[.!?…。！？][\"'”’)\]]*$")
# An entry of a link list answers who asks where to look, and hardly anybody else.
_WHERE = re.compile(
    r"\b(where|links?|web ?sites?|sites?|urls?|address|read|sources?|resources?|info|information|"
    r"learn|contact|phone|call|official|community|forums?|organi[sz]ations?|groups?|help|places?)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Quoting:
    """How sentences are chosen.

    A sentence scores as the search found it, plus `passage` times its passage's score, plus `kind`
    if it holds the kind of thing that the question asks for; `fragment` is taken off a sentence
    that is a heading, a label or an address, unless the question asks where to look. Those within
    `margin` of the best are quoted too; who asks for more gets those within `margin_of_more`.
    """

    passage: float = 0.15
    kind: float = 0.20
    fragment: float = 0.30
    margin: float = 0.30
    margin_of_more: float = 0.75
    hits: int = 4
    most: int = 3


QUOTING = Quoting()


def choose(
    query: str, hits: Sequence[Hit], *, listing: bool = False, quoting: Quoting = QUOTING
) -> tuple[tuple[str, Span], ...]:
    """Chooses one to three sentences, as document ids and spans, the best first.

    A question that asks for a list gets more of them at the same distance from the best.
    """
    near = _within(query, hits, quoting.margin * (2 if listing else 1), quoting)
    return near[: quoting.most]


def choose_more(
    query: str,
    hits: Sequence[Hit],
    shown: Collection[tuple[str, Span]],
    times: int,
    *,
    quoting: Quoting = QUOTING,
) -> tuple[tuple[str, Span], ...]:
    """Chooses sentences that were not shown yet, somewhat further from the best.

    Args:
        query: As for `choose`.
        hits: As for `choose`.
        shown: What the first answer quoted.
        times: The how manieth time more is asked for.
        quoting: How sentences are chosen.
    """
    near = _within(query, hits, quoting.margin_of_more, quoting)
    new = [one for one in near if not any(_overlap(one, other) for other in shown)]
    return tuple(new[(times - 1) * quoting.most : times * quoting.most])


def _overlap(one: tuple[str, Span], other: tuple[str, Span]) -> bool:
    """Whether two stretches are of one document and share a character."""
    (name, (start, end)), (other_name, (other_start, other_end)) = one, other
    return name == other_name and start < other_end and other_start < end


def _within(
    query: str, hits: Sequence[Hit], margin: float, quoting: Quoting
) -> tuple[tuple[str, Span], ...]:
    """The sentences that score within a margin of the best, the best first."""
    where, kind = bool(_WHERE.search(query)), kind_asked(query)
    scored = sorted(
        (
            (_score(hit, rank, quoting, kind, where=where), hit, found.span)
            for hit in hits[: quoting.hits]
            for rank, found in enumerate(hit.best_sentences)
        ),
        key=lambda row: -row[0],
    )
    if not scored:
        return ()
    quotes = [
        (score, (hit.passage.document_id, stretch))
        for score, hit, span in scored
        if (stretch := quotable(hit.passage, span))
    ]
    # Where the best are questions that nothing answers, the next best is quoted.
    near = [quote for score, quote in quotes if score >= scored[0][0] - margin]
    return tuple(dict.fromkeys(near or [quote for _, quote in quotes[:1]]))


@lru_cache(maxsize=4096)
def is_statement(sentence: str) -> bool:
    """Whether a sentence states something: headings, labels and addresses do not."""
    return bool(_STATEMENT.search(sentence)) and not _ADDRESS.search(sentence)


def cite(index: PassageIndex, chosen: Iterable[tuple[str, Span]]) -> tuple[Citation, ...]:
    """Numbers sentences from 1: documents in the order given, sentences as they stand there.

    What several documents say in the same words is quoted once.
    """
    whole = _without_copies(
        index, [(name, *index.whole_sentences(name, span)) for name, span in chosen]
    )
    order = list(dict.fromkeys(name for name, _, _ in whole))
    distinct = {(order.index(name), span): passage for name, passage, span in whole}
    return tuple(
        _citation(index, number, passage, span)
        for number, ((_, span), passage) in enumerate(
            sorted(distinct.items(), key=itemgetter(0)), start=1
        )
    )


def _without_copies(
    index: PassageIndex, whole: Iterable[tuple[str, Passage, Span]]
) -> list[tuple[str, Passage, Span]]:
    """Keeps one of each text; of copies, the one whose document has a catalogue of notes."""
    kept: dict[str, tuple[str, Passage, Span]] = {}
    for quote in whole:
        name, passage, span = quote
        words = passage.sentence(span)
        other = kept.setdefault(words, quote)[0]
        if index.documents[name].catalogue and not index.documents[other].catalogue:
            kept[words] = quote
    return list(kept.values())


def _citation(index: PassageIndex, number: int, passage: Passage, span: Span) -> Citation:
    quote = index.documents[passage.document_id].text[span[0] : span[1]]
    if quote != passage.sentence(span):
        raise StoreError("An article was changed while it was read. Ask again.")
    return Citation(
        number=number,
        document_id=passage.document_id,
        passage_id=passage.id,
        heading=passage.heading,
        quote=quote,
        start=span[0],
        end=span[1],
    )


def _score(hit: Hit, rank: int, quoting: Quoting, kind: Kind | None, *, where: bool) -> float:
    found = hit.best_sentences[rank]
    words = hit.passage.sentence(found.span)
    fragment = not where and not is_statement(words)
    held = kind is not None and kind.in_any(words)
    context = quoting.passage * hit.score
    return found.score + context + quoting.kind * held - quoting.fragment * fragment
