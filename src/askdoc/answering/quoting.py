"""Which sentences answer: chosen whole, from the hits, in the article's order."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from askdoc.index import PassageIndex
from askdoc.lexical import tokens
from askdoc.records import Citation, Hit, Passage, Span

_ADDRESS = re.compile(r"https?://|www\.", re.I)
_STATEMENT = re.compile(r"[.!?…。！？][\"'”’)\]]*$")


@dataclass(frozen=True, slots=True)
class Quoting:
    """How sentences are chosen.

    A sentence scores its cosine with the query, plus `passage` times its passage's score, plus
    `words` times the share of the query's stems it holds; `fragment` is taken off a sentence
    that is a heading, a label or an address. Those within `margin` of the best are quoted too.
    """

    passage: float = 0.15
    words: float = 0.10
    fragment: float = 0.15
    margin: float = 0.08
    hits: int = 4
    most: int = 3


QUOTING = Quoting()


def choose(
    query: str, hits: Sequence[Hit], *, listing: bool = False, quoting: Quoting = QUOTING
) -> tuple[tuple[str, Span], ...]:
    """Chooses one to three sentences, as document ids and spans, the best first.

    A question that asks for a list gets more of them at the same distance from the best.
    """
    stems = set(tokens(query))
    scored = sorted(
        (
            (_score(hit, rank, stems, quoting), hit, found.span)
            for hit in hits[: quoting.hits]
            for rank, found in enumerate(hit.best_sentences)
        ),
        key=lambda row: -row[0],
    )
    if not scored:
        return ()
    margin = quoting.margin * (2 if listing else 1)
    best = scored[0][0]
    chosen = [
        (hit.passage.document_id, span) for score, hit, span in scored if score >= best - margin
    ]
    return tuple(chosen[: quoting.most])


def cite(index: PassageIndex, chosen: Iterable[tuple[str, Span]]) -> tuple[Citation, ...]:
    """Numbers sentences from 1: documents in the order given, sentences as they stand there."""
    whole = [(name, *index.whole_sentences(name, span)) for name, span in chosen]
    order = list(dict.fromkeys(name for name, _, _ in whole))
    distinct = {(order.index(name), span): passage for name, passage, span in whole}
    return tuple(
        _citation(index, number, passage, span)
        for number, ((_, span), passage) in enumerate(
            sorted(distinct.items(), key=itemgetter(0)), start=1
        )
    )


def _citation(index: PassageIndex, number: int, passage: Passage, span: Span) -> Citation:
    return Citation(
        number=number,
        document_id=passage.document_id,
        passage_id=passage.id,
        heading=passage.heading,
        quote=index.documents[passage.document_id].text[span[0] : span[1]],
        start=span[0],
        end=span[1],
    )


def _score(hit: Hit, rank: int, stems: set[str], quoting: Quoting) -> float:
    found = hit.best_sentences[rank]
    words = hit.passage.sentence(found.span)
    held = len(stems & set(tokens(words))) / len(stems) if stems else 0.0
    fragment = bool(_ADDRESS.search(words)) or not _STATEMENT.search(words)
    return (
        found.score
        + quoting.passage * hit.score
        + quoting.words * held
        - quoting.fragment * fragment
    )
