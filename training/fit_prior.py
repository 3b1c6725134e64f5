"""Fits the prior, how often articles answer a question put like this one: `training.fit_prior`.

Run: python -m training.fit_prior DATA [--write]

DATA holds squad2/ and medquad/. Half of the articles of each (by a hash of their names) and the
`dev` questions on kratom are fitted on; every figure printed is of the others. `--write` replaces
`src/askdoc/answering/prior.json`.
"""

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from askdoc.answering.answerability import PRIOR, Prior
from askdoc.embedding import load_embedder
from askdoc.evaluation.lines import rows
from training.asked import Asked, is_held_out, kratom, readers

ARTICLES = 100
QUESTIONS_PER_ARTICLE = 120
INVERSE_RIDGE = 0.001
"""scikit-learn's C, for vectors with entries of about one: a third or three times as much is as
good."""


@dataclass(frozen=True)
class Sample:
    """A question's vector, whether its article answers it, its kind and half."""

    kind: str
    article: str
    held_out: bool
    answerable: bool
    vector: NDArray[np.float32]


def main() -> None:
    """Reads the command line, fits, and prints an AUROC for each kind."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    samples = [
        *squad2(options.data),
        *medquad(options.data),
        *of_hand("readers", readers(options.data)),
        *of_hand("kratom", kratom()),
    ]
    print(Counter((s.kind, s.held_out, s.answerable) for s in samples))
    prior = fit_prior([s for s in samples if not s.held_out], load_embedder().fingerprint)
    for kind in sorted({s.kind for s in samples}):
        held = [s for s in samples if s.held_out and s.kind == kind]
        truth = [s.answerable for s in held]
        odds = [prior.log_odds(s.vector) for s in held]
        print(f"{kind}: AUROC {roc_auc_score(truth, odds):.3f} n {len(held)}")
    if options.write:
        PRIOR.write_text(prior.to_json() + "\n", encoding="utf-8")


def squad2(data: Path) -> Iterator[Sample]:
    """Questions to the article they are about; half of them have no answer there."""
    asked = defaultdict(list)
    for row in rows(data / "squad2" / "questions.jsonl"):
        asked[row["article"]].append(row)
    for name, questions in asked.items():
        most = min(len(questions), QUESTIONS_PER_ARTICLE)
        for row in random.Random(name).sample(questions, most):
            yield sample("squad2", name, is_held_out(name), row["answerable"], row["question"])


def medquad(data: Path) -> Iterator[Sample]:
    """Questions to an article with, and without, their section; and about other articles."""
    articles = list(rows(data / "medquad" / "articles.jsonl"))
    forms = question_forms(articles)
    chosen = random.Random(0).sample(articles, ARTICLES)
    for article in chosen:
        name, sections = article["id"], article["sections"]
        held_out = is_held_out(name)
        for section in sections:
            yield sample("medquad", name, held_out, True, section["question"])
        there = {section["qtype"] for section in sections}
        for form in [form for qtype, form in forms.items() if qtype not in there]:
            question = form.format(article["focus"])
            yield sample("medquad", name, held_out, False, question)


def question_forms(articles: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The commonest wording of each type of question, with {} for the subject."""
    wordings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for article in articles:
        for section in article["sections"]:
            before, subject, after = section["question"].partition(article["focus"])
            if subject and "{" not in before + after:
                wordings[section["qtype"]][before + "{}" + after] += 1
    return {qtype: counts.most_common(1)[0][0] for qtype, counts in wordings.items()}


def of_hand(kind: str, questions: Iterable[Asked]) -> Iterator[Sample]:
    """Questions of `evals/`, with an answer and without."""
    for asked in questions:
        yield sample(kind, asked.article, asked.held_out, bool(asked.gold), asked.question)


def sample(kind: str, article: str, held_out: bool, answerable: bool, question: str) -> Sample:
    """A question with its vector."""
    vector = load_embedder().encode([question])[0]
    return Sample(kind, article, held_out, answerable, vector)


def fit_prior(samples: Sequence[Sample], fingerprint: str) -> Prior:
    """Logistic regression on the vectors; both answers weigh the same."""
    vectors = np.array([s.vector for s in samples])
    scale = vectors.shape[1] ** 0.5
    model = LogisticRegression(C=INVERSE_RIDGE, class_weight="balanced", max_iter=2000)
    model.fit(scale * vectors, [s.answerable for s in samples])
    weights = (scale * model.coef_[0]).astype(np.float32)
    return Prior(fingerprint, weights, float(model.intercept_[0]))


if __name__ == "__main__":
    main()
