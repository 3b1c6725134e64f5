"""Chooses what is quoted: the most likely sentences, whole, best first; or an article's lead.

The first three sentences are a strong baseline of summarisation (Lead-3: See, Liu and Manning, "Get
To The Point", 2017). Search finds nothing for "what is this about?", which shares no word with its
answer.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from itertools import islice

from askdoc.answering.selection import Candidate, Weighed, is_statement
from askdoc.errors import StoreError
from askdoc.fragments import published_at
from askdoc.index import PassageIndex
from askdoc.passages import answer_to, introduces, list_around, quotable, run_of
from askdoc.records import HEADING_SEPARATOR, Citation, Hit, Passage, Span
from askdoc.text import stems

MOST_QUOTES = 3
MOST_QUOTES_IN_A_LIST = 5
SECOND_QUOTE_MARGIN = 0.5
"""How far below the best quote, in log odds, another may be. A third of the quotes beyond the first
answer at this margin, somewhat fewer at twice it (`training/answering.py`)."""
SECOND_QUOTE_LEAST = -1.0
"""The least log odds of another quote: figures in `docs/experiments.md`."""
LIST_EASE = 1.0
"""How much wider both are when the question asks for several things."""
JOIN_MARGIN = 1.0
"""How far below a quoted sentence its neighbour may be to be quoted with it, in log
odds: figures in `docs/experiments.md`."""
_NEW_STEMS = 1
"""A sentence with no more words beyond the question's says nothing that was not asked."""
MORE_MARGIN = 2.5
"""How far below the best quote another may be when the reader asks for more."""
_LEAD_SENTENCES = 3
_LEAD_ARTICLES = 3
"""The most articles whose first sentences are quoted; of more none is."""
_LEAD_STATEMENTS = 12
"""How many first statements are searched for one on the article itself."""
# Who asks so knows already that it is: the answer is why, or what to do.
_ASKS_BEYOND = re.compile(
    r"\b(?:why|how (?:do|does|can|come|to)|what (?:to do|should|can|causes?|does it mean|if))\b",
    re.IGNORECASE,
)
_ITSELF = re.compile(
    r"\bthis (?:article|guide|page|post|text|overview)\b"
    r"|\bwe(?:[’']ll| will) (?:explore|look at|discuss|cover|explain|examine|describe)\b",
    re.IGNORECASE,
)
_QUESTION_MARK = re.compile(r"^\W*(?:q|question|frage)?\s*\d{0,3}\s*[:.)]\W*")


def choose(
    weighed: Weighed,
    *,
    asked: frozenset[str] | None = None,
    listing: bool = False,
    several: bool = False,
) -> tuple[tuple[str, Span], ...]:
    """Chooses sentences to quote, as document ids and spans, the best first.

    One good quote beats three: another is added only if it is likely to answer, too. A question
    that asks for a list gets more quotes, at a wider margin.

    Args:
        weighed: The sentences found.
        asked: The stems of the question; by default those of the query.
        listing: Whether it asks for a list.
        several: Whether a list may answer it.
    """
    ease = LIST_EASE if listing else 0.0
    names = (stems(weighed.query) if asked is None else asked) if several else frozenset()
    near = _within(
        weighed, asked, SECOND_QUOTE_MARGIN + ease, SECOND_QUOTE_LEAST - ease, listed=names
    )
    return near[: MOST_QUOTES_IN_A_LIST if listing else MOST_QUOTES]


def answered_by_itself(weighed: Weighed, question: str) -> tuple[tuple[str, Span], ...]:
    """Finds what follows the question, where an article asks it in the same words."""
    words = _asked_words(question)

    def asks(text: str) -> bool:
        return text.rstrip(" *_").endswith("?") and _asked_words(text) == words

    passages = sorted((hit.passage for hit in weighed.hits), key=lambda passage: passage.start)
    found = ((passage, answer_to(passage, asks)) for passage in passages)
    return tuple((passage.document_id, span) for passage, span in found if span)[:1]


def list_named(hits: Iterable[Hit], asked: frozenset[str]) -> tuple[Hit, Span] | None:
    """Finds the list whose headings, or introducing line, name all that a question asks for.

    Args:
        hits: What is searched.
        asked: The stems of what is asked for.
    """
    for hit in hits:
        lists = (list_around(hit.passage, span) for span in hit.passage.sentences)
        for listed in dict.fromkeys(found for found in lists if found):
            own = _named_by(hit.passage, listed)
            # The first heading is mostly the title, which names all that the article has.
            title, _, parts = hit.passage.heading.partition(HEADING_SEPARATOR)
            if asked & (own | stems(parts)) and asked <= own | stems(f"{title} {parts}"):
                return hit, listed
    return None


def _asked_words(question: str) -> list[str]:
    """The words of a question, without its number and punctuation."""
    return re.findall(r"\w+", _QUESTION_MARK.sub("", question.casefold()))


def choose_more(
    weighed: Weighed,
    shown: Collection[tuple[str, Span]],
    times: int,
    *,
    asked: frozenset[str] | None = None,
) -> tuple[tuple[str, Span], ...]:
    """Chooses sentences that were not shown yet, at a wider margin.

    Args:
        weighed: As for `choose`.
        shown: What the first answer quoted.
        times: How many times in a row more is asked for.
        asked: As for `choose`.
    """
    near = _within(weighed, asked, MORE_MARGIN)
    new = [one for one in near if not any(_overlap(one, other) for other in shown)]
    return tuple(new[(times - 1) * MOST_QUOTES : times * MOST_QUOTES])


def _within(
    weighed: Weighed,
    asked: frozenset[str] | None,
    margin: float,
    least: float = float("-inf"),
    listed: frozenset[str] = frozenset(),
) -> tuple[tuple[str, Span], ...]:
    """The best quote, and those within a margin of it that are likely enough, the best first.

    A sentence that introduces or asks for something is quoted with what follows it; if nothing
    follows, the next candidate is the best. A list is quoted whole if its heading or introducing
    line has one of the stems `listed`. A neighbour that is nearly as likely to answer is part of
    the quote.
    """
    # Without a reader neighbours are all alike: then each sentence stands by itself.
    read = weighed.sentences if weighed.readings else ()
    odds = {(one.hit.passage.id, one.span): one.log_odds for one in read}
    words = stems(weighed.query) if asked is None else asked
    repeated = words if _ASKS_BEYOND.search(weighed.query) else frozenset()
    stretches = [
        (candidate, stretch)
        for candidate in weighed.sentences
        if (stretch := _stretch(candidate.hit.passage, candidate.span, listed))
    ]
    if not stretches:
        return ()
    best = stretches[0][0]
    named = stems(best.hit.passage.heading) & words
    bound = max(best.log_odds - margin, least)
    near = (
        (candidate, _joined(candidate, stretch, odds, repeated))
        for candidate, stretch in stretches
        if candidate is best or candidate.log_odds >= bound
    )
    return _apart(
        (candidate.hit.passage.document_id, run)
        for candidate, run in near
        if candidate is best or _is_on(candidate, run, named)
    )


def _apart(stretches: Iterable[tuple[str, Span]]) -> tuple[tuple[str, Span], ...]:
    """Stretches without those that a better one shares sentences with."""
    kept: list[tuple[str, Span]] = []
    for one in stretches:
        if not any(_overlap(one, other) for other in kept):
            kept.append(one)
    return tuple(kept)


def _joined(
    candidate: Candidate,
    stretch: Span,
    odds: Mapping[tuple[str, Span], float],
    repeated: frozenset[str],
) -> Span:
    """A single sentence with the neighbours that are nearly as likely to answer.

    One that only repeats these stems is quoted with the next, as a fault with its remedy.
    """
    passage, span = candidate.hit.passage, candidate.span
    if stretch != span:
        return stretch
    repeats = len(stems(passage.sentence(span)) - repeated) <= _NEW_STEMS

    def belongs(neighbour: Span) -> bool:
        near = odds.get((passage.id, neighbour), float("-inf")) >= candidate.log_odds - JOIN_MARGIN
        return near or (repeats and neighbour > span)

    return run_of(passage, span, belongs)


def _stretch(passage: Passage, span: Span, listed: frozenset[str]) -> Span | None:
    whole = list_around(passage, span) if listed else None
    return whole if whole and listed & _named_by(passage, whole) else quotable(passage, span)


def _named_by(passage: Passage, listed: Span) -> frozenset[str]:
    """The stems of a list's last heading and of the line that introduces it."""
    first = next(span for span in passage.sentences if span[0] == listed[0])
    line = passage.sentence(first)
    return stems(f"{passage.last_heading} {line if introduces(passage, first) else ''}")


def _is_on(candidate: Candidate, stretch: Span, subject: frozenset[str]) -> bool:
    """Whether a quote or its heading has all stems that the question and the best heading share.

    The dose of one medicine does not answer for another, however similar the sentences are.
    """
    passage = candidate.hit.passage
    words = passage.text[stretch[0] - passage.start : stretch[1] - passage.start]
    return subject <= stems(f"{passage.heading} {words}")


def _overlap(one: tuple[str, Span], other: tuple[str, Span]) -> bool:
    """Whether two stretches are of one document and share a character."""
    (name, (start, end)), (other_name, (other_start, other_end)) = one, other
    return name == other_name and start < other_end and other_start < end


def cite(index: PassageIndex, chosen: Iterable[tuple[str, Span]]) -> tuple[Citation, ...]:
    """Numbers quotes from 1 in the order given, the best first.

    A text that several documents share is quoted once.
    """
    whole = [(name, *index.whole_sentences(name, span)) for name, span in chosen]
    distinct = {(name, span): passage for name, passage, span in _without_copies(index, whole)}
    return tuple(
        _citation(index, number, passage, span)
        for number, ((_, span), passage) in enumerate(distinct.items(), start=1)
    )


def _without_copies(
    index: PassageIndex, whole: Iterable[tuple[str, Passage, Span]]
) -> list[tuple[str, Passage, Span]]:
    """Removes copies; of equal texts, keeps one whose document has a catalogue."""
    kept: dict[str, tuple[str, Passage, Span]] = {}
    for quote in whole:
        name, passage, span = quote
        words = passage.sentence(span)
        other = kept.setdefault(words, quote)[0]
        if index.documents[name].catalogue and not index.documents[other].catalogue:
            kept[words] = quote
    return list(kept.values())


def _citation(index: PassageIndex, number: int, passage: Passage, span: Span) -> Citation:
    document = index.documents[passage.document_id]
    quote = document.text[span[0] : span[1]]
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
        title=document.title,
        url=published_at(document, *span),
    )


def leads(index: PassageIndex, document_id: str | None) -> tuple[tuple[str, Span], ...]:
    """Returns the first sentences of an article as `choose` does, or one of each of a few articles.

    Args:
        index: The articles.
        document_id: Which of them, or None for all; if there are many, none is quoted.
    """
    if document_id is None and len(index.documents) > _LEAD_ARTICLES:
        return ()
    names = list(index.documents) if document_id is None else [document_id]
    each = _LEAD_SENTENCES if len(names) == 1 else 1
    return tuple(sentence for name in names for sentence in _lead(index, name)[:each])


def _lead(index: PassageIndex, document_id: str) -> tuple[tuple[str, Span], ...]:
    """The first statements, without headings; those on the article itself come first."""
    statements = (
        (span, words)
        for passage in index.store.passages_of(document_id)
        for span in passage.sentences
        if is_statement(words := passage.sentence(span))
    )
    first = list(islice(statements, _LEAD_STATEMENTS))
    itself = [span for span, words in first if _ITSELF.search(words)]
    spans = dict.fromkeys([*itself, *(span for span, _ in first)])
    return tuple((document_id, span) for span in sorted(islice(spans, _LEAD_SENTENCES)))
