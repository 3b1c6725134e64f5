"""Which topics a text is on: a classifier over the token embeddings of the embedding model.

Owns the classifier's file and its arithmetic. It finds wordings that no lexicon foresaw; whether
a prediction counts is decided in `triage` and `topics`, and the caller embeds the text. A
classifier is for one model, by fingerprint; `python -m training.fit_classifier` fits and writes it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askdoc.errors import CatalogueError
from askdoc.records import CLASSIFIER_FILE
from askdoc.resources import array_from_json, array_to_json, fitted

Array = NDArray[np.float32]
Thresholds = tuple[float, float, float]

CRISIS_CLASSIFIER = Path(__file__).with_name(CLASSIFIER_FILE)

_ARRAYS = ("hidden", "hidden_bias", "attend", "attend_bias", "token", "token_bias", "whole")


@dataclass(frozen=True, slots=True, eq=False)
class TextFeatures:
    """What the classifier sees of a text: the embeddings that the model makes of it.

    Attributes:
        vector: Its unit vector, shape (d,).
        tokens: Its token embeddings, as several layers of the model have them side by side, shape
            (n, layers * d); each layer's part of a row has length one.
    """

    vector: Array
    tokens: Array


@dataclass(frozen=True, slots=True)
class Prediction:
    """Names of the topics that a question is on.

    Attributes:
        found: Those that it is likely on.
        ruled_out: Those that it is plainly not on.
        certain: Of `found`, those that it is on beyond doubt.
        margins: For each text classified, how far every topic's score is above the threshold from
            which it is found.
    """

    found: frozenset[str] = frozenset()
    ruled_out: frozenset[str] = frozenset()
    certain: frozenset[str] = frozenset()
    margins: tuple[Mapping[str, float], ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, thresholds: Mapping[str, Thresholds], scores: Sequence[Array]) -> "Prediction":
        """What some texts together are on: of a topic's scores in them the greatest counts.

        Args:
            thresholds: Of each of k topics, as of a `Classifier`.
            scores: Each text's, of shape (k,).
        """
        if not len(scores):
            return cls()
        best = reduce(np.maximum, scores).tolist()
        scored = [(*row, score) for row, score in zip(thresholds.items(), best, strict=True)]
        return cls(
            frozenset([name for name, (_, found, _), score in scored if score >= found]),
            frozenset([name for name, (ruled_out, _, _), score in scored if score < ruled_out]),
            frozenset([name for name, (_, _, certain), score in scored if score >= certain]),
            tuple(_margins(thresholds, row.tolist()) for row in scores),
        )


@dataclass(frozen=True, slots=True, eq=False)
class ClassifierWeights:
    """Weights that were fitted to texts of another kind.

    Attributes:
        thresholds: As of a `Classifier`.
        arrays: By names in `_ARRAYS`; those left out are the network's own.
        words: What each of some words adds to the score of every topic.
    """

    thresholds: Mapping[str, Thresholds]
    arrays: Mapping[str, Array]
    words: Mapping[str, Sequence[float]] = field(default_factory=dict)


class Classifier:
    """Scores k topics in a text, each by itself.

    The score of a topic is attention-pooled over the tokens, after one hidden layer, plus a linear
    function of the whole text's vector: Ilse, Tomczak and Welling, "Attention-based Deep Multiple
    Instance Learning" (2018), without its gate.
    """

    def __init__(
        self,
        fingerprint: str,
        thresholds: Mapping[str, Thresholds],
        arrays: Mapping[str, Array],
        glossed: "ClassifierWeights | None" = None,
    ) -> None:
        """Holds fitted weights.

        Args:
            fingerprint: Of the embedding model whose vectors it reads.
            thresholds: For each topic, in the order of the arrays' columns, the score below which
                it is ruled out, and those from which it is found and certain.
            arrays: The weights, by the names in `_ARRAYS`.
            glossed: Other weights, for texts in other languages, as `gloss` writes them in English.
        """
        self.glossed = glossed
        self.fingerprint = fingerprint
        self.thresholds = dict(thresholds)
        self.arrays = arrays
        dimensions, width = len(arrays["whole"]), len(arrays["hidden_bias"])
        scale = np.float32(np.sqrt(dimensions))  # brings unit vectors to entries of about one
        self._layers = scale * arrays["hidden"].reshape(-1, dimensions, width)
        self._whole = scale * arrays["whole"]
        self._read = np.concatenate([arrays["attend"], arrays["token"]], axis=1)
        self._read_bias = np.concatenate([arrays["attend_bias"], arrays["token_bias"]])
        self._of_glosses = self._with(glossed) if glossed else self

    def predict(self, features: Sequence[TextFeatures]) -> Prediction:
        """What some texts together are on: a topic's greatest score in any of them counts."""
        return Prediction.of(self.thresholds, [self.scores(each) for each in features])

    def predict_glossed(
        self, glosses: Sequence[str], features: Sequence[TextFeatures]
    ) -> Prediction:
        """What texts in another language are on, by their words in English."""
        if self.glossed is None:
            return self.predict(features)
        words, none = self.glossed.words, [0.0] * len(self.thresholds)
        scores = [
            self._of_glosses.scores(each)
            + np.array([words.get(word, none) for word in {*gloss.split()}], np.float32).sum(axis=0)
            for gloss, each in zip(glosses, features, strict=True)
        ]
        return Prediction.of(self._of_glosses.thresholds, scores)

    def _with(self, weights: ClassifierWeights) -> "Classifier":
        """The same classifier with other weights."""
        return Classifier(self.fingerprint, weights.thresholds, {**self.arrays, **weights.arrays})

    def scores(self, features: TextFeatures) -> Array:
        """The score of every topic in one text, shape (k,)."""
        whole = features.vector @ self._whole
        if not len(features.tokens):
            return np.asarray(whole + self.arrays["token_bias"], dtype=np.float32)
        read = self._hidden(features.tokens) @ self._read + self._read_bias
        attended, said = read[:, : len(self.thresholds)], read[:, len(self.thresholds) :]
        weights = np.exp(attended - attended.max(axis=0))
        pooled = (weights * said).sum(axis=0) / weights.sum(axis=0)
        return np.asarray(pooled + whole, dtype=np.float32)

    def _hidden(self, tokens: Array) -> Array:
        """The hidden layer of token embeddings of shape (n, layers * d): an (n, h) array."""
        layers, dimensions, _ = self._layers.shape
        # The last layers stand last: it reads as many of them as it was fitted to.
        read = tokens[:, -layers * dimensions :].reshape(len(tokens), layers, dimensions)
        summed = (read.swapaxes(0, 1) @ self._layers).sum(axis=0) + self.arrays["hidden_bias"]
        hidden: Array = np.maximum(summed, 0, out=summed)
        return hidden

    def attended(self, features: TextFeatures) -> Array:
        """The hidden layer as each topic attends to it, shape (k, h)."""
        hidden = self._hidden(features.tokens)
        if not len(hidden):
            return np.zeros((len(self.thresholds), self.arrays["token"].shape[0]), np.float32)
        attended = hidden @ self.arrays["attend"] + self.arrays["attend_bias"]
        weights = np.exp(attended - attended.max(axis=0))
        return np.asarray((weights / weights.sum(axis=0)).T @ hidden, dtype=np.float32)

    def to_json(self) -> str:
        """The classifier as the text of its file; arrays in half precision."""
        arrays = {name: array_to_json(rows) for name, rows in self.arrays.items()}
        thresholds = _rounded(self.thresholds)
        data = {"fingerprint": self.fingerprint, "thresholds": thresholds, "arrays": arrays}
        if self.glossed:
            data["glossed"] = _weights_to_json(self.glossed)
        return json.dumps(data, indent=1)


def parse_classifier(text: str, name: str) -> Classifier:
    """Reads a classifier's file.

    Raises:
        CatalogueError: It is not what `Classifier.to_json` writes.
    """
    try:
        data = json.loads(text)
        arrays = {key: array_from_json(data["arrays"][key]) for key in _ARRAYS}
        glossed = _weights_in(data.get("glossed"))
        return Classifier(str(data["fingerprint"]), _thresholds_in(data), arrays, glossed)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CatalogueError(
            f"{name} is no classifier ({type(error).__name__}). Make it again with "
            "python -m training.fit_classifier, or remove it: the lexicon then decides alone."
        ) from None


def _weights_to_json(weights: ClassifierWeights) -> dict[str, Any]:
    arrays = {name: array_to_json(rows) for name, rows in weights.arrays.items()}
    words = "\n".join(f"{word} {' '.join(map(str, row))}" for word, row in weights.words.items())
    return {"thresholds": _rounded(weights.thresholds), "arrays": arrays, "words": words}


def _weights_in(data: Mapping[str, Any] | None) -> ClassifierWeights | None:
    if not data:
        return None
    arrays = {key: array_from_json(data["arrays"][key]) for key in _ARRAYS if key in data["arrays"]}
    lines = [line.split() for line in data.get("words", "").splitlines()]
    words = {word: tuple(map(float, row)) for word, *row in lines}
    return ClassifierWeights(_thresholds_in(data), arrays, words)


def _margins(thresholds: Mapping[str, Thresholds], scores: Sequence[float]) -> Mapping[str, float]:
    return {
        name: score - found
        for (name, (_, found, _)), score in zip(thresholds.items(), scores, strict=True)
    }


def _thresholds_in(data: Mapping[str, Any]) -> dict[str, Thresholds]:
    return {str(name): _thresholds(*row) for name, row in data["thresholds"].items()}


def _rounded(thresholds: Mapping[str, Thresholds]) -> dict[str, list[float]]:
    return {name: [round(float(b), 3) for b in row] for name, row in thresholds.items()}


def _thresholds(ruled_out: float, found: float, certain: float) -> Thresholds:
    return float(ruled_out), float(found), float(certain)


def crisis_classifier() -> Classifier:
    """The classifier of askdoc's own crisis blocks."""
    return fitted(_crisis_classifier_in, CRISIS_CLASSIFIER)


def _crisis_classifier_in(text: str) -> Classifier:
    return parse_classifier(text, CRISIS_CLASSIFIER.name)
