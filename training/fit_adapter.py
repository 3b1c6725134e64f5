"""Fits the adapters that turn a query's vector towards what answers it, or bears on it.

Run: python -m training.fit_adapter DATA [--write]

DATA holds squad2/, medquad/ and scifact/. The adapter for questions is fitted on half of the
articles of squad2 and of medquad, with the readers' questions to that half, and on the `dev`
questions on kratom; the one for claims on those that scifact's qrels/train.tsv judges. Every
figure printed is of the others. `--write` puts those same fits into
`src/askdoc/embedding/adapter.json`.

The loss is what a search is judged by: the softmax over the passages, and over the sentences, that
compete for a question, with the scores of `Fusion`. Several fits of low rank from different starts
are averaged and cut to that rank again: what they do not share is noise.
"""

import argparse
import random
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from askdoc import build_index
from askdoc.embedding import QueryAdapter, adapters_to_json, load_embedder
from askdoc.evaluation.collections import Collection, read_collection
from askdoc.evaluation.lines import rows
from askdoc.index import FUSION, PassageIndex
from askdoc.index.store import LocalStore
from askdoc.records import Hit, Passage, SentenceScore, Span
from training.asked import Asked, is_held_out, kratom, readers, sections

Array = NDArray[np.float32]
Flags = NDArray[np.bool_]
ROOT = Path(__file__).parents[1]
TARGET = ROOT / "src/askdoc/embedding/adapter.json"
RANK, CLAIM_RANK, FITS, EPOCHS, BATCH = 16, 8, 5, 8, 16
DROPOUT, RATE, DECAY = 0.4, 3e-3, 0.3
COMPETITORS, CLAIM_COMPETITORS = 10, 20
"""How many passages compete; more for a claim, whose abstract is among ten of 5,183 less often."""
NO_SCORE = -9.0
"""Below every score."""
WEIGHTS = {
    "squad2": (1.0, 1.0),
    "medquad": (0.0, 1.5),
    "scifact": (0.0, 1.0),
    "readers": (1.0, 1.0),
    "kratom": (2.0, 2.0),
}
"""How much sentences and passages count. A kratom question counts twice: there are few of them. Of
medquad and scifact only the passages count: which sentence answers is not known."""
UNADAPTED = FUSION.adapted(0)


@dataclass(frozen=True, eq=False)
class Sample:
    """A question's vector, p passages and s sentences that compete for it, and which are right.

    `passages` and `sentences` are their vectors; `worded` is what else speaks for a passage,
    `fixed` for a sentence; `owners[i]` is the passage of sentence i.
    """

    kind: str
    held_out: bool
    vector: Array
    passages: Array
    worded: Array
    right: Flags
    sentences: Array
    fixed: Array
    owners: NDArray[np.int64]
    right_sentences: Flags


def main() -> None:
    """Reads the command line, fits both adapters, and prints what they do to what is held out."""
    torch.set_num_threads(1)  # the batches are small: more threads only wait for each other
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("data", type=Path)
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    asked = [
        *squad2(options.data),
        *medquad(options.data),
        *of_hand("readers", readers(options.data)),
        *of_hand("kratom", kratom()),
    ]
    stated = list(scifact(options.data))
    questions, claims = fitted(asked, RANK), fitted(stated, CLAIM_RANK)
    show(asked, questions)
    show(stated, claims)
    if options.write:
        text = adapters_to_json(load_embedder().fingerprint, questions, claims)
        TARGET.write_text(text + "\n", encoding="utf-8")


def fitted(samples: Sequence[Sample], rank: int) -> QueryAdapter:
    """The mean of several fits to what is not held out, cut to a rank."""
    seen = [s for s in samples if s.right.any() and not s.held_out]
    fits = [fit(seen, rank, seed) for seed in range(FITS)]
    left, sizes, right = np.linalg.svd(np.mean(fits, axis=0))
    roots = np.sqrt(sizes[:rank])
    return QueryAdapter(
        np.asarray(left[:, :rank] * roots, dtype=np.float32),
        np.asarray(roots[:, None] * right[:rank], dtype=np.float32),
    )


def show(samples: Sequence[Sample], adapter: QueryAdapter) -> None:
    """Prints how often a right passage comes first, without and with the adapter."""
    for kind in dict.fromkeys(s.kind for s in samples):
        held = [s for s in samples if s.kind == kind and s.held_out and s.right.any()]
        print(f"{kind}: {len(held)} held out, right passage first", end=" ")
        print(f"{first(held, None):.3f} as they are, {first(held, adapter):.3f} adapted")


def squad2(data: Path) -> Iterator[Sample]:
    """Questions to eight articles in one index; a sentence with an answer's words is right."""
    found = read_collection(data / "squad2")
    index = build_index(found.documents)
    for row in rows(data / "squad2" / "questions.jsonl"):
        if row["answerable"]:
            right = partial(_holds_answer, row)
            yield sample(index, "squad2", is_held_out(row["article"]), row["question"], right)


def _holds_answer(row: dict[str, Any], passage: Passage, span: Span) -> bool:
    words = passage.sentence(span)
    return passage.document_id == row["paragraph"] and any(a in words for a in row["answers"])


def _is_of(documents: Container[str], passage: Passage, _: Span) -> bool:
    return passage.document_id in documents


def medquad(data: Path) -> Iterator[Sample]:
    """Questions to one article each, whose sections have lost their headings."""
    for article in rows(data / "medquad" / "articles.jsonl"):
        found = sections(article)
        index = build_index(found.documents)
        for query in found.queries:
            right = partial(_is_of, (query.id,))
            yield sample(index, "medquad", is_held_out(article["id"]), query.text, right)


def scifact(data: Path) -> Iterator[Sample]:
    """Claims, and the abstracts that bear on them; those of the test set are held out."""
    splits = {
        held_out: _judged(data / "scifact", split)
        for held_out, split in ((False, "train"), (True, "test"))
    }
    index = build_index(splits[True].documents)
    for held_out, found in splits.items():
        for query in found.queries:
            judged = found.qrels.get(query.id, {})
            if judged:
                right = partial(_is_of, judged)
                yield sample(index, "scifact", held_out, query.text, right, CLAIM_COMPETITORS)


def _judged(folder: Path, split: str) -> Collection:
    found = read_collection(folder, split=split)
    if not isinstance(found, Collection):
        raise TypeError(f"{folder} is no collection of judged documents")
    return found


def of_hand(kind: str, questions: Iterable[Asked]) -> Iterator[Sample]:
    """Questions of `evals/` that their article answers."""
    for asked in questions:
        if asked.gold:
            yield sample(asked.index, kind, asked.held_out, asked.question, asked.is_right)


def sample(
    index: PassageIndex,
    kind: str,
    held_out: bool,
    question: str,
    is_right: Callable[[Passage, Span], bool],
    competitors: int = COMPETITORS,
) -> Sample:
    """A question with what the unadapted search ranks first for it."""
    hits = index.search(question, competitors, fusion=UNADAPTED)
    places = {passage.id: row for row, passage in enumerate(index.passages)}
    at = np.array([places[hit.passage.id] for hit in hits])
    if not isinstance(index.store, LocalStore):
        raise TypeError("only an index in memory has its vectors beside it")
    vectors = index.store.vectors
    worded = [FUSION.passage * h.signals.passage + FUSION.lexical * h.signals.lexical for h in hits]
    found = [
        (owner, sentence.score, is_right(hit.passage, sentence.span))
        for owner, hit in enumerate(hits)
        for sentence in _in_order(hit)
    ]
    owners = np.array([owner for owner, _, _ in found])
    right = np.array([is_gold for _, _, is_gold in found])
    return Sample(
        kind,
        held_out,
        vector=index.embedder.encode([question])[0],
        passages=vectors.of_passages(at),
        worded=np.array(worded, dtype=np.float32),
        right=np.array([right[owners == owner].any() for owner in range(len(hits))]),
        sentences=vectors.of_sentences(vectors.sentences_of(at)),
        fixed=np.array([score for _, score, _ in found], dtype=np.float32),
        owners=owners,
        right_sentences=right,
    )


def _in_order(hit: Hit) -> Sequence[SentenceScore]:
    """The passage's scored sentences as they stand in it, not by score."""
    return sorted(hit.best_sentences, key=lambda sentence: sentence.span)


class Network(nn.Module):
    """The adapter while it is learned; vectors are brought to entries of about one."""

    def __init__(self, dimensions: int, rank: int) -> None:
        """Begins with small random weights."""
        super().__init__()
        self.scale = dimensions**0.5
        self.read = nn.Linear(dimensions, rank, bias=False)
        self.add = nn.Linear(dimensions, rank, bias=False)
        for layer in (self.read, self.add):
            nn.init.normal_(layer.weight, std=0.03)
        self.drop = nn.Dropout(DROPOUT)
        self.sharpness = nn.Parameter(torch.tensor(2.5))

    def added(self, vectors: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
        """What is added to the inner products of b vectors with (b, n) others, times sharpness."""
        read = self.read(self.drop(self.scale * vectors))
        return torch.einsum("br,bnr->bn", read, self.add(self.drop(self.scale * others)))

    def forward(self, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits of passages and of sentences."""
        sharpness = self.sharpness.exp()
        fixed = batch["fixed"] + self.added(batch["vector"], batch["sentences"]) / sharpness
        best = torch.full_like(batch["worded"], NO_SCORE).scatter_reduce(
            1, batch["owners"], fixed, "amax"
        )
        own = self.added(batch["vector"], batch["passages"]) / sharpness
        scores = batch["worded"] + FUSION.passage * own + FUSION.sentence * best
        return sharpness * scores, sharpness * fixed

    def matrix(self) -> Array:
        """The (d, d) map that is added to a unit vector."""
        product = self.read.weight.T @ self.add.weight / self.sharpness.exp()
        return np.asarray((self.scale**2 * product).detach().numpy(), dtype=np.float32)


def fit(samples: Sequence[Sample], rank: int, seed: int) -> Array:
    """The (d, d) map that one start leads to."""
    torch.manual_seed(seed)
    order = random.Random(seed)
    like = sorted(samples, key=lambda s: len(s.owners) + order.random() * 5)
    batches = [batch_of(like[at : at + BATCH]) for at in range(0, len(like), BATCH)]
    network = Network(len(samples[0].vector), rank)
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
            loss.mean().backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
    return network.eval().matrix()


def missed(logits: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Minus the log of the share that softmax gives to what is right."""
    return logits.logsumexp(1) - logits.masked_fill(~right, -1e4).logsumexp(1)


def batch_of(samples: Sequence[Sample]) -> dict[str, torch.Tensor]:
    """Samples as tensors, padded to the longest."""

    def padded(name: str, fill: float = 0) -> torch.Tensor:
        arrays = [torch.from_numpy(getattr(s, name)) for s in samples]
        return nn.utils.rnn.pad_sequence(arrays, batch_first=True, padding_value=fill)

    return {
        "vector": torch.from_numpy(np.stack([s.vector for s in samples])),
        "weights": torch.tensor([WEIGHTS[s.kind] for s in samples]),
        **{n: padded(n) for n in ("passages", "right", "sentences", "owners", "right_sentences")},
        **{name: padded(name, -99.0) for name in ("worded", "fixed")},
    }


def first(samples: Sequence[Sample], adapter: QueryAdapter | None) -> float:
    """How often a right passage comes first."""
    return float(np.mean([s.right[scored(s, adapter).argmax()] for s in samples]))


def scored(one: Sample, adapter: QueryAdapter | None) -> Array:
    """The scores of a sample's passages."""
    adapted = adapter.adapt(one.vector, FUSION.adapter) if adapter else one.vector
    added = adapted - one.vector
    best = np.full(len(one.worded), NO_SCORE, dtype=np.float32)
    np.maximum.at(best, one.owners, one.fixed + one.sentences @ added)
    own = FUSION.passage * (one.passages @ added) + FUSION.sentence * best
    return np.asarray(one.worded + own, dtype=np.float32)


if __name__ == "__main__":
    main()
