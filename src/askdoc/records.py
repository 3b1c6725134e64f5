"""The values that flow through askdoc: frozen, slotted, and nothing but data.

This room owns the shape of every record and the words for its fields. How a record is made,
shown or stored is left to the other rooms.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Span: TypeAlias = tuple[int, int]
Kind: TypeAlias = Literal["banner", "topic", "claim"]
Severity: TypeAlias = Literal["info", "caution", "urgent", "emergency"]
Status: TypeAlias = Literal["answered", "not_in_article", "emergency"]
OnProgress: TypeAlias = Callable[[int, int], None]
"""Called with how much of something is done, and how much there is."""

SEVERITIES: tuple[Severity, ...] = ("info", "caution", "urgent", "emergency")
HEADING_SEPARATOR = " › "
"""Stands between the headings of a passage, the highest first: "Food › Dry food"."""


CATALOGUE_FILE, CLASSIFIER_FILE, SOURCE_FILE = "caveats.toml", "classifier.json", "source.json"
"""The names of what may stand beside an article: the first two travel with its document."""


@dataclass(frozen=True, slots=True)
class Document:
    """One article as it was read; its text is never altered.

    Attributes:
        id: Short name, unique in an index, without whitespace: it appears in addresses and runs.
        title: What a person calls it.
        text: The extracted text. Every offset in askdoc counts characters of this string.
        url: Where the article comes from, or "" when unknown.
        sha256: Hash of `text` in UTF-8, in hexadecimal.
        path: The file it was read from, or "" when it was made in memory.
        catalogue: Text of the `caveats.toml` beside the file, or "". It travels with the
            document so that no index is ever served without its caveats.
        classifier: Text of the `classifier.json` beside the file, or "": a classifier that
            finds the catalogue's topics where its patterns do not.
    """

    id: str
    title: str
    text: str
    url: str
    sha256: str
    path: str = ""
    catalogue: str = ""
    classifier: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences under one heading: `document.text[start:end] == text`.

    Each span in `sentences` counts characters of the document, not of the passage.
    """

    id: str
    document_id: str
    heading: str
    text: str
    start: int
    end: int
    sentences: tuple[Span, ...]

    @property
    def last_heading(self) -> str:
        """The heading right above it."""
        return self.heading.rpartition(HEADING_SEPARATOR)[2]

    def sentence(self, span: Span) -> str:
        """The words of one of this passage's sentences."""
        return self.text[span[0] - self.start : span[1] - self.start]


@dataclass(frozen=True, slots=True)
class SentenceScore:
    """How well one sentence matches a query, by meaning and by words; span in the document."""

    span: Span
    score: float


@dataclass(frozen=True, slots=True)
class Signals:
    """The raw evidence behind a hit's score.

    `passage` and `sentence` are cosines in [-1, 1] (the sentence's is the best one's);
    `lexical` is BM25, from 0 up. `maxsim` is the best sentence's MaxSim over token
    embeddings, in [0, 1]; it is 0 where they were not compared: in an index without them, and for
    hits beyond `Fusion.compared`. `adapted` is the most that the query's adapter adds to the cosine
    of a sentence, 0 without an adapter.
    """

    passage: float
    sentence: float
    lexical: float
    maxsim: float = 0.0
    adapted: float = 0.0


@dataclass(frozen=True, slots=True)
class Source:
    """Where a caveat's text can be checked."""

    name: str
    url: str
    date: str


@dataclass(frozen=True, slots=True)
class Caveat:
    """Reviewed text that travels with an answer.

    `citation` is the number of the quote a claim note speaks of; topic caveats have none.
    """

    id: str
    kind: Kind
    severity: Severity
    text: str
    sources: tuple[Source, ...] = ()
    citation: int | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a query. `rank` counts from 1; scores compare within one search only.

    `caveats` are the claim notes on the passage's sentences: whoever shows the passage shows them.
    """

    rank: int
    score: float
    passage: Passage
    best_sentences: tuple[SentenceScore, ...]
    signals: Signals
    caveats: tuple[Caveat, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """Whole sentences of an article, word for word: `document.text[start:end] == quote`.

    `title` is the article's; `url` leads to the sentence on the page where the article was
    published, or is "" when that is unknown.
    """

    number: int
    document_id: str
    passage_id: str
    heading: str
    quote: str
    start: int
    end: int
    title: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What askdoc says to one question.

    Caveats do not depend on status: an answer that abstains can still carry "call now".
    `confidence` is the probability, in [0, 1], that the article answers the question.
    """

    question: str
    resolved_question: str
    status: Status
    text: str
    confidence: float
    citations: tuple[Citation, ...] = ()
    caveats: tuple[Caveat, ...] = ()
    passages: tuple[Hit, ...] = ()
