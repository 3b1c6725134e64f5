"""How near resolved follow-up questions come to the same questions asked in full.

    python -m benchmarks.followups DATA

DATA holds cast2019/. The measure is the cosine of both questions' vectors, over turns that have a
history; askdoc's way is compared with ignoring the history and with appending all of it.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from askdoc.embedding import load_embedder
from askdoc.evaluation.lines import rows
from askdoc.evaluation.statistics import compare
from askdoc.question.followups import leans, resolve

WAYS: dict[str, Callable[[str, list[str]], str]] = {
    "askdoc": resolve,
    "ignore history": lambda question, history: question,
    "append everything": lambda question, history: " ".join([*history, question]),
}


def main() -> None:
    turns = list(rows(Path(sys.argv[1]) / "cast2019" / "turns.jsonl"))
    turns = [turn for turn in turns if turn["history"]]
    encode = load_embedder().encode
    wanted = encode([turn["resolved"] for turn in turns])
    agreement = {}
    for name, way in WAYS.items():
        vectors = encode([way(turn["question"], turn["history"]) for turn in turns])
        agreement[name] = dict(enumerate((vectors * wanted).sum(axis=1).tolist()))
        print(f"{name}: {np.mean(list(agreement[name].values())):.4f}")
    for other in list(WAYS)[1:]:
        print(other, compare(agreement["askdoc"], agreement[other]))
    print("detection: precision {:.3f}, recall {:.3f}".format(*detection(turns)))


def detection(turns: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """How well `leans` tells the turns that were rewritten when asked in full."""
    said = [leans(turn["question"]) for turn in turns]
    needed = [plain(turn["question"]) != plain(turn["resolved"]) for turn in turns]
    both = sum(s and n for s, n in zip(said, needed, strict=True))
    return both / sum(said), both / sum(needed)


def plain(question: str) -> str:
    """A question without case and closing marks."""
    return question.strip(" ?.").lower()


if __name__ == "__main__":
    main()
