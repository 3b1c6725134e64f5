"""Fits the probability that an article answers, and writes its coefficients for review.

Usage: python evals/fit_abstention.py DATA [--write]

DATA holds squad2/ and medquad/. Half of the articles of each (by a hash of their names) and the
`dev` questions on kratom are fitted on; every figure printed is of the others. No weight may be
negative: more evidence never makes an answer less likely, which is what a person expects, and what
carried over to articles not seen.

The prior is fitted first. What it says of a question that it was fitted on is not to be believed;
for those the logistic model sees what a prior says that was fitted on other articles. The adapter
saw the half that is fitted on, too: run `fit_adapter.py` before this.
"""

import argparse
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from asked import Asked, everyday_questions, half, kratom, readers
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from askdoc import build_index
from askdoc.answering.answerability import (
    COEFFICIENTS,
    Evidence,
    evidence,
    weight_of_the_prior,
)
from askdoc.answering.prior import PRIOR, Prior
from askdoc.embedding import load_embedder
from askdoc.evaluation.abstention import abstention_f1, auroc
from askdoc.evaluation.collections import made_document
from askdoc.evaluation.lines import rows
from askdoc.index import PassageIndex

PASSAGES = 5
ARTICLES = 100
EVERYDAY = 6
RIDGE = 1e-4
# Every kind of question counts the same, but for three things: near misses are as near as can be,
# what is typed into any chat is far off, and nobody puts most questions to an article that does not
# answer them. The last counts less where evidence is so weak, without word pieces, that nothing
# would be refused any more.
SHARES = {"squad2 answered": 0.35, "squad2 near miss": 0.35, "everyday": 0.5}
ANSWERED_SHARE = 3.0
# With word pieces the probabilities are then stretched and shifted to be true where three of four
# questions have an answer, as in evals/kratom. The order of questions stays.
ASKED_SHARE = 4.0
PIECES = ("pieces", "weakest", "matched", "stands_out")
# The strength of the prior's weights (scikit-learn's C, for vectors with entries of about one):
# a third or three times as much is as good.
PRIOR_STRENGTH = 0.001
# What reads like an answer speaks for one only where the subject is right: a greater weight finds
# out more absent sections, and lets other articles' questions pass. The prior knows the articles
# of these collections best.
MOST = {"adapted": 1.5, "prior": 1.0}


@dataclass(frozen=True)
class Sample:
    """A question's evidence and vector, whether its article answers it, its kind and half."""

    kind: str
    article: str
    held_out: bool
    answerable: bool
    evidence: Evidence
    vector: np.ndarray


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    found = [
        *squad2(options.data),
        *medquad(options.data),
        *of_hand("readers", readers(options.data)),
        *of_hand("kratom", kratom()),
        *everyday((*readers(options.data), *kratom())),
    ]
    print(Counter((s.kind, s.held_out, s.answerable) for s in found))
    prior, samples = with_prior(found)
    names = [field.name for field in fields(Evidence)]
    plain = [name for name in names if name not in PIECES]
    fitted = {
        "with_pieces": calibrated(samples, fit(samples, names, ANSWERED_SHARE)),
        "without_pieces": fit(samples, plain, 2.0),
    }
    for name, model in fitted.items():
        print(name, json.dumps(model))
        show(samples, model)
    if options.write:
        COEFFICIENTS.write_text(json.dumps(fitted, indent=1) + "\n", encoding="utf-8")
        PRIOR.write_text(prior.to_json() + "\n", encoding="utf-8")


def squad2(data: Path) -> Iterator[Sample]:
    """Questions to the article they are about; half of them have no answer there."""
    asked = defaultdict(list)
    for row in rows(data / "squad2" / "questions.jsonl"):
        asked[row["article"]].append(row)
    texts = defaultdict(list)
    for row in rows(data / "squad2" / "corpus.jsonl"):
        texts[row["_id"].rsplit("-", 1)[0]].append(row)
    for name, questions in asked.items():
        documents = [made_document(r["_id"], r["title"], r["text"]) for r in texts[name]]
        index = build_index(documents)
        for row in random.Random(name).sample(questions, min(len(questions), 120)):
            kind = "squad2 answered" if row["answerable"] else "squad2 near miss"
            yield sample(kind, name, half(name), row["answerable"], index, row["question"])


def medquad(data: Path) -> Iterator[Sample]:
    """Questions to an article with, and without, their section; and about other articles."""
    articles = list(rows(data / "medquad" / "articles.jsonl"))
    forms = question_forms(articles)
    chosen = random.Random(0).sample(articles, ARTICLES)
    for number, article in enumerate(chosen):
        name, sections = article["id"], article["sections"]
        held_out = half(name)
        index = build_index(
            made_document(str(at), article["focus"], section["text"])
            for at, section in enumerate(sections)
        )
        for section in sections:
            yield sample("medquad answered", name, held_out, True, index, section["question"])
        there = {section["qtype"] for section in sections}
        for form in [form for qtype, form in forms.items() if qtype not in there]:
            question = form.format(article["focus"])
            yield sample("medquad absent section", name, held_out, False, index, question)
        other = chosen[number - 1]
        for section in other["sections"]:
            question = section["question"]
            yield sample("medquad other article", name, held_out, False, index, question)


def question_forms(articles: list[dict]) -> dict[str, str]:
    """The commonest wording of each type of question, with {} for the subject."""
    wordings = defaultdict(Counter)
    for article in articles:
        for section in article["sections"]:
            before, subject, after = section["question"].partition(article["focus"])
            if subject and "{" not in before + after:
                wordings[section["qtype"]][before + "{}" + after] += 1
    return {qtype: counts.most_common(1)[0][0] for qtype, counts in wordings.items()}


def of_hand(kind: str, questions: Iterable[Asked]) -> Iterator[Sample]:
    """Questions of this folder, with an answer and without."""
    for asked in questions:
        named = f"{kind} answered" if asked.gold else f"{kind} absent"
        yield sample(
            named, asked.article, asked.held_out, bool(asked.gold), asked.index, asked.question
        )


def everyday(asked: Iterable[Asked]) -> Iterator[Sample]:
    """What people type into any chat, put to the same articles."""
    indexes = {(one.article, one.held_out): one.index for one in asked}
    for (article, held_out), index in indexes.items():
        typed = everyday_questions(held_out)
        for question in random.Random(article).sample(typed, EVERYDAY):
            yield sample("everyday", article, held_out, False, index, question)


def sample(
    kind: str, article: str, held_out: bool, answerable: bool, index: PassageIndex, question: str
) -> Sample:
    hits = index.search(question, PASSAGES)
    found = evidence(question, hits, index)
    vector = index.embedder.encode([question])[0]
    return Sample(kind, article, held_out, answerable, found, vector)


def with_prior(samples: list[Sample]) -> tuple[Prior, list[Sample]]:
    """The prior of the samples fitted on, and all of them with what a prior of others says.

    What is typed into any chat is not fitted on: an article on cars answers questions on cars.
    """
    seen = [s for s in samples if not s.held_out and s.kind != "everyday"]
    prior = fit_prior(seen)
    said = {id(s): prior.log_odds(s.vector) for s in samples}
    groups = [s.article for s in seen]
    for others, own in GroupKFold(8).split(seen, groups=groups):
        of_others = fit_prior([seen[at] for at in others])
        said |= {id(seen[at]): of_others.log_odds(seen[at].vector) for at in own}
    return prior, [replace(s, evidence=with_odds(s.evidence, said[id(s)])) for s in samples]


def with_odds(found: Evidence, log_odds: float) -> Evidence:
    """Evidence with what another prior says."""
    return replace(found, prior=log_odds * weight_of_the_prior(found.sentence))


def fit_prior(samples: list[Sample]) -> Prior:
    """Logistic regression on the vectors; both answers weigh the same."""
    vectors = np.array([s.vector for s in samples])
    scale = vectors.shape[1] ** 0.5
    model = LogisticRegression(C=PRIOR_STRENGTH, class_weight="balanced", max_iter=2000)
    model.fit(scale * vectors, [s.answerable for s in samples])
    weights = (scale * model.coef_[0]).astype(np.float32)
    return Prior(load_embedder().fingerprint, weights, float(model.intercept_[0]))


def fit(samples: list[Sample], names: list[str], answered: float) -> dict:
    """Logistic regression with weights of 0 or more, by maximum likelihood."""
    seen = [s for s in samples if not s.held_out]
    inputs = np.column_stack([matrix(seen, names), np.ones(len(seen))])
    counts = shares(seen, answered)
    signs = np.where([s.answerable for s in seen], 1.0, -1.0)

    def loss(weights: np.ndarray) -> float:
        fits = counts @ np.logaddexp(0, -signs * (inputs @ weights))
        return float(fits + RIDGE * (weights[:-1] ** 2).sum())

    bounds = [*((0, MOST.get(name)) for name in names), (None, None)]
    found = minimize(loss, np.zeros(len(names) + 1), method="L-BFGS-B", bounds=bounds).x
    weights = {n: round(float(w), 3) for n, w in zip(names, found, strict=False) if w > 0.001}
    return {"bias": round(float(found[-1]), 3), "weights": weights}


def calibrated(samples: list[Sample], model: dict) -> dict:
    """The model with its log odds stretched and shifted, after Platt (1999)."""
    seen = [s for s in samples if not s.held_out]
    odds = log_odds(seen, model)
    counts, signs = shares(seen), np.where([s.answerable for s in seen], 1.0, -1.0)

    def loss(line: np.ndarray) -> float:
        return float(counts @ np.logaddexp(0, -signs * (line[0] * odds + line[1])))

    slope, shift = minimize(loss, np.array([1.0, 0.0]), bounds=[(0.1, 10), (None, None)]).x
    weights = {name: round(float(slope * w), 3) for name, w in model["weights"].items()}
    return {"bias": round(float(slope * model["bias"] + shift), 3), "weights": weights}


def shares(samples: list[Sample], answered: float = ASKED_SHARE) -> np.ndarray:
    """How much each question counts; all of them together count 1."""
    sizes = Counter(s.kind for s in samples)
    counts = np.array([1 / sizes[s.kind] for s in samples])
    counts *= [SHARES.get(s.kind, 1.0) for s in samples]
    counts *= [answered if s.answerable else 1 for s in samples]
    return counts / counts.sum()


def matrix(samples: list[Sample], names: list[str]) -> np.ndarray:
    return np.array([[getattr(s.evidence, name) for name in names] for s in samples])


def log_odds(samples: list[Sample], model: dict) -> np.ndarray:
    weights = model["weights"]
    return matrix(samples, list(weights)) @ list(weights.values()) + model["bias"]


def probabilities(samples: list[Sample], model: dict) -> np.ndarray:
    return 1 / (1 + np.exp(-log_odds(samples, model)))


def show(samples: list[Sample], model: dict) -> None:
    held = [s for s in samples if s.held_out]
    for absent, answered in [
        ("squad2 near miss", "squad2 answered"),
        ("medquad absent section", "medquad answered"),
        ("medquad other article", "medquad answered"),
        ("readers absent", "readers answered"),
        ("kratom absent", "kratom answered"),
        ("everyday", "readers answered"),
    ]:
        rows_ = [s for s in held if s.kind in {absent, answered}]
        sure, truth = probabilities(rows_, model), [s.answerable for s in rows_]
        f1 = abstention_f1((sure < 0.5).tolist(), [not t for t in truth])
        print(f"  {absent}: AUROC {auroc(sure, truth):.3f} F1 {f1:.3f} n {len(rows_)}")
    sure, truth = probabilities(held, model), [s.answerable for s in held]
    print(f"  all: AUROC {auroc(sure, truth):.3f} ECE {weighted_error(held, sure):.3f}")


def weighted_error(samples: list[Sample], sure: np.ndarray) -> float:
    """Expected calibration error, each question counting as in `calibrated`."""
    counts, truth = shares(samples), np.array([s.answerable for s in samples])
    places = np.minimum((sure * 10).astype(int), 9)
    return sum(abs((counts * (sure - truth))[places == place].sum()) for place in range(10))


if __name__ == "__main__":
    main()
