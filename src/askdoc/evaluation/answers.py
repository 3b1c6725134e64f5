"""Expected answers against given ones: gold sentences, statuses, caveats.

This module owns how one answer of `ask()` is judged. Judgments are quotes of the article, located
by offset, so that passages cut in another way are judged alike.
"""

import hashlib
import math
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from askdoc.answering import ask, catalogue_of
from askdoc.answering.answerability import THRESHOLD, evidence
from askdoc.answering.ask import PASSAGES
from askdoc.answering.selection import weigh
from askdoc.errors import EvaluationError, QuestionError
from askdoc.evaluation.collections import Case
from askdoc.evaluation.measures import Qrels
from askdoc.evaluation.report import Reasons
from askdoc.index import PassageIndex, build_index
from askdoc.question import clean_question, in_context
from askdoc.records import Answer, Document, Severity, Span

SENTENCES_SHOWN = 3
GoldSpan = tuple[str, Span]
"""A document's id and where a gold sentence stands in it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A case and the answer it got.

    Attributes:
        case: The question and what is expected.
        answer: What `ask()` said.
        seconds: How long that took.
        gold: Where the gold sentences stand.
        reasons: What decided whether it answered, where it decided otherwise than expected or
            quoted nothing that is gold.
        demanded: The expected caveats; of them only the emergencies where one was expected and an
            emergency came, whose block stands alone.
    """

    case: Case
    answer: Answer
    seconds: float
    gold: tuple[GoldSpan, ...]
    demanded: tuple[str, ...]
    reasons: Reasons | None = None

    @property
    def gold_quotes(self) -> tuple[bool, ...]:
        """Whether each quote overlaps a gold sentence, in the order of the quotes."""
        return tuple(
            any(
                citation.document_id == name and overlaps((citation.start, citation.end), span)
                for name, span in self.gold
            )
            for citation in self.answer.citations
        )

    @property
    def answerable(self) -> bool:
        """Whether the case judges quotes: the article answers it, by the gold sentences."""
        return self.case.status in {"answered", None} and bool(self.gold)

    @property
    def status_right(self) -> bool:
        """Whether the status is the one expected."""
        return self.answer.status == self.case.status

    @property
    def is_wrong(self) -> bool:
        """Whether it decided otherwise than expected, or quoted nothing that is gold."""
        misjudged = self.case.status is not None and not self.status_right
        return misjudged or (self.answerable and not any(self.gold_quotes))

    @property
    def missing_caveats(self) -> tuple[str, ...]:
        """Demanded caveats that did not come."""
        given = {caveat.id for caveat in self.answer.caveats}
        return tuple(name for name in self.demanded if name not in given)

    @property
    def false_caveats(self) -> tuple[str, ...]:
        """Forbidden caveats that came."""
        given = {caveat.id for caveat in self.answer.caveats}
        return tuple(name for name in self.case.forbid if name in given)


def ask_all(
    index: PassageIndex,
    cases: Sequence[Case],
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[Judged, ...]:
    """Asks every case, by the same `ask()` as the chat.

    Raises:
        EvaluationError: A gold quote is not in the article, or a question cannot be asked.
    """
    severity = severities(index.documents.values())
    reduced = _without(index, cases)
    judged = []
    for done, case in enumerate(cases, start=1):
        gold = tuple(gold_spans(index.documents.values(), case))
        began = time.perf_counter()
        try:
            asked = reduced if case.without and reduced else index
            answer = ask(asked, case.question, case.history)
        except QuestionError as error:
            raise EvaluationError(f'The question of the case "{case.id}": {error}') from None
        seconds = time.perf_counter() - began
        one = Judged(case, answer, seconds, gold, demanded(case, answer, severity))
        judged.append(replace(one, reasons=reasons(asked, one)) if one.is_wrong else one)
        if on_progress:
            on_progress(done, len(cases))
    return tuple(judged)


def reasons(index: PassageIndex, one: Judged) -> Reasons | None:
    """Weighs a question again as `ask()` did; none where an emergency came before that."""
    if one.answer.status == "emergency":
        return None
    query = index.lexical.respelled(one.answer.resolved_question)
    whole = in_context(clean_question(one.case.question), one.case.history)
    hits = index.search(query, PASSAGES)
    weighed = weigh(index, query, hits, read_as=index.lexical.respelled(whole))
    found = evidence(query, index, weighed)
    return Reasons(
        tuple(
            (likely.hit.passage.sentence(likely.span), round(probability(likely.log_odds), 3))
            for likely in weighed.sentences[:SENTENCES_SHOWN]
        ),
        passage=round(probability(found.read), 3),
        prior=round(probability(found.prior), 3),
        holds_the_kind=bool(found.held),
        threshold=THRESHOLD,
    )


def probability(log_odds: float) -> float:
    """The probability of log odds.

    Example: probability(0.0) -> 0.5
    """
    return 1 / (1 + math.exp(-log_odds))


def _without(index: PassageIndex, cases: Iterable[Case]) -> PassageIndex | None:
    """The same articles without all the sentences that cases leave out; none if none does."""
    dropped: dict[str, set[Span]] = {}
    for case in cases:
        left_out = replace(case, quotes=case.without)
        for name, span in gold_spans(index.documents.values(), left_out):
            dropped.setdefault(name, set()).add(span)
    if not dropped:
        return None
    documents = [_cut_out(one, dropped.get(one.id, set())) for one in index.documents.values()]
    return build_index(documents, embedder=index.embedder, previous=index)


def _cut_out(document: Document, spans: Iterable[Span]) -> Document:
    text = document.text
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return replace(document, text=text, sha256=digest)


def severities(documents: Iterable[Document]) -> dict[str, Severity]:
    """The severity of each topic in the documents' catalogues, by id."""
    topics = [topic for document in documents for topic in catalogue_of(document).topics]
    return {topic.id: topic.caveat.severity for topic in topics}


def demanded(case: Case, answer: Answer, severity: Mapping[str, Severity]) -> tuple[str, ...]:
    """The caveats that an answer had to bring, as `Judged` has them."""
    emergencies = tuple(name for name in case.caveats if severity.get(name) == "emergency")
    return emergencies if emergencies and answer.status == "emergency" else case.caveats


def gold_spans(documents: Iterable[Document], case: Case) -> list[GoldSpan]:
    """Where a case's quotes stand, white space aside; every occurrence of each.

    Raises:
        EvaluationError: A quote stands in none of the documents.
    """
    documents = tuple(documents)
    found: list[GoldSpan] = []
    for quote in case.quotes:
        pattern = re.compile(r"\s+".join(map(re.escape, quote.split())))
        spans = [(d.id, m.span()) for d in documents for m in pattern.finditer(d.text)]
        if not spans or not quote.split():
            raise EvaluationError(
                f'Case "{case.id}": a quote beginning "{quote[:40]}" is not in the article. '
                "Copy it word for word."
            )
        found += spans
    return found


def passage_qrels(index: PassageIndex, cases: Iterable[Case]) -> Qrels:
    """Judges each passage that holds part of a gold sentence as relevant."""
    return {
        case.id: {
            passage.id: 1
            for name, span in gold_spans(index.documents.values(), case)
            for passage in index.passages
            if passage.document_id == name and overlaps((passage.start, passage.end), span)
        }
        for case in cases
        if case.quotes
    }


def overlaps(one: Span, other: Span) -> bool:
    """Whether two spans share a character."""
    return max(one[0], other[0]) < min(one[1], other[1])
