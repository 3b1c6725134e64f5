"""What a text is on, by its meaning: a small network over the word pieces of the embedding model.

Owns the network's file and its arithmetic. It finds wordings that no lexicon foresaw; whether a
finding counts is decided in `triage` and `topics`, vectors are made by whoever holds the model.
A network fits one model, by fingerprint. `python -m training.fit_recogniser` fits and writes it.
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
from askdoc.resources import array_from_json, array_to_json, fitted

Array = NDArray[np.float32]
Bounds = tuple[float, float, float]

CRISIS_RECOGNISER = Path(__file__).with_name("recogniser.json")

_ARRAYS = ("hidden", "hidden_bias", "attend", "attend_bias", "piece", "piece_bias", "whole")


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """A text as the embedding model reads it.

    Attributes:
        vector: Its unit vector, shape (d,).
        pieces: Its word pieces in their context, as several layers of the model have them side by
            side, shape (n, layers * d); each layer's part of a row has length one.
    """

    vector: Array
    pieces: Array


@dataclass(frozen=True, slots=True)
class Judgement:
    """Names of the topics that a question is on, for certain, and is plainly not on.

    What is certain is found too.

    Attributes:
        margins: For each text that was read, how far every topic's score is above the one from
            which it is found.
    """

    found: frozenset[str] = frozenset()
    ruled_out: frozenset[str] = frozenset()
    certain: frozenset[str] = frozenset()
    margins: tuple[Mapping[str, float], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """Weights of a network that were fitted to texts of another kind.

    Attributes:
        bounds: As of a `Recogniser`.
        arrays: By names in `_ARRAYS`; those left out are the network's own.
        words: What each of some words adds to the score of every topic.
    """

    bounds: Mapping[str, Bounds]
    arrays: Mapping[str, Array]
    words: Mapping[str, Sequence[float]] = field(default_factory=dict)


class Recogniser:
    """Tells for each of k topics how much speaks for it in a text.

    The score of a topic is attention-pooled over the pieces, after one hidden layer, plus a linear
    reading of the whole text's vector: Ilse, Tomczak and Welling, "Attention-based Deep Multiple
    Instance Learning" (2018), without its gate.
    """

    def __init__(
        self,
        fingerprint: str,
        bounds: Mapping[str, Bounds],
        arrays: Mapping[str, Array],
        windows: "Outputs | None" = None,
        glossed: "Outputs | None" = None,
    ) -> None:
        """Holds a fitted network.

        Args:
            fingerprint: Of the embedding model whose vectors it reads.
            bounds: For each topic, in the network's order, the score below which it is ruled
                out, the one from which it is found, and the one from which it is certain.
            arrays: The weights, by the names in `_ARRAYS`.
            windows: Other weights, for the windows of long messages.
            glossed: The same for texts in other languages, as `gloss` writes them in English.
        """
        self.windows = windows
        self.glossed = glossed
        self.fingerprint = fingerprint
        self.bounds = dict(bounds)
        self.arrays = arrays
        dimensions, width = len(arrays["whole"]), len(arrays["hidden_bias"])
        scale = np.float32(np.sqrt(dimensions))  # brings unit vectors to entries of about one
        self._layers = scale * arrays["hidden"].reshape(-1, dimensions, width)
        self._whole = scale * arrays["whole"]
        self._read = np.concatenate([arrays["attend"], arrays["piece"]], axis=1)
        self._read_bias = np.concatenate([arrays["attend_bias"], arrays["piece_bias"]])
        self._of_windows = self._with(windows) if windows else self
        self._of_glosses = self._with(glossed) if glossed else self

    def judge(self, meanings: Sequence[Meaning]) -> Judgement:
        """What some texts together are on: a topic's greatest score in any of them counts."""
        return self._judged([self.scores(meaning) for meaning in meanings])

    def judge_windows(self, meanings: Sequence[Meaning]) -> Judgement:
        """What the windows of a long message are on.

        Torn from what stands around it, harmless prose often looks grave to weights that were
        fitted to questions: windows have their own.
        """
        return self._of_windows.judge(meanings)

    def judge_glossed(self, glosses: Sequence[str], meanings: Sequence[Meaning]) -> Judgement:
        """What texts in another language are on: their words in English, and what these mean."""
        if self.glossed is None:
            return self.judge(meanings)
        words, none = self.glossed.words, [0.0] * len(self.bounds)
        scores = [
            self._of_glosses.scores(meaning)
            + np.array([words.get(word, none) for word in {*gloss.split()}], np.float32).sum(axis=0)
            for gloss, meaning in zip(glosses, meanings, strict=True)
        ]
        return self._of_glosses._judged(scores)

    def _with(self, outputs: Outputs) -> "Recogniser":
        """The same network with other weights."""
        return Recogniser(self.fingerprint, outputs.bounds, {**self.arrays, **outputs.arrays})

    def _judged(self, scores: Sequence[Array]) -> Judgement:
        if not scores:
            return Judgement()
        bounds, best = self.bounds, reduce(np.maximum, scores).tolist()
        scored = [(*row, score) for row, score in zip(bounds.items(), best, strict=True)]
        return Judgement(
            frozenset([name for name, bounds, score in scored if score >= bounds[1]]),
            frozenset([name for name, bounds, score in scored if score < bounds[0]]),
            frozenset([name for name, bounds, score in scored if score >= bounds[2]]),
            tuple(_margins(bounds, row.tolist()) for row in scores),
        )

    def scores(self, meaning: Meaning) -> Array:
        """The score of every topic in one text, shape (k,)."""
        whole = meaning.vector @ self._whole
        if not len(meaning.pieces):
            return np.asarray(whole + self.arrays["piece_bias"], dtype=np.float32)
        read = self._hidden(meaning.pieces) @ self._read + self._read_bias
        attended, said = read[:, : len(self.bounds)], read[:, len(self.bounds) :]
        weights = np.exp(attended - attended.max(axis=0))
        pooled = (weights * said).sum(axis=0) / weights.sum(axis=0)
        return np.asarray(pooled + whole, dtype=np.float32)

    def _hidden(self, pieces: Array) -> Array:
        """The hidden layer of word pieces of shape (n, layers * d): an (n, h) array."""
        layers, dimensions, _ = self._layers.shape
        # The last layers stand last: it reads as many of them as it was fitted to.
        read = pieces[:, -layers * dimensions :].reshape(len(pieces), layers, dimensions)
        summed = (read.swapaxes(0, 1) @ self._layers).sum(axis=0) + self.arrays["hidden_bias"]
        hidden: Array = np.maximum(summed, 0, out=summed)
        return hidden

    def attended(self, meaning: Meaning) -> Array:
        """The hidden layer as each topic attends to it, shape (k, h)."""
        hidden = self._hidden(meaning.pieces)
        if not len(hidden):
            return np.zeros((len(self.bounds), self.arrays["piece"].shape[0]), np.float32)
        attended = hidden @ self.arrays["attend"] + self.arrays["attend_bias"]
        weights = np.exp(attended - attended.max(axis=0))
        return np.asarray((weights / weights.sum(axis=0)).T @ hidden, dtype=np.float32)

    def to_json(self) -> str:
        """The network as the text of its file; arrays in half precision."""
        arrays = {name: array_to_json(rows) for name, rows in self.arrays.items()}
        bounds = _rounded(self.bounds)
        data = {"fingerprint": self.fingerprint, "bounds": bounds, "arrays": arrays}
        for name, outputs in (("windows", self.windows), ("glossed", self.glossed)):
            if outputs:
                data[name] = _outputs_to_json(outputs)
        return json.dumps(data, indent=1)


def parse_recogniser(text: str, name: str) -> Recogniser:
    """Reads a network's file.

    Raises:
        CatalogueError: It is not what `Recogniser.to_json` writes.
    """
    try:
        data = json.loads(text)
        arrays = {key: array_from_json(data["arrays"][key]) for key in _ARRAYS}
        windows, glossed = (_outputs_in(data.get(key)) for key in ("windows", "glossed"))
        return Recogniser(str(data["fingerprint"]), _bounds_in(data), arrays, windows, glossed)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CatalogueError(
            f"{name} is no recogniser ({type(error).__name__}). Make it again with "
            "python -m training.fit_recogniser, or remove it: the lexicon then decides alone."
        ) from None


def _outputs_to_json(outputs: Outputs) -> dict[str, Any]:
    arrays = {name: array_to_json(rows) for name, rows in outputs.arrays.items()}
    words = "\n".join(f"{word} {' '.join(map(str, row))}" for word, row in outputs.words.items())
    return {"bounds": _rounded(outputs.bounds), "arrays": arrays, "words": words}


def _outputs_in(data: Mapping[str, Any] | None) -> Outputs | None:
    if not data:
        return None
    arrays = {key: array_from_json(data["arrays"][key]) for key in _ARRAYS if key in data["arrays"]}
    lines = [line.split() for line in data.get("words", "").splitlines()]
    words = {word: tuple(map(float, row)) for word, *row in lines}
    return Outputs(_bounds_in(data), arrays, words)


def _margins(bounds: Mapping[str, Bounds], scores: Sequence[float]) -> Mapping[str, float]:
    return {
        name: score - found
        for (name, (_, found, _)), score in zip(bounds.items(), scores, strict=True)
    }


def _bounds_in(data: Mapping[str, Any]) -> dict[str, Bounds]:
    return {str(name): _bounds(*row) for name, row in data["bounds"].items()}


def _rounded(bounds: Mapping[str, Bounds]) -> dict[str, list[float]]:
    return {name: [round(float(b), 3) for b in row] for name, row in bounds.items()}


def _bounds(ruled_out: float, found: float, certain: float) -> Bounds:
    return float(ruled_out), float(found), float(certain)


def crisis_recogniser() -> Recogniser:
    """The network for askdoc's own crisis blocks."""
    return fitted(_crisis_recogniser_in, CRISIS_RECOGNISER)


def _crisis_recogniser_in(text: str) -> Recogniser:
    return parse_recogniser(text, CRISIS_RECOGNISER.name)
