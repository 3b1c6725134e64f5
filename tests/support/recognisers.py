"""A small recogniser of random weights."""

import numpy as np

from askdoc.caveats import Recogniser

RNG = np.random.default_rng(7)
LAYERS = 2
SHAPES = {
    "hidden": (LAYERS * 6, 5),
    "hidden_bias": (5,),
    "attend": (5, 2),
    "attend_bias": (2,),
    "piece": (5, 2),
    "piece_bias": (2,),
    "whole": (6, 2),
}


def network(bounds=None):
    arrays = {
        name: RNG.normal(size=shape).astype(np.float16).astype(np.float32)
        for name, shape in SHAPES.items()
    }
    return Recogniser("f", bounds or {"fire": (-1.0, 1.0, 2.0), "flood": (0.0, 0.0, 0.0)}, arrays)
