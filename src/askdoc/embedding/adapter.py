"""A question's vector, turned towards the sentences that answer it.

A model that was taught likeness puts a question next to what repeats it: "What are the symptoms of
X?" next to any sentence on X. An adapter adds what answers to such a question have in common. It
is for questions, not for claims or key words, and fits one model, by fingerprint.
`evals/fit_adapter.py` fits and writes it.
"""

import json
import re
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from askdoc.arrays import array_from_json, array_to_json

Array = NDArray[np.float32]

_ASKS = re.compile(
    r"^\W*(?:\w+\W+){0,3}(?:what|how|why|when|where|who|whom|whose|which)(?:['’]?s)?\b"
    r"|^\W*(?:is|are|was|were|do|does|did|can|could|will|would|should|may|has|have|had)\b"
    r"|\?\W*$",
    re.IGNORECASE,
)


class QueryAdapter:
    """Adds to a vector a linear map of itself, of rank r: v + (v R) A.

    The low-rank form is that of Hu et al., "LoRA: Low-Rank Adaptation" (2021), put after the
    model; passages keep their vectors, so that no index changes with it.
    """

    def __init__(self, fingerprint: str, read: Array, add: Array) -> None:
        """Holds a fitted map.

        Args:
            fingerprint: Of the embedding model whose vectors it turns.
            read: R, of shape (d, r).
            add: A, of shape (r, d).
        """
        self.fingerprint = fingerprint
        self._read = read
        self._add = add

    def adapt(self, vector: Array, strength: float = 1.0) -> Array:
        """A question's vector of shape (d,), turned; its length is no longer one."""
        return np.asarray(vector + strength * (vector @ self._read @ self._add), dtype=np.float32)

    def to_json(self) -> str:
        """The map as the text of its file, in half precision."""
        arrays = {"read": array_to_json(self._read), "add": array_to_json(self._add)}
        return json.dumps({"fingerprint": self.fingerprint, **arrays}, indent=1)


def asks(query: str) -> bool:
    """Whether a query has the form of a question.

    Example: asks("whats the dose"), not asks("kratom raises blood pressure")
    """
    return bool(_ASKS.search(query))


def adapter_for(fingerprint: str) -> QueryAdapter | None:
    """The adapter that comes with askdoc, if it is for the model of that fingerprint."""
    adapter = _shipped()
    return adapter if adapter.fingerprint == fingerprint else None


@cache
def _shipped() -> QueryAdapter:
    data = json.loads(files("askdoc.embedding").joinpath("adapter.json").read_text("utf-8"))
    return QueryAdapter(
        str(data["fingerprint"]), array_from_json(data["read"]), array_from_json(data["add"])
    )
