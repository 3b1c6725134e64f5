"""Whether the article answers at all: evidence to a probability.

The coefficients stand in `answerability.json`, fitted by `training/answering.py`. Beside them
counts a prior: how often articles answer a question put like this one, whatever they say. Readers
ask for doses, prices and odds that articles seldom give, and for what a thing is, which they nearly
always do. The prior fits one embedding model, by fingerprint; `training.fit_prior` writes it.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA

from askdoc.answering.selection import Candidate, Weighed
from askdoc.index import PassageIndex
from askdoc.question import Question
from askdoc.question.forms import answer_type
from askdoc.resources import array_from_json, array_to_json, fitted
from askdoc.text import (
    CHAT_WORDS,
    COMMON_WORDS,
    FUNCTION_WORDS,
    LIST_WORDS,
    Token,
    ordinary_words,
    tokenize,
)

THRESHOLD = 0.38
"""Below this probability askdoc abstains."""

_NO_SUBJECT = COMMON_WORDS | LIST_WORDS
_RELATED_COSINE = 0.3
"""Nine of ten questions with an answer come nearer to an article, of others one in six."""
TYPED_SENTENCES = 4
"""In how many of the likeliest sentences the kind of thing asked for is looked for."""
_TWO_EDITS_LETTERS, _ONE_EDIT_LETTERS = 7, 4
"""Letters of a word from which so many slips are forgiven."""

COEFFICIENTS = Path(__file__).with_name("answerability.json")
PRIOR = Path(__file__).with_name("prior.json")

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an answer.

    Attributes:
        best: The log odds that the likeliest sentence answers.
        read: The reader's log odds that a passage answers, of the likeliest; 0 without a reader.
        sentence: The best sentence's cosine.
        held: 0 when the question asks for a time, a count, a name and the like, and none of the
            likeliest sentences holds one; else 1.
        prior: The log odds that articles answer questions put like this one, by `Prior`, as far as
            the article is related; 0 for models that it was not fitted to.
    """

    best: float
    read: float
    sentence: float
    held: float
    prior: float


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic model over some fields of `Evidence`, by name."""

    weights: dict[str, float]
    bias: float

    def probability(self, evidence: Evidence) -> float:
        """The probability that the article answers."""
        total = self.bias + sum(
            weight * getattr(evidence, name) for name, weight in self.weights.items()
        )
        return 1 / (1 + math.exp(-total))


def evidence(
    query: str, index: PassageIndex, weighed: Weighed, vector: Array | None = None
) -> Evidence:
    """Gathers the evidence that an index and what was found there give for a query.

    `vector` is the query's, where it is known.
    """
    sentence = max((hit.signals.sentence for hit in weighed.hits), default=0.0)
    return Evidence(
        best=weighed.sentences[0].log_odds if weighed.sentences else 0.0,
        read=max((reading.passage for reading in weighed.readings), default=0.0),
        sentence=sentence,
        held=float(_holds_what_is_asked_for(query, weighed.sentences)),
        prior=_prior(query, index, vector) * weight_of_the_prior(sentence),
    )


def weight_of_the_prior(sentence: float) -> float:
    """How far the prior counts, in [0, 1], beside the best sentence's cosine."""
    return max(0.0, min(1.0, sentence / _RELATED_COSINE))


def _prior(query: str, index: PassageIndex, vector: Array | None) -> float:
    prior = prior_for(index.manifest.fingerprint)
    if prior is None:
        return 0.0
    return prior.log_odds(index.embedder.encode([query])[0] if vector is None else vector)


def _holds_what_is_asked_for(query: str, sentences: Sequence[Candidate]) -> bool:
    kind = answer_type(query)
    if kind is None:
        return True
    best = sentences[:TYPED_SENTENCES]
    return kind.in_any(*(one.hit.passage.sentence(one.span) for one in best))


def confidence(
    query: str, index: PassageIndex, weighed: Weighed, vector: Array | None = None
) -> float:
    """The probability, in [0, 1], that the documents behind the hits answer the query."""
    if not weighed.hits:
        return 0.0
    model = fitted(_models_in, COEFFICIENTS)[weighed.kind]
    return model.probability(evidence(query, index, weighed, vector))


def unknown_words(
    question: str, index: PassageIndex, tokens: Sequence[Token] | None = None
) -> tuple[str, ...]:
    """The words of a question that the documents never mention, in no form, as they were typed.

    A slip of the keyboard is no unknown word, nor is one that begins as another does ("dose" where
    "dosage" is mentioned): to say too little is better than to say what is not so. Words of one or
    two letters are left out, and so are those that name no subject ("much", "take", "tell").
    """
    known = index.lexical
    typed = ((question[one.start : one.end], one.stem) for one in tokens or tokenize(question))
    unknown = (
        word
        for word, stem in typed
        if len(word) > 2
        and word.lower().replace("’", "'") not in _NO_SUBJECT
        and not _is_slip(word.lower())
        and not (known.knows_nearly(stem) or known.knows_kin(stem))
    )
    return tuple({word.lower(): word for word in unknown}.values())


def subject_stems(question: Question) -> frozenset[str]:
    """The stems of the words that say what is asked for; of common ones where there are no others.

    Example: of "list the steps to light the stove" -> {"light", "stove"}
    """
    typed = question.standalone.lower()
    said = [(typed[one.start : one.end], one.stem) for one in question.tokens]
    named = frozenset(stem for word, stem in said if word not in _NO_SUBJECT)
    return named or frozenset(stem for word, stem in said if word not in LIST_WORDS)


def _is_slip(word: str) -> bool:
    """Whether a word is a small one misspelt or shortened: "becuase", "shud"."""
    if word in CHAT_WORDS:
        return True
    if word in ordinary_words() or len(word) < _ONE_EDIT_LETTERS:
        return False
    slips = 2 if len(word) >= _TWO_EDITS_LETTERS else 1
    return any(OSA.distance(word, small, score_cutoff=slips) <= slips for small in FUNCTION_WORDS)


def _models_in(text: str) -> dict[str, Logistic]:
    return {name: Logistic(**row) for name, row in json.loads(text).items()}


class Prior:
    """A linear reading of a question's vector."""

    def __init__(self, fingerprint: str, weights: Array, bias: float) -> None:
        """Holds a fitted reading.

        Args:
            fingerprint: Of the embedding model whose vectors it reads.
            weights: Of shape (d,).
            bias: What is added.
        """
        self.fingerprint = fingerprint
        self._weights = weights
        self._bias = bias

    def log_odds(self, vector: Array) -> float:
        """The log odds of an answer to a question of that unit vector, shape (d,).

        They are what they would be if articles answered half of all questions.
        """
        return float(vector @ self._weights) + self._bias

    def to_json(self) -> str:
        """The reading as the text of its file, in half precision."""
        data = {
            "fingerprint": self.fingerprint,
            "bias": round(self._bias, 4),
            "weights": array_to_json(self._weights),
        }
        return json.dumps(data, indent=1)


def prior_for(fingerprint: str) -> Prior | None:
    """The prior that comes with askdoc, if it is for the model of that fingerprint."""
    prior = fitted(_prior_in, PRIOR)
    return prior if prior.fingerprint == fingerprint else None


def _prior_in(text: str) -> Prior:
    data = json.loads(text)
    return Prior(str(data["fingerprint"]), array_from_json(data["weights"]), float(data["bias"]))
