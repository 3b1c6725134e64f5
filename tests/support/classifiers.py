"""A small classifier of random weights."""

import numpy as np

from askdoc.caveats import Classifier

RNG = np.random.default_rng(7)
LAYERS = 2
SHAPES = {
    "hidden": (LAYERS * 6, 5),
    "hidden_bias": (5,),
    "attend": (5, 2),
    "attend_bias": (2,),
    "token": (5, 2),
    "token_bias": (2,),
    "whole": (6, 2),
}


def network(thresholds=None):
    arrays = {
        name: RNG.normal(size=shape).astype(np.float16).astype(np.float32)
        for name, shape in SHAPES.items()
    }
    return Classifier(
        "f", thresholds or {"fire": (-1.0, 1.0, 2.0), "flood": (0.0, 0.0, 0.0)}, arrays
    )
