"""Fits how sentences are chosen and when askdoc abstains: `python -m training.answering DATA`.

DATA holds `squad2/` and `medquad/`. Two logistic models: whether a sentence answers
(`selection.json`), and whether the article does (`answerability.json`), each for every kind of
evidence there can be: with the reader or the search alone, with token embeddings or vectors alone.
What is held out is reported with 95 % intervals, never fitted.
"""

import argparse
import json
import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import bootstrap
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import GroupKFold

from askdoc.answering.answerability import (
    COEFFICIENTS,
    THRESHOLD,
    TYPED_SENTENCES,
    Evidence,
    evidence,
)
from askdoc.answering.quoting import MOST_QUOTES, SECOND_QUOTE_LEAST, SECOND_QUOTE_MARGIN
from askdoc.answering.selection import (
    READ,
    READER_FEATURES,
    WEIGHTS,
    Features,
    Weighed,
    features_of,
    read_hits,
)
from askdoc.embedding import load_embedder
from askdoc.question.forms import answer_type
from askdoc.reading import Reader, load_reader
from training import answering_cases as cases

Array = NDArray[np.float64]

FEATURES = tuple(field.name for field in fields(Features))
EVIDENCE = tuple(field.name for field in fields(Evidence))
READER_EVIDENCE, SEARCH_EVIDENCE = ("read",), ("sentence",)
"""What is known with the reader alone, and what adds nothing beside it."""
RIDGE = 1e-3
ANSWERED_SHARE = {
    "reader, tokens": 1.0,
    "reader, vectors": 1.0,
    "search, tokens": 1.5,
    "search, vectors": 3.0,
}
"""How much more often than not readers ask what an article answers. The weaker the evidence, the
more questions must count as answered, or nothing would be."""


@dataclass(frozen=True)
class Sample:
    """A case as numbers.

    Attributes:
        sentences: The features of s sentences, (s, f).
        right: Which of them answer, (s,).
        texts: The sentences themselves.
        evidence: The evidence that the article answers, by name.
    """

    kind: str
    article: str
    held_out: bool
    question: str
    answerable: bool
    judged: bool
    sentences: Array
    right: NDArray[np.bool_]
    texts: tuple[str, ...]
    evidence: dict[str, float]


def sample(case: cases.Case, reader: Reader | None) -> Sample | None:
    """Searches, reads and gathers what is known; None where the search finds nothing."""
    hits = case.index.search(case.question, READ)
    readings = read_hits(reader, case.index, case.read_as or case.question, hits)
    rows = list(features_of(case.question, hits, readings))
    if not rows:
        return None
    weighed = Weighed(case.question, tuple(hits), readings, ())
    return Sample(
        kind=case.kind,
        article=case.article,
        held_out=case.held_out,
        question=case.question,
        answerable=case.answerable,
        judged=bool(case.gold),
        sentences=np.array([[getattr(f, name) for name in FEATURES] for _, _, f in rows]),
        right=np.array([case.is_right(hit.passage, span) for hit, span, _ in rows], dtype=bool),
        texts=tuple(hit.passage.sentence(span) for hit, span, _ in rows),
        evidence=asdict(evidence(case.question, case.index, weighed)),
    )


def gathered(data: Path, reader: Reader) -> Iterator[Sample]:
    """Samples of every list."""
    lists = (
        cases.calibration(),
        cases.fields(),
        cases.of_readers(data),
        cases.encyclopedia(data),
        cases.first_article(),
        cases.everyday(data),
    )
    for one in lists:
        yield from filter(None, (sample(case, reader) for case in one))


def gathered_by_vectors(data: Path, reader: Reader) -> Iterator[Sample]:
    """Samples of some lists, searched by vectors alone."""
    model = cases.VectorEmbedder(load_embedder())
    for one in (cases.fields(model), cases.encyclopedia(data, model), cases.everyday(data, model)):
        yield from filter(None, (sample(case, reader) for case in one))


@dataclass(frozen=True)
class Logistic:
    """A fitted logistic model over named columns."""

    names: tuple[str, ...]
    weights: Array
    bias: float

    def log_odds(self, rows: Array) -> Array:
        """Of (n, f) rows, (n,)."""
        odds: Array = rows @ self.weights + self.bias
        return odds

    def to_json(self) -> dict[str, object]:
        """Its weights by name, without those that do nothing."""
        kept = zip(self.names, self.weights.tolist(), strict=True)
        return {
            "bias": round(self.bias, 3),
            "weights": {name: round(weight, 4) for name, weight in kept if abs(weight) > 5e-4},
        }


def fit_logistic(
    names: Sequence[str],
    rows: Array,
    right: NDArray[np.bool_],
    counts: Array,
    bounds: Callable[[str], tuple[float | None, float | None]],
) -> Logistic:
    """Maximum likelihood with a ridge on scaled columns, each weight within its bounds."""
    scale = rows.std(axis=0) + 1e-9
    inputs = np.column_stack([rows / scale, np.ones(len(rows))])
    signs = np.where(right, 1.0, -1.0)
    counts = counts / counts.sum()

    def loss(weights: Array) -> tuple[float, Array]:
        """The loss and its gradient."""
        margins = signs * (inputs @ weights)
        slope = -(counts * signs / (1 + np.exp(margins))) @ inputs
        slope[:-1] += 2 * RIDGE * weights[:-1]
        fits = counts @ np.logaddexp(0, -margins)
        return float(fits + RIDGE * (weights[:-1] ** 2).sum()), slope

    limits = [*(bounds(name) for name in names), (None, None)]
    found = minimize(loss, np.zeros(len(names) + 1), jac=True, method="L-BFGS-B", bounds=limits).x
    return Logistic(tuple(names), found[:-1] / scale, float(found[-1]))


def fit_selection(samples: Sequence[Sample], names: Sequence[str]) -> Logistic:
    """Whether a sentence answers, from what is known of it; each question counts the same."""
    judged = [s for s in samples if s.judged or not s.answerable]
    columns = [FEATURES.index(name) for name in names]
    rows = np.vstack([s.sentences[:, columns] for s in judged])
    right = np.concatenate([s.right for s in judged])
    sizes = Counter(s.kind for s in judged)
    counts = np.concatenate([np.full(len(s.right), 1 / sizes[s.kind]) for s in judged])
    return fit_logistic(names, rows, right, counts, lambda name: (None, None))


def odds_of(model: Logistic, one: Sample) -> Array:
    """The log odds of each sentence of a sample."""
    return model.log_odds(one.sentences[:, [FEATURES.index(name) for name in model.names]])


def crossed(samples: Sequence[Sample], names: Sequence[str]) -> list[Array]:
    """The log odds of each sample's sentences by a model that did not see its article."""
    found: list[Array] = [np.zeros(0)] * len(samples)
    groups = [s.article for s in samples]
    for others, own in GroupKFold(min(8, len(set(groups)))).split(groups, groups=groups):
        model = fit_selection([samples[at] for at in others], names)
        for at in own:
            found[at] = odds_of(model, samples[at])
    return found


def quoted(odds: Array) -> list[int]:
    """Which sentences are quoted, best first, as `choose` does where no list is asked for."""
    order = np.argsort(-odds, kind="stable")[:MOST_QUOTES]
    least = max(odds[order[0]] - SECOND_QUOTE_MARGIN, SECOND_QUOTE_LEAST)
    return [int(at) for n, at in enumerate(order) if n == 0 or odds[at] >= least]


def with_selection(one: Sample, odds: Array) -> dict[str, float]:
    """A sample's evidence with what the selection says."""
    order = np.argsort(-odds, kind="stable")
    kind = answer_type(one.question)
    likeliest = [one.texts[at] for at in order[:TYPED_SENTENCES]]
    held = 1.0 if kind is None else float(kind.in_any(*likeliest))
    return {**one.evidence, "best": float(odds[order[0]]), "held": held}


def fit_answerability(
    samples: Sequence[Sample],
    evidences: Sequence[dict[str, float]],
    names: Sequence[str],
    share: float,
) -> Logistic:
    """Whether the article answers; more evidence never makes it less likely."""
    rows = np.array([[e[name] for name in names] for e in evidences])
    right = np.array([s.answerable for s in samples])
    sizes = Counter((s.kind, s.answerable) for s in samples)
    counts = np.array(
        [1 / sizes[s.kind, s.answerable] * (share if s.answerable else 1)
         for s in samples]
    )  # fmt: skip
    return fit_logistic(names, rows, right, counts, lambda name: (0, None))


def interval(values: Sequence[bool]) -> str:
    """A mean and its 95 % interval by bootstrap."""
    mean = float(np.mean(values))
    if len(set(values)) < 2:
        return f"{mean:.3f}"
    low, high = bootstrap(
        (np.array(values, float),), np.mean, n_resamples=2000, method="percentile", rng=0
    ).confidence_interval
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]"


def report(
    samples: Sequence[Sample],
    odds: Sequence[Array],
    sure: Array,
) -> None:
    """Prints what is held out, list by list."""
    for kind, held in sorted({(s.kind, s.held_out) for s in samples}):
        at = [i for i, s in enumerate(samples) if (s.kind, s.held_out) == (kind, held)]
        truth = [samples[i].answerable for i in at]
        chance = sure[at]
        line = f"{kind} {'held out' if held else 'fitted, crossed'} n={len(at)}"
        if len(set(truth)) == 2:
            line += f" AUROC {roc_auc_score(truth, chance):.3f}"
        answered = [bool(c >= THRESHOLD) for c, t in zip(chance, truth, strict=True) if t]
        declined = [bool(c < THRESHOLD) for c, t in zip(chance, truth, strict=True) if not t]
        line += f" declined {interval(declined)}" if declined else ""
        line += f" answered {interval(answered)}" if answered else ""
        if declined and answered:
            truly = [not t for t in truth]
            line += f" F1 {f1_score(truly, [c < THRESHOLD for c in chance]):.3f}"
        judged = [i for i in at if samples[i].judged]
        if judged:
            picks = [samples[i].right[quoted(odds[i])] for i in judged]
            line += (
                f"\n    right first {interval([bool(p[0]) for p in picks])}"
                f" somewhere {interval([bool(p.any()) for p in picks])}"
                f" clean {interval([bool(p.all()) for p in picks])}"
                f" padding {1 - np.mean(np.concatenate(picks)):.3f}"
            )
        print(line)


Fitted: TypeAlias = tuple[str, dict[str, object], dict[str, object]]
"""The kind of evidence, and the weights of both models as they are written."""


def fitted(samples: Sequence[Sample], *, reader: bool, tokens: bool) -> Fitted:
    """Fits both models for one kind of evidence and reports on what is held out."""
    name = f"{'reader' if reader else 'search'}, {'tokens' if tokens else 'vectors'}"
    names = tuple(n for n in FEATURES if reader or n not in READER_FEATURES)
    known = tuple(n for n in EVIDENCE if n not in (SEARCH_EVIDENCE if reader else READER_EVIDENCE))
    seen = [s for s in samples if not s.held_out]
    selection = fit_selection(seen, names)
    across = crossed(seen, names)
    evidences = [with_selection(s, o) for s, o in zip(seen, across, strict=True)]
    answerability = fit_answerability(seen, evidences, known, ANSWERED_SHARE[name])
    odds, chances = (
        list(across),
        [float(answerability.log_odds(np.array([[e[n] for n in known]]))[0]) for e in evidences],
    )
    held = [s for s in samples if s.held_out]
    for one in held:
        odds.append(odds_of(selection, one))
        row = with_selection(one, odds[-1])
        chances.append(float(answerability.log_odds(np.array([[row[n] for n in known]]))[0]))
    print(f"\n{name}: {answerability.to_json()}")
    sure = 1 / (1 + np.exp(-np.array(chances)))
    report([*seen, *held], odds, sure)
    return name, selection.to_json(), answerability.to_json()


def main() -> None:
    """Gathers, fits, reports; writes with --write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--keep", type=Path, help="keep the samples in this file, or take them")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    by_tokens, by_vectors = _samples(options.data, options.keep)
    selection, answerability = {}, {}
    for samples, tokens in ((by_tokens, True), (by_vectors, False)):
        for reader in (True, False):
            name, chosen, sure = fitted(samples, reader=reader, tokens=tokens)
            selection[name], answerability[name] = chosen, sure
    if options.write:
        WEIGHTS.write_text(json.dumps(selection, indent=1) + "\n", encoding="utf-8")
        COEFFICIENTS.write_text(json.dumps(answerability, indent=1) + "\n", encoding="utf-8")


def _samples(data: Path, keep: Path | None) -> tuple[list[Sample], list[Sample]]:
    if keep and keep.exists():
        kept: tuple[list[Sample], list[Sample]] = pickle.loads(keep.read_bytes())
        return kept
    reader = load_reader()
    if reader is None:
        raise SystemExit("Switch the reader on to fit with it.")
    found = list(gathered(data, reader)), list(gathered_by_vectors(data, reader))
    if keep:
        keep.write_bytes(pickle.dumps(found))
    return found


if __name__ == "__main__":
    main()
