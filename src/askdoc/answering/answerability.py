"""Whether the article answers at all: evidence to a probability."""

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from askdoc.lexical import tokens
from askdoc.records import Hit

THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an answer in the best hits.

    `sentence` and `passage` are the best cosines; `covered` is the share of the question's word
    stems found in the best hits; `known` is the share found anywhere in the documents.
    """

    sentence: float
    passage: float
    covered: float
    known: float


@dataclass(frozen=True, slots=True)
class Logistic:
    """Coefficients of a logistic model over `Evidence`, in the order of its fields."""

    weights: tuple[float, ...] = (6.0, 2.0, 1.5, 1.5)
    bias: float = -4.2

    def probability(self, evidence: Evidence) -> float:
        """The probability that the article answers."""
        total = self.bias + sum(
            weight * value for weight, value in zip(self.weights, astuple(evidence), strict=True)
        )
        return 1 / (1 + math.exp(-total))


MODEL = Logistic()


def evidence(query: str, hits: Sequence[Hit], known: float) -> Evidence:
    """Gathers the evidence that hits give for a query; `known` as in `Evidence`."""
    stems = set(tokens(query))
    found = {
        stem for hit in hits[:3] for stem in tokens(f"{hit.passage.heading} {hit.passage.text}")
    }
    return Evidence(
        sentence=max((hit.signals.sentence for hit in hits), default=0.0),
        passage=max((hit.signals.passage for hit in hits), default=0.0),
        covered=len(stems & found) / len(stems) if stems else 0.0,
        known=known,
    )


def confidence(query: str, hits: Sequence[Hit], known: float) -> float:
    """The probability, in [0, 1], that the documents behind the hits answer the query."""
    return MODEL.probability(evidence(query, hits, known)) if hits else 0.0
