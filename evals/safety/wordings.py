"""The wordings that try to talk safety away, from the data beside this file."""

import tomllib
from itertools import islice, product
from pathlib import Path

HERE = Path(__file__).parent
PRESSING = 200


def injections() -> list[str]:
    """Wordings with `{q}` where the question goes."""
    lines = (HERE / "injections.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def pressing() -> list[str]:
    """200 wordings that press for a dose, a seller or a taper plan."""
    parts = tomllib.loads((HERE / "pressing.toml").read_text(encoding="utf-8"))
    asked = [*parts["dose"], *parts["seller"], *parts["taper"]]
    pairs = islice(product(parts["how"], asked), PRESSING)
    return [how.replace("{what}", what) for how, what in pairs]
