"""Fits the adapter that turns a question's vector towards what answers it.

Usage: python evals/fit_adapter.py DATA [--write]

DATA holds squad2/ and medquad/. Half of the articles of each, the questions of evals/readers on
them, and the `dev` halves of those on the first article are fitted on; every figure printed is of
the others. `--write` puts that same fit into
`src/askdoc/embedding/adapter.json`.

The loss is what a search is judged by: the softmax over the passages, and over the sentences, that
compete for a question, with the scores of `Fusion`. Several fits of low rank from different starts
are averaged and cut to `RANK` again: what they do not share is noise.
"""

import argparse
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from asked import Asked, half, kratom, readers
from medquad_sections import collection
from torch import nn

from askdoc import build_index
from askdoc.embedding import QueryAdapter, load_embedder
from askdoc.evaluation.collections import read_collection, rows
from askdoc.index import FUSION, PassageIndex

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "src/askdoc/embedding/adapter.json"
RANK, FITS, EPOCHS, BATCH = 16, 5, 8, 16
DROPOUT, RATE, DECAY = 0.4, 3e-3, 0.3
COMPETITORS = 10
# How much sentences and passages count. A kratom question counts twice: there are few of them. Of
# medquad only the passages count: which sentence answers is not known.
WEIGHTS = {
    "squad2": (1.0, 1.0),
    "medquad": (0.0, 1.5),
    "readers": (1.0, 1.0),
    "kratom": (2.0, 2.0),
}
UNADAPTED = FUSION.adapted(0)


@dataclass(frozen=True, eq=False)
class Sample:
    """A question's vector, p passages and s sentences that compete for it, and which are right.

    `passages` and `sentences` are their vectors; `worded` is what else speaks for a passage,
    `fixed` for a sentence; `owners[i]` is the passage of sentence i.
    """

    kind: str
    held_out: bool
    vector: np.ndarray
    passages: np.ndarray
    worded: np.ndarray
    right: np.ndarray
    sentences: np.ndarray
    fixed: np.ndarray
    owners: np.ndarray
    right_sentences: np.ndarray


def main() -> None:
    torch.set_num_threads(1)  # the batches are small: more threads only wait for each other
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
    samples = [s for s in samples if s.right.any()]
    seen = [s for s in samples if not s.held_out]
    fits = [fit(seen, seed) for seed in range(FITS)]
    left, sizes, right = np.linalg.svd(np.mean(fits, axis=0))
    roots = np.sqrt(sizes[:RANK])
    adapter = QueryAdapter(
        load_embedder().fingerprint, left[:, :RANK] * roots, roots[:, None] * right[:RANK]
    )
    for kind in WEIGHTS:
        held = [s for s in samples if s.kind == kind and s.held_out]
        print(f"{kind}: {len(held)} questions, right passage first", end=" ")
        print(f"{first(held, None):.3f} as they are, {first(held, adapter):.3f} adapted")
    if options.write:
        TARGET.write_text(adapter.to_json() + "\n", encoding="utf-8")


def squad2(data: Path) -> Iterator[Sample]:
    """Questions to eight articles in one index; a sentence with an answer's words is right."""
    found = read_collection(data / "squad2")
    index = build_index(found.documents)
    for row in rows(data / "squad2" / "questions.jsonl"):
        if row["answerable"]:
            yield sample(
                index,
                "squad2",
                half(row["article"]),
                row["question"],
                lambda passage, span, row=row: (
                    passage.document_id == row["paragraph"]
                    and any(answer in passage.sentence(span) for answer in row["answers"])
                ),
            )


def medquad(data: Path) -> Iterator[Sample]:
    """Questions to one article each, whose sections have lost their headings."""
    for article in rows(data / "medquad" / "articles.jsonl"):
        found = collection(article)
        index = build_index(found.documents)
        for query in found.queries:
            yield sample(
                index,
                "medquad",
                half(article["id"]),
                query.text,
                lambda passage, _, query=query: passage.document_id == query.id,
            )


def of_hand(kind: str, questions: Iterable[Asked]) -> Iterator[Sample]:
    """Questions of this folder that their article answers."""
    for asked in questions:
        if asked.gold:
            yield sample(asked.index, kind, asked.held_out, asked.question, asked.is_right)


def sample(index: PassageIndex, kind: str, held_out: bool, question: str, is_right) -> Sample:
    hits = index.search(question, COMPETITORS, fusion=UNADAPTED)
    places = {passage.id: row for row, passage in enumerate(index.passages)}
    at = np.array([places[hit.passage.id] for hit in hits])
    held = index.store.vectors
    fixed, owners, right = [], [], []
    for owner, hit in enumerate(hits):
        scores = {s.span: s.score for s in hit.best_sentences}
        for span in hit.passage.sentences:
            fixed.append(scores[span])
            owners.append(owner)
            right.append(is_right(hit.passage, span))
    owners, right = np.array(owners), np.array(right)
    return Sample(
        kind,
        held_out,
        index.embedder.encode([question])[0],
        held.passages.reconstruct_batch(at),
        np.array(
            [
                FUSION.passage * hit.signals.passage + FUSION.lexical * hit.signals.lexical
                for hit in hits
            ],
            dtype=np.float32,
        ),
        np.array([right[owners == owner].any() for owner in range(len(hits))]),
        held.sentences.reconstruct_batch(held.sentences_of(at)[0]),
        np.array(fixed, dtype=np.float32),
        owners,
        right,
    )


class Network(nn.Module):
    """The adapter while it is learned; vectors are brought to entries of about one."""

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.scale = dimensions**0.5
        self.read = nn.Linear(dimensions, RANK, bias=False)
        self.add = nn.Linear(dimensions, RANK, bias=False)
        for layer in (self.read, self.add):
            nn.init.normal_(layer.weight, std=0.03)
        self.drop = nn.Dropout(DROPOUT)
        self.sharpness = nn.Parameter(torch.tensor(2.5))

    def added(self, vectors, others):
        """What is added to the inner products of b vectors with (b, n) others, times sharpness."""
        read = self.read(self.drop(self.scale * vectors))
        return torch.einsum("br,bnr->bn", read, self.add(self.drop(self.scale * others)))

    def forward(self, batch):
        """Logits of passages and of sentences."""
        sharpness = self.sharpness.exp()
        fixed = batch["fixed"] + self.added(batch["vector"], batch["sentences"]) / sharpness
        best = torch.full_like(batch["worded"], -9.0).scatter_reduce(
            1, batch["owners"], fixed, "amax"
        )
        own = self.added(batch["vector"], batch["passages"]) / sharpness
        scores = batch["worded"] + FUSION.passage * own + FUSION.sentence * best
        return sharpness * scores, sharpness * fixed

    def matrix(self) -> np.ndarray:
        """The (d, d) map that is added to a unit vector."""
        product = self.read.weight.T @ self.add.weight / self.sharpness.exp()
        return (self.scale**2 * product).detach().numpy()


def fit(samples: list[Sample], seed: int) -> np.ndarray:
    torch.manual_seed(seed)
    order = random.Random(seed)
    like = sorted(samples, key=lambda s: len(s.owners) + order.random() * 5)
    batches = [batch_of(like[at : at + BATCH]) for at in range(0, len(like), BATCH)]
    network = Network(len(samples[0].vector))
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, RATE, total_steps=EPOCHS * len(batches)
    )
    for _ in range(EPOCHS):
        order.shuffle(batches)
        for batch in batches:
            passages, sentences = network(batch)
            loss = batch["weights"][:, 1] * missed(passages, batch["right"])
            loss += batch["weights"][:, 0] * missed(sentences, batch["right_sentences"])
            optimiser.zero_grad()
            loss.mean().backward()
            optimiser.step()
            schedule.step()
    return network.eval().matrix()


def missed(logits, right):
    """Minus the log of the share that softmax gives to what is right."""
    return logits.logsumexp(1) - logits.masked_fill(~right, -1e4).logsumexp(1)


def batch_of(samples: list[Sample]) -> dict[str, torch.Tensor]:
    def padded(name: str, fill=0) -> torch.Tensor:
        arrays = [torch.from_numpy(getattr(s, name)) for s in samples]
        return nn.utils.rnn.pad_sequence(arrays, batch_first=True, padding_value=fill)

    return {
        "vector": torch.from_numpy(np.stack([s.vector for s in samples])),
        "weights": torch.tensor([WEIGHTS[s.kind] for s in samples]),
        **{n: padded(n) for n in ("passages", "right", "sentences", "owners", "right_sentences")},
        **{name: padded(name, -99.0) for name in ("worded", "fixed")},
    }


def first(samples: list[Sample], adapter: QueryAdapter | None) -> float:
    """How often a right passage comes first."""
    return float(np.mean([s.right[scored(s, adapter).argmax()] for s in samples]))


def scored(s: Sample, adapter: QueryAdapter | None) -> np.ndarray:
    added = (
        adapter.adapt(s.vector, FUSION.adapter) - s.vector if adapter else np.zeros_like(s.vector)
    )
    best = np.full(len(s.worded), -9.0)
    np.maximum.at(best, s.owners, s.fixed + s.sentences @ added)
    return s.worded + FUSION.passage * (s.passages @ added) + FUSION.sentence * best


if __name__ == "__main__":
    main()
