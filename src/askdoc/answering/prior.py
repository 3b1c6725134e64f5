"""How often articles answer a question put like this one, whatever they say.

Readers ask for doses, prices and odds that articles seldom give, and for what a thing is, which
they nearly always do. A prior reads that from the question alone; what the article says is weighed
beside it. It fits one embedding model, by fingerprint.
`evals/fit_prior.py` fits and writes it.
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from askdoc.arrays import array_from_json, array_to_json

Array = NDArray[np.float32]

PRIOR = Path(__file__).with_name("prior.json")


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
    prior = _shipped()
    return prior if prior.fingerprint == fingerprint else None


@cache
def _shipped() -> Prior:
    data = json.loads(PRIOR.read_text(encoding="utf-8"))
    return Prior(str(data["fingerprint"]), array_from_json(data["weights"]), float(data["bias"]))
