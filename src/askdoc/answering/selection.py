"""Which sentences answer: every sentence of the best hits weighed by all that is known of it.

The weights stand in `selection.json`, fitted by `training/answering.py`: one set for where the
reader read the passages, one for where it did not.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

from askdoc.answering.numbers import Numbers
from askdoc.index import PassageIndex
from askdoc.question import AFTER
from askdoc.question.forms import answer_type
from askdoc.question.language import language_of
from askdoc.reading import Reader, Reading, Text, load_reader
from askdoc.records import HEADING_SEPARATOR, Document, Hit, Passage, Span
from askdoc.resources import fitted
from askdoc.text import COMMON_WORDS, STOP_WORDS, all_words, ordinary_words, stems, tokenize

READ = 4
"""How many of the best hits are read: 94 of 100 answers are among the first three."""
READ_FIRST = 2
AHEAD = 0.05
"""How far the best passage's score lies above the second's for it to be read alone at first."""
LONG_QUESTION_CHARACTERS = 200
"""Above this length only the first passages are read: the reader cuts a question at 64 tokens."""
NOISE_CHARACTERS = 60
"""From this length only one passage is read with a question that holds hardly a known word."""
READ_CHARACTERS = 3000
"""Characters of all passages read beyond the first ones; four ordinary passages have 2,000."""
SURE = -2.0
"""The log odds of a sentence from which no further passage is read: figures in
`docs/experiments.md`."""
_LANGUAGE_SAMPLE = 1000
"""Characters of a document from which its language is identified."""
HEADING_WORDS = 18
"""Words of headings that the reader is given where there are several."""
OF_ANOTHER_NUMBER = 6.0
"""Log odds that are taken off; rows of one table lie within two or three of each other."""
NOT_ON_WHAT_IS_NEW = 2.0
"""The same of sentences that do not hold what a follow-up newly names, where some do."""
_NEW_WORDS = 2
WEIGHTS = Path(__file__).with_name("selection.json")

_ADDRESS = re.compile(r"https?://|www\.", re.I)
_STATEMENT = re.compile(r"[.!?…。！？][\"'”’)\]]*$")
_QUESTION = re.compile(r"[?？][\"'”’)\]*]*$")
# An entry of a link list answers who asks where to look, and hardly anybody else.
_WHERE = re.compile(
    r"\b(where|links?|web ?sites?|sites?|urls?|address|read|sources?|resources?|info|information|"
    r"learn|contact|phone|call|official|community|forums?|organi[sz]ations?|groups?|help|places?)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of a sentence, for a question.

    Attributes:
        similarity: The search's score of the sentence.
        hit: The search's score of its passage.
        behind: How far that lies behind the best passage's.
        read: The reader's log odds that the sentence answers.
        passage: The reader's log odds that its passage answers.
        span: How far the reader's best answer in the passage stands above none.
        fragment: 1 for a heading, a label or an address where nobody asks where to look.
        question: 1 for a sentence that is a question itself.
        kind: 1 where the sentence holds the kind of thing that is asked for.
    """

    similarity: float
    hit: float
    behind: float
    read: float
    passage: float
    span: float
    fragment: float
    question: float
    kind: float


READER_FEATURES = ("read", "passage", "span")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a hit and the log odds that it answers."""

    hit: Hit
    span: Span
    log_odds: float


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic model over `Features`."""

    bias: float
    weights: dict[str, float]

    def log_odds(self, features: Features) -> float:
        """The log odds that a sentence with these features answers."""
        total = self.bias
        for name, weight in self.weights.items():
            total += weight * getattr(features, name)
        return total


@dataclass(frozen=True, slots=True)
class Weighed:
    """A query's hits, the likeliest to answer first, the reader's reading of each, their sentences.

    `sentences` are in the order of how likely they answer, too.
    """

    query: str
    hits: tuple[Hit, ...]
    readings: tuple[Reading, ...]
    sentences: tuple[Candidate, ...]

    @property
    def kind(self) -> str:
        """Which evidence there is: whether passages were read, and token embeddings compared."""
        return kind_of_evidence(self.hits, self.readings)


def weigh(index: PassageIndex, query: str, hits: Sequence[Hit], *, read_as: str = "") -> Weighed:
    """Reads the best hits and puts them in the order of their likeliest sentences.

    Hits behind the best `READ`, and those that need not be read, are not moved. `read_as` is the
    query as the reader is given it, where that differs: with the questions before it.

    Raises:
        ReaderError: The reader cannot be loaded.
    """
    readings = _readings(index, query, read_as or query, hits[:READ])
    best = tuple(hits[: len(readings) or READ])
    ranked = _without_copies(index, _on_what_is_new(candidates(query, best, readings), read_as))
    first = {candidate.hit.passage.id: at for at, candidate in reversed(tuple(enumerate(ranked)))}
    places = sorted(range(len(best)), key=lambda at: first.get(best[at].passage.id, len(ranked)))
    moved = [best[at] for at in places]
    scores = sorted((hit.score for hit in best), reverse=True)
    shown = [
        replace(hit, rank=rank, score=score)
        for rank, (hit, score) in enumerate(zip(moved, scores, strict=True), start=1)
    ]
    read = tuple(readings[at] for at in places) if readings else ()
    return Weighed(query, (*shown, *hits[len(best) :]), read, ranked)


def _on_what_is_new(ranked: tuple[Candidate, ...], read_as: str) -> tuple[Candidate, ...]:
    """Puts sentences that hold what a follow-up newly names before those that do not.

    "And wallpaper?" after "can I paint the walls?" is not answered by what is said of paint.
    """
    earlier, after, part = read_as.rpartition(AFTER)
    named = " ".join(word for word in all_words(part) if word not in COMMON_WORDS)
    new = stems(named) - stems(earlier) if after else frozenset()
    if not 0 < len(new) <= _NEW_WORDS:
        return ranked
    on_it = [bool(new & stems(one.hit.passage.sentence(one.span))) for one in ranked]
    if not any(on_it):
        return ranked
    weighed = (
        one if on else replace(one, log_odds=one.log_odds - NOT_ON_WHAT_IS_NEW)
        for one, on in zip(ranked, on_it, strict=True)
    )
    return tuple(sorted(weighed, key=lambda candidate: -candidate.log_odds))


def _readings(
    index: PassageIndex, query: str, asked: str, hits: Sequence[Hit]
) -> tuple[Reading, ...]:
    """The readings of the first hits, and of all where no sentence of these is sure to answer.

    None where one of all the hits is in a language that the reader does not know: what was read
    and what was not cannot be weighed against each other.
    """
    reader = load_reader()
    if reader is None or not _all_readable(index, hits):
        return ()
    sizes = accumulate(len(hit.passage.text) for hit in hits)
    long = len(asked) > LONG_QUESTION_CHARACTERS
    noise = _is_noise(index, asked)
    at_once = 1 if noise or (_leads(hits) and not long) else READ_FIRST
    first = hits[:at_once]
    readings = _read(reader, index, asked, first)
    rest = [hit for hit, size in zip(hits, sizes, strict=True) if size <= READ_CHARACTERS]
    rest = rest[at_once:]
    if not rest or long or noise:
        return readings
    likeliest = candidates(query, first, readings)[:1]
    if likeliest and likeliest[0].log_odds >= SURE:
        return readings
    return (*readings, *_read(reader, index, asked, rest))


def _leads(hits: Sequence[Hit]) -> bool:
    """Whether the best passage stands out, so that it is read alone at first."""
    return len(hits) > 1 and hits[0].score - hits[1].score >= AHEAD


def _is_noise(index: PassageIndex, asked: str) -> bool:
    """Whether little of a question is words of English or of the articles."""
    if len(asked) < NOISE_CHARACTERS:
        return False
    small = sum(len(word) for word in all_words(asked) if word in STOP_WORDS)
    known = sum(
        one.end - one.start
        for one in tokenize(asked)
        if asked[one.start : one.end].lower() in ordinary_words() or index.lexical.knows(one.stem)
    )
    return small + known < len(asked) / 8


def _without_copies(index: PassageIndex, ranked: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Keeps one of what several documents say in the same words: where a catalogue has notes."""
    kept: dict[str, Candidate] = {}
    for candidate in ranked:
        words = candidate.hit.passage.sentence(candidate.span)
        first = kept.setdefault(words, candidate)
        if _has_notes(index, candidate) and not _has_notes(index, first):
            kept[words] = replace(candidate, log_odds=first.log_odds)
    return tuple(kept.values())


def _has_notes(index: PassageIndex, candidate: Candidate) -> bool:
    return bool(index.documents[candidate.hit.passage.document_id].catalogue)


def read_hits(
    reader: Reader | None, index: PassageIndex, query: str, hits: Sequence[Hit]
) -> tuple[Reading, ...]:
    """The reader's reading of each hit's passage; none without a reader that knows the language."""
    if reader is None or not _all_readable(index, hits):
        return ()
    return _read(reader, index, query, hits)


def _all_readable(index: PassageIndex, hits: Sequence[Hit]) -> bool:
    return all(reads(index.documents[name]) for name in {h.passage.document_id for h in hits})


def _read(
    reader: Reader, index: PassageIndex, query: str, hits: Sequence[Hit]
) -> tuple[Reading, ...]:
    return tuple(reader.read(query, [text_to_read(index, hit.passage) for hit in hits]))


def reads(document: Document) -> bool:
    """Whether a document is in English, which is all that the reader has learned to read."""
    return language_of(document.text[:_LANGUAGE_SAMPLE]) == "en"


def text_to_read(index: PassageIndex, passage: Passage) -> Text:
    """A passage as the reader is given it.

    Of long headings it gets the first and the last, or the last: it reads a few words of them.
    """
    heading = passage.heading or index.documents[passage.document_id].title
    first, last = heading.partition(HEADING_SEPARATOR)[0], heading.rpartition(HEADING_SEPARATOR)[2]
    for shorter in (f"{first}{HEADING_SEPARATOR}{last}", last):
        heading = heading if len(heading.split()) <= HEADING_WORDS else shorter
    sentences = tuple((a - passage.start, b - passage.start) for a, b in passage.sentences)
    # The reader learned from prose: cells of a row are to it what commas part.
    return Text(heading, passage.text.replace(" | ", " , "), sentences)


def features_of(
    query: str, hits: Sequence[Hit], readings: Sequence[Reading]
) -> Iterator[tuple[Hit, Span, Features]]:
    """The features of every sentence of the hits; those of a reader are 0 where none read."""
    where, kind = bool(_WHERE.search(query)), answer_type(query)
    best = hits[0].score if hits else 0.0
    for at, hit in enumerate(hits):
        reading = readings[at] if readings else None
        scores = {found.span: found.score for found in hit.best_sentences}
        for number, span in enumerate(hit.passage.sentences):
            words = hit.passage.sentence(span)
            yield (
                hit,
                span,
                Features(
                    similarity=scores.get(span, 0.0),
                    hit=hit.score,
                    behind=best - hit.score,
                    read=reading.sentences[number] if reading else 0.0,
                    passage=reading.passage if reading else 0.0,
                    span=reading.span if reading else 0.0,
                    fragment=float(not where and not is_statement(words)),
                    question=float(bool(_QUESTION.search(words))),
                    kind=float(kind is not None and kind.in_any(words)),
                ),
            )


def candidates(
    query: str, hits: Sequence[Hit], readings: Sequence[Reading]
) -> tuple[Candidate, ...]:
    """Every sentence of the hits, the most likely answer first."""
    weights = weights_for(kind_of_evidence(hits, readings))
    numbers = Numbers.of(query)

    def weighed(hit: Hit, span: Span, features: Features) -> Candidate:
        odds = weights.log_odds(features)
        if numbers.are_others_in(hit.passage.sentence(span), hit.passage.heading):
            odds -= OF_ANOTHER_NUMBER
        return Candidate(hit, span, odds)

    found = (weighed(*one) for one in features_of(query, hits, readings))
    return tuple(sorted(found, key=lambda candidate: -candidate.log_odds))


def is_statement(sentence: str) -> bool:
    """Whether a sentence states something: headings, labels and addresses do not."""
    return bool(_STATEMENT.search(sentence)) and not _ADDRESS.search(sentence)


def kind_of_evidence(hits: Sequence[Hit], readings: Sequence[Reading]) -> str:
    """Which of the fitted models fits: whether passages were read, and tokens compared."""
    compared = any(hit.signals.maxsim for hit in hits)
    return f"{'reader' if readings else 'search'}, {'tokens' if compared else 'vectors'}"


def weights_for(kind: str) -> Weights:
    """The fitted weights for the evidence that there is."""
    return fitted(_weights_in, WEIGHTS)[kind]


def _weights_in(text: str) -> dict[str, Weights]:
    return {name: Weights(**row) for name, row in json.loads(text).items()}
