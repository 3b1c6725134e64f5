"""Output weights of a fitted classifier for texts of another kind.

Owns the fit for glossed texts: for each block a logistic regression over the hidden layer, the
whole text's vector and the score of the weights in use. And what a text to fit to is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from askdoc.caveats import Classifier
from askdoc.caveats.classifier import ClassifierWeights, Thresholds
from training.encodings import Encodings

Floats = NDArray[np.float64]

STEPS = 12


@dataclass(frozen=True, slots=True)
class Sample:
    """A text, the blocks that it is on, and how much it weighs."""

    text: str
    on: frozenset[str]
    weight: float


def fit(
    samples: Sequence[Sample],
    known: Classifier,
    encodings: Encodings,
    thresholds: Mapping[str, Thresholds],
    penalty: float,
    further: NDArray[np.float32],
) -> tuple[ClassifierWeights, Floats]:
    """Output weights for each of the k blocks of a classifier.

    Args:
        samples: What is fitted to, n texts.
        known: Whose hidden layer is kept, and from whose output weights the fit starts.
        encodings: Of all samples.
        thresholds: What the new weights' scores are held against.
        penalty: How much coefficients are held back.
        further: Further columns, of shape (n, w).

    Returns:
        The new weights, and the coefficients of the further columns, of shape (k, w).
    """
    weights = np.array([sample.weight for sample in samples])
    read = [known.attended(encodings[sample.text]) for sample in samples]
    scale = np.sqrt(len(known.arrays["whole"]))
    vectors = scale * np.stack([encodings[sample.text].vector for sample in samples])
    arrays = {
        name: np.array(known.arrays[name], np.float64) for name in ("token", "token_bias", "whole")
    }
    of_further = []
    for at, block in enumerate(known.thresholds):
        pooled = np.stack([rows[at] for rows in read])
        score = pooled @ arrays["token"][:, at] + arrays["token_bias"][at]
        score += vectors @ arrays["whole"][:, at]
        table = np.column_stack([score, pooled, vectors, further, np.ones(len(samples))])
        on_it = np.array([float(block in sample.on) for sample in samples])
        found = logistic(table.astype(np.float32), on_it, weights, penalty)
        widths = [1, pooled.shape[1], vectors.shape[1], further.shape[1]]
        (kept,), hidden, whole, last, bias = np.split(found, np.cumsum(widths))
        for name, new in (("token", hidden), ("whole", whole), ("token_bias", bias[0])):
            arrays[name][..., at] = kept * arrays[name][..., at] + new
        of_further.append(last)
    new_arrays = {name: rows.astype(np.float32) for name, rows in arrays.items()}
    return ClassifierWeights(thresholds, new_arrays), np.array(of_further)


def thresholds_from(
    thresholds: Mapping[str, tuple[float, float]], ruled_out: float
) -> dict[str, Thresholds]:
    """Of each block, by the scores from which it is found and certain, all three thresholds.

    A block is ruled out so far below the first.
    """
    return {block: (found - ruled_out, found, sure) for block, (found, sure) in thresholds.items()}


def logistic(
    table: NDArray[np.float32], on_it: Floats, weights: Floats, held_back: float
) -> Floats:
    """The coefficients of a logistic regression, whose first and last are hardly held back."""
    penalty = np.full(table.shape[1], held_back)
    penalty[0], penalty[-1] = 1.0, 1e-3
    found = np.zeros(table.shape[1])

    def loss(tried: Floats) -> float:
        z = table @ tried
        held = 0.5 * float((penalty * tried * tried).sum())
        return float((weights * (np.logaddexp(0, z) - on_it * z)).sum()) + held

    for _ in range(STEPS):
        likely = 1 / (1 + np.exp(-np.clip(table @ found, -30, 30)))
        slope = table.T @ (weights * (likely - on_it)) + penalty * found
        curve = (weights * likely * (1 - likely)).astype(np.float32)
        step = np.linalg.solve((table * curve[:, None]).T @ table + np.diag(penalty), slope)
        before = loss(found)
        while loss(found - step) > before and np.abs(step).max() > 1e-6:
            step = step / 2
        found = found - step
    return found
