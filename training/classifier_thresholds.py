"""The scores from which a classifier's topic counts, chosen on rows it was not fitted to.

Of each topic three are found: below the first it is ruled out, from the second it is found, from
the third it is certain. The first two are those with which lexicon and network
together do best: `WORTH` times the share of its questions found, less the share of its near misses,
less `STRAY` times the share of the questions on other topics that bring it up, less `ALARM` times
that of everyday questions. Of emergencies at least the share `LEAST` is found, whatever that costs.
An emergency's third is the lowest that at most the share `SILENT` of everyday questions reaches.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from askdoc.caveats import Catalogue
from askdoc.caveats.blocks import crisis
from askdoc.caveats.classifier import Thresholds
from training.classifier_data import Row

WORTH = {"emergency": 8.0, "urgent": 3.0, "caution": 1.5, "info": 1.5}
LEAST = {"emergency": 0.985, "urgent": 0.97}
STRAY, ALARM = 4.0, 4.0
SILENT = 0.004
CERTAIN = 2.5
"""The score from which a topic that is no emergency may silence the article."""
DOUBT = np.arange(0, 5.1, 0.5)
GRID = np.arange(-4, 6.1, 0.25)


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Rows with the scores of one topic, and whether the lexicon brings it up.

    Attributes:
        scores: Of each row.
        certain: The lexicon brings it up for certain.
        weak: It does by weak words.
        on_it: It must come up.
        near: It must not, and the row looks like it.
        other: The row is on other topics.
        everyday: The row is an everyday question in English.
    """

    scores: NDArray[np.float32]
    certain: NDArray[np.bool_]
    weak: NDArray[np.bool_]
    on_it: NDArray[np.bool_]
    near: NDArray[np.bool_]
    other: NDArray[np.bool_]
    everyday: NDArray[np.bool_]

    def shares(self, low: float, high: float) -> tuple[float, float, float, float]:
        """Of its questions, near misses, other topics' and everyday questions: how many have it."""
        up = self.certain | (self.scores >= high) | (self.weak & (self.scores >= low))
        groups = (self.on_it, self.near, self.other, self.everyday)
        return tuple(float(up[group].mean()) if group.any() else 0.0 for group in groups)  # type: ignore[return-value]


def lexicon(question: str, catalogue: Catalogue) -> tuple[frozenset[str], frozenset[str]]:
    """The topics that the lexicon brings up for certain, and by weak words."""
    by_crisis, by_topic = crisis().matcher.match(question), catalogue.matcher.match(question)
    entries = [
        *((by_crisis, block.caveat.id, block.rules, block.weak) for block in crisis().blocks),
        *((by_topic, topic.id, topic.rules, topic.weak) for topic in catalogue.topics),
    ]
    certain = frozenset(id for matches, id, rules, _ in entries if matches.fires(rules))
    weak = frozenset(id for matches, id, _, words in entries if matches.fires(words))
    return certain, weak - certain


def scored(
    topic: str,
    rows: Sequence[Row],
    scores: NDArray[np.float32],
    lexicons: Sequence[tuple[frozenset[str], frozenset[str]]],
) -> Scored:
    """What `thresholds_of` weighs for one topic, of rows in English."""
    on_it = np.array([topic in row.caveats for row in rows])
    near = np.array([topic in row.forbid and row.kind != "everyday" for row in rows])
    return Scored(
        scores,
        np.array([topic in certain for certain, _ in lexicons]),
        np.array([topic in weak for _, weak in lexicons]),
        on_it,
        near,
        ~on_it & ~near & np.array([bool(row.caveats) for row in rows]),
        np.array([row.kind == "everyday" for row in rows]),
    )


def thresholds_of(found: Scored, grade: str) -> Thresholds:
    """The three scores of a topic of that severity."""

    def gain(pair: tuple[float, float]) -> float:
        right, fired, strayed, alarmed = found.shares(*pair)
        return WORTH[grade] * right - fired - STRAY * strayed - ALARM * alarmed

    pairs = [(float(high - doubt), float(high)) for high in GRID for doubt in DOUBT]
    most = max(found.shares(*pair)[0] for pair in pairs)
    least = min(most, LEAST.get(grade, 0.0))
    low, high = max((p for p in pairs if found.shares(*p)[0] >= least), key=gain)
    return low, high, _trusted(found, high) if grade == "emergency" else max(high, CERTAIN)


def _trusted(found: Scored, high: float) -> float:
    silent = found.scores[found.everyday & ~found.on_it]
    quiet = [threshold for threshold in GRID if float((silent >= threshold).mean()) <= SILENT]
    return max(high, float(min(quiet, default=GRID[-1])))


def report(topic: str, found: Scored, thresholds: Thresholds) -> str:
    """One line: the thresholds, and what they give."""
    told = zip(("found", "near", "other", "everyday"), found.shares(*thresholds[:2]), strict=True)
    alone = float((found.scores[found.on_it] >= thresholds[2]).mean())
    numbers = " ".join(f"{threshold:5.2f}" for threshold in thresholds)
    return f"{topic:22} {numbers}  alone {alone:.3f}  " + "  ".join(
        f"{name} {share:.3f}" for name, share in told
    )


def summary(
    found: Mapping[str, Scored], thresholds: Mapping[str, Thresholds], grades: Mapping[str, str]
) -> str:
    """Of all topics of each severity together, the shares found and the near misses fired."""
    lines = []
    for grade in dict.fromkeys(grades.values()):
        ids = [topic for topic in found if grades[topic] == grade]
        shares = [found[topic].shares(*thresholds[topic][:2]) for topic in ids]
        right = np.average([s[0] for s in shares], weights=[found[t].on_it.sum() for t in ids])
        fired = np.average([s[1] for s in shares], weights=[found[t].near.sum() for t in ids])
        lines.append(f"{grade:9} found {right:.4f}  near misses fired {fired:.4f}")
    return "\n".join(lines)
