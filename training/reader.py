"""Trains the reader: `python -m training.reader DATA --folder FOLDER`.

DATA holds `qa/`, `squad2/` and `medquad/`. Training starts from the packaged embedding model's
weights; word embeddings are frozen. Weights are held in half precision beside a master copy in
single precision; there is no dropout. Four phases, each with a schedule of its own: public and
readers' questions first, then readers' questions, those written for training and a share of the
public ones, then all of these once more with a greater share, and a last time with some of their
words masked, so that they are not learned by heart. A checkpoint is written every few minutes, and
a run that was stopped goes on from it. The same seed gives the same batches.
"""

import argparse
import json
import math
import pickle
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from tokenizers import Tokenizer

from askdoc.embedding.models import find_model
from training.reader_examples import Encoder, Example, Row, is_dev, qa_rows, taken
from training.reader_network import Reader, batch_of, loss, masked
from training.reader_questions import reader_rows, written_rows

SEED = 11
BATCH_TOKENS = 4600
WARMUP = 0.05
WEIGHT_DECAY = 0.01
CLIP = 1.0
CHECKPOINT_S = 480.0
SORTED_BATCHES = 40
"""Within so many batches examples are sorted by length, so that little is padded."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One run of the schedule: which examples, how often, how fast.

    Attributes:
        public: The share of the public rows.
        by_hand: The share of those among them that people wrote to look answerable.
        written: Whether the questions written for training are among the examples.
        masked: The largest share of an example's words that is masked.
    """

    name: str
    epochs: float
    rate: float
    public: float = 1.0
    by_hand: float = 1.0
    written: bool = True
    masked: float = 0.0


PHASES = (
    Phase("public", 1.0, 1.2e-4, written=False),
    Phase("readers", 1.0, 1e-4, public=0.12, by_hand=0.35),
    Phase("again", 0.7, 1e-4, public=0.55, by_hand=0.8),
    Phase("masked", 1.0, 7e-5, public=0.1, by_hand=0.2, masked=0.16),
)
"""An epoch of the first is some 79,000 rows; figures by which the epochs were chosen are in the
model card."""
LAST_SHARE = 0.4
"""Of the weights that ship, the share of the last phase; the rest is of the phase before.

On rows kept back of new articles the AUROC is .856 before that phase, .884 of the average and .899
of the last alone; on those of the older lists .917, .916 and .888 (`docs/experiments.md`).
"""

Examples: TypeAlias = tuple[list[Example], list[tuple[Row, Example]]]


def main() -> None:
    """Makes examples, trains, and writes the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--folder", type=Path, default=Path("reader-training"))
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    ends: list[Path] = []
    for phase in PHASES:
        folder = options.folder / phase.name
        folder.mkdir(parents=True, exist_ok=True)
        examples, dev = prepared(options.data, folder, phase, options.seed)
        train(examples, dev, folder, phase, options.seed, ends[-1] if ends else None)
        ends.append(folder)
    average(ends[-2], ends[-1], options.folder / "average")


def prepared(data: Path, folder: Path, phase: Phase, seed: int) -> Examples:
    """The examples of a phase and those kept back; made once and kept in its folder."""
    kept = folder / "examples.pickle"
    if kept.exists():
        examples: Examples = pickle.loads(kept.read_bytes())
        return examples
    chance = random.Random(seed)

    def is_seen(row: Row) -> bool:
        share = phase.by_hand if row.kind == "human_unanswerable" else phase.public
        return share == 1 or is_dev(row.group) or chance.random() < share

    written = written_rows() if phase.written else ()
    rows = [*filter(is_seen, qa_rows(data, seed)), *reader_rows(data), *written]
    tokenizer = Tokenizer.from_file(str(find_model(None).folder / "tokenizer.json"))
    encoder = Encoder(tokenizer)
    train_rows = [e for row in taken(rows, dev=False) if (e := encoder.encode(row, chance))]
    dev_rows = [(r, e) for r in taken(rows, dev=True) if (e := encoder.encode(r, chance))]
    kept.write_bytes(pickle.dumps((train_rows, dev_rows)))
    return train_rows, dev_rows


def train(
    examples: Sequence[Example],
    dev: Sequence[tuple[Row, Example]],
    folder: Path,
    phase: Phase,
    seed: int,
    before: Path | None,
) -> None:
    """Runs a phase from its last checkpoint, or from where the phase before ended."""
    torch.manual_seed(seed)
    model = Reader(find_model(None).folder)
    batches = schedule(examples, phase.epochs, seed)
    trained = [p for p in model.parameters() if p.requires_grad]
    master = [p.detach().clone().float() for p in trained]
    if before is not None:
        restore(before, master)
    optimiser = optimiser_of(master, phase.rate)
    done = restore(folder, master, optimiser)
    for parameter, exact in zip(trained, master, strict=True):
        parameter.data.copy_(exact)
    model.bfloat16()
    model.train()
    drawn = torch.Generator().manual_seed(seed + done)
    started, last, tokens, shown = time.monotonic(), time.monotonic(), 0, []
    for step in range(done, len(batches)):
        batch = batch_of([examples[at] for at in batches[step]])
        value = loss(batch, *model(masked(batch, phase.masked, drawn)))
        value.backward()  # type: ignore[no-untyped-call]
        descend(trained, master, optimiser, phase.rate * rate(step, len(batches)))
        shown.append(float(value.detach()))
        tokens += int(batch.mask.sum())
        if step % 50 == 49:
            seconds = time.monotonic() - started
            left = seconds / (step + 1 - done) * (len(batches) - step - 1)
            say = f"step {step + 1} of {len(batches)}  loss {np.mean(shown[-50:]):.4f}"
            print(f"{say}  {tokens / seconds:.0f} tokens/s  {left / 60:.0f} min left", flush=True)
        if time.monotonic() - last > CHECKPOINT_S or step + 1 == len(batches):
            save(folder, master, optimiser, step + 1)
            torch.save(model.state_dict(), folder / "weights.pt")
            print(json.dumps({"step": step + 1, **measured(model, dev)}), flush=True)
            model.train()
            last = time.monotonic()


def schedule(examples: Sequence[Example], epochs: float, seed: int) -> list[list[int]]:
    """Which examples each step sees: whole batches of about as many tokens, shuffled."""
    chance = random.Random(seed)
    batches: list[list[int]] = []
    for epoch in range(math.ceil(epochs)):
        order = list(range(len(examples)))
        chance.shuffle(order)
        order = order[: int(len(order) * min(1.0, epochs - epoch))]
        size = SORTED_BATCHES * BATCH_TOKENS // 140
        for at in range(0, len(order), size):
            near = sorted(order[at : at + size], key=lambda i: len(examples[i].ids))
            cut = list(_cut(near, examples))
            chance.shuffle(cut)
            batches += cut
    return batches


def _cut(order: Sequence[int], examples: Sequence[Example]) -> Iterator[list[int]]:
    batch: list[int] = []
    for at in order:
        if batch and (len(batch) + 1) * len(examples[at].ids) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch


def optimiser_of(master: Sequence[torch.Tensor], rate: float) -> torch.optim.Optimizer:
    """What changes the master copy of the weights."""
    return torch.optim.AdamW(
        master, lr=rate, weight_decay=WEIGHT_DECAY, betas=(0.9, 0.98), fused=True
    )


def descend(
    trained: Sequence[torch.Tensor],
    master: Sequence[torch.Tensor],
    optimiser: torch.optim.Optimizer,
    rate: float,
) -> None:
    """One step of the master copy by the gradients of the trained weights, which take it over."""
    for parameter, exact in zip(trained, master, strict=True):
        exact.grad = None if parameter.grad is None else parameter.grad.float()
        parameter.grad = None
    torch.nn.utils.clip_grad_norm_(master, CLIP)
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.step()
    with torch.no_grad():
        for parameter, exact in zip(trained, master, strict=True):
            parameter.copy_(exact)


def rate(step: int, steps: int) -> float:
    """Linear warm-up, then linear decay to nothing."""
    warm = max(1.0, WARMUP * steps)
    return min(step / warm, (steps - step) / max(1.0, steps - warm))


def save(
    folder: Path, master: Sequence[torch.Tensor], optimiser: torch.optim.Optimizer, step: int
) -> None:
    """Writes a checkpoint beside the last and swaps it in."""
    beside = folder / "checkpoint.new"
    torch.save({"step": step, "master": list(master), "optimiser": optimiser.state_dict()}, beside)
    beside.replace(folder / "checkpoint.pt")


def restore(
    folder: Path, master: Sequence[torch.Tensor], optimiser: torch.optim.Optimizer | None = None
) -> int:
    """Takes up the last checkpoint; gives the step to go on with."""
    place = folder / "checkpoint.pt"
    if not place.exists():
        return 0
    kept = torch.load(place, weights_only=True)
    for exact, saved in zip(master, kept["master"], strict=True):
        exact.copy_(saved)
    if optimiser is not None:
        optimiser.load_state_dict(kept["optimiser"])
    return int(kept["step"])


def average(before: Path, last: Path, folder: Path) -> None:
    """Writes the average of two phases' weights, as in Wortsman et al., "Model soups" (2022)."""
    folder.mkdir(exist_ok=True)
    first, kept = (torch.load(one / "checkpoint.pt", weights_only=True) for one in (before, last))
    pairs = zip(first["master"], kept["master"], strict=True)
    mixed = [(1 - LAST_SHARE) * old + LAST_SHARE * new for old, new in pairs]
    torch.save({"step": kept["step"], "master": mixed}, folder / "checkpoint.pt")


@torch.no_grad()
def measured(model: Reader, dev: Sequence[tuple[Row, Example]]) -> dict[str, float]:
    """How well passages and sentences of the rows kept back are told apart."""
    model.eval()
    passages, answers, first, sets = [], [], [], []
    order = sorted(range(len(dev)), key=lambda at: len(dev[at][1].ids))
    for at in range(0, len(order), 32):
        examples = [dev[i][1] for i in order[at : at + 32]]
        batch = batch_of(examples)
        sentences, whole, _ = model(batch)
        passages += whole.float().tolist()
        answers += batch.answers.tolist()
        sets += [dev[i][0].kind for i in order[at : at + 32]]
        for row, example in enumerate(examples):
            own = sentences[batch.owner == row].float()
            if example.labels.any() and len(own) > 1:
                first.append(bool(example.labels[int(own.argmax())]))
    score, right = np.array(passages), np.array(answers)
    kinds = np.array(sets)
    human = right.astype(bool) | (kinds == "human_unanswerable")
    near = right.astype(bool) | (kinds == "other_passage")
    return {
        "auroc": round(float(roc_auc_score(right, score)), 4),
        "human": round(float(roc_auc_score(right[human], score[human])), 4),
        "other_passage": round(float(roc_auc_score(right[near], score[near])), 4),
        "sentence_first": round(float(np.mean(first)), 4),
    }


if __name__ == "__main__":
    main()
