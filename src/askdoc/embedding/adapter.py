"""An adapter moves a query's vector towards the sentences that answer it, or that bear on it.

A model trained on similarity puts "What are the symptoms of X?" next to any sentence on X. One
adapter adds what answers to questions have in common, another what evidence on claims has; key
words are left alone. Both belong to one model, by fingerprint. `training/fit_adapter.py` fits them.
"""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askdoc.resources import array_from_json, array_to_json, fitted
from askdoc.text import AUXILIARIES, QUESTION_WORDS

Array = NDArray[np.float32]

ADAPTERS = Path(__file__).with_name("adapter.json")

_CLAIM_WORDS = 6
"""Shorter queries are more often key words, which no adapter was fitted to."""

_ASKS = re.compile(
    rf"^\W*(?:\w+\W+){{0,3}}(?:{QUESTION_WORDS})(?:['’]?s)?\b|^\W*(?:{AUXILIARIES})\b"
    r"|\?\W*$",
    re.IGNORECASE,
)


class QueryAdapter:
    """Adds to a vector a linear map of itself, of rank r: v + (v R) A.

    The low-rank form is that of Hu et al., "LoRA: Low-Rank Adaptation" (2021), applied to the
    model's output. Passages keep their vectors, so an index does not depend on it.
    """

    def __init__(self, read: Array, add: Array) -> None:
        """Holds a fitted map: R of shape (d, r), A of shape (r, d)."""
        self._read = read
        self._add = add

    def adapt(self, vector: Array, strength: float = 1.0) -> Array:
        """A query's vector of shape (d,), adapted; its length is no longer one."""
        return np.asarray(vector + strength * (vector @ self._read @ self._add), dtype=np.float32)

    def arrays(self) -> dict[str, Any]:
        """The map as `adapters_to_json` writes it, in half precision."""
        return {"read": array_to_json(self._read), "add": array_to_json(self._add)}


def adapters_to_json(fingerprint: str, questions: QueryAdapter, claims: QueryAdapter) -> str:
    """Both adapters of one model as the text of their file."""
    kinds = {"questions": questions.arrays(), "claims": claims.arrays()}
    return json.dumps({"fingerprint": fingerprint, **kinds}, indent=1)


def asks(query: str) -> bool:
    """Whether a query has the form of a question.

    Example: asks("whats the dose"), not asks("kratom raises blood pressure")
    """
    return bool(_ASKS.search(query))


def claims(query: str) -> bool:
    """Whether a query is a statement: not in the form of a question, of six words or more.

    Example: claims("Kratom raises blood pressure in healthy adults."), not claims("liver damage")
    """
    return not asks(query) and len(query.split()) >= _CLAIM_WORDS


def adapter_for(fingerprint: str, query: str) -> QueryAdapter | None:
    """The adapter for the form of a query, if askdoc has one for that model."""
    model, kinds = fitted(_adapters_in, ADAPTERS)
    if model != fingerprint:
        return None
    if asks(query):
        return kinds["questions"]
    return kinds["claims"] if claims(query) else None


def _adapters_in(text: str) -> tuple[str, dict[str, QueryAdapter]]:
    data = json.loads(text)
    kinds = {
        kind: QueryAdapter(array_from_json(data[kind]["read"]), array_from_json(data[kind]["add"]))
        for kind in ("questions", "claims")
    }
    return str(data["fingerprint"]), kinds
