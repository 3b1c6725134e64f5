"""Trains the reader of long messages: `python -m training.message_reader --folder FOLDER`.

It starts from the packaged embedding model's weights, with word embeddings frozen, and reads
messages that are put together anew at every step (`training.messages`). A checkpoint is written
every few minutes, and a run that was stopped goes on from it. At the end it prints what the
thresholds give on the long messages of `dev.jsonl`, and with `--write` exports what ships.
"""

import argparse
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn

from askdoc.caveats import window_spans
from askdoc.embedding.models import find_model
from askdoc.reading.encoder import token_places
from askdoc.reading.messages import stretches, tokens_within
from askdoc.records import Span
from training.messages import BLOCKS, Message, Parts, composed, long_messages, parts_of_train
from training.reader import CHECKPOINT_S, descend, optimiser_of, rate, restore, save
from training.reader_export import SHIPPED, write_graph
from training.reader_network import encoder_of, masked_ids

STEPS = 4200
RATE = 1e-4
BATCH_TOKENS = 3600
MESSAGES = 256
"""So many messages are put together at once, and their stretches sorted by length."""
INSIDE = 0.7
"""The share of a crisis's words (of a window's, of a longer one) that make a window one on it."""
WINDOW_WORDS = 16
HARMLESS_WEIGHT, WINDOW_WEIGHT = 1.5, 0.5
FIRST_BIAS = -3.0
MASKED = 0.1
"""The largest share of a stretch's words that is masked, so that they are not learned by heart."""
MARKS = ("[CLS]", "[SEP]")
"""The tokens that stand first and last."""
THRESHOLDS = dict.fromkeys(BLOCKS, (-1.25, 1.25, 1.75))
"""Of each block, the log odds below which it is ruled out, and those from which it is found and
certain; chosen on the long messages of `dev.jsonl`."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Windows of a message that are read together.

    Attributes:
        ids: Token ids, with those that stand first and last.
        places: The tokens of each window.
        labels: Of each window and block 1 or 0; -1 where the crisis is in it in part.
    """

    ids: tuple[int, ...]
    places: tuple[Span, ...]
    labels: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Batch:
    """Stretches padded to one length.

    Attributes:
        ids: Token ids, (b, n).
        mask: 1 for tokens, (b, n).
        pool: The windows' tokens, one row for each of w windows, and the stretch it is in.
        labels: As of `Stretch`, (w, k).
        owner: The stretch of each window, (w,).
    """

    ids: Tensor
    mask: Tensor
    pool: tuple[Span, ...]
    labels: Tensor
    owner: Tensor


class Network(nn.Module):
    """The encoder, and a head that reads the mean and the maximum of a window's tokens."""

    def __init__(self, folder: Path) -> None:
        """Starts from the weights of an embedding model's folder."""
        super().__init__()
        self.encoder = encoder_of(folder)
        self.head = nn.Linear(2 * self.encoder.config.hidden_size, len(BLOCKS))
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.constant_(self.head.bias, FIRST_BIAS)

    def forward(self, batch: Batch) -> Tensor:
        """Log odds of each window and block, (w, k)."""
        hidden = self.encoder(
            input_ids=batch.ids,
            token_type_ids=torch.zeros_like(batch.ids),
            attention_mask=batch.mask,
        ).last_hidden_state
        rows = zip(batch.owner.tolist(), batch.pool, strict=True)
        pooled = [
            torch.cat([hidden[row, a:b].mean(0), hidden[row, a:b].amax(0)]) for row, (a, b) in rows
        ]
        return cast(Tensor, self.head(torch.stack(pooled)))


def main() -> None:
    """Trains, reports, and exports if told to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path("message-reader-training"))
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="export the reader that ships")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    network = train(options.folder, options.steps, options.seed)
    report(network, long_messages("dev"))
    if options.write:
        export(network, SHIPPED)


def train(folder: Path, steps: int, seed: int) -> Network:
    """Trains from the last checkpoint on, or from the embedding model."""
    torch.manual_seed(seed)
    network = Network(find_model(None).folder)
    trained = [p for p in network.parameters() if p.requires_grad]
    master = [p.detach().clone().float() for p in trained]
    optimiser = optimiser_of(master, RATE)
    done = restore(folder, master, optimiser)
    for parameter, exact in zip(trained, master, strict=True):
        parameter.data.copy_(exact)
    network.bfloat16().train()
    batches = batches_of(parts_of_train(), random.Random(seed + done))
    drawn = torch.Generator().manual_seed(seed + done)
    last, shown = time.monotonic(), []
    for step in range(done, steps):
        batch = next(batches)
        masked = replace(batch, ids=masked_ids(batch.ids, batch.mask, MASKED, drawn))
        value = loss(network(masked), batch)
        value.backward()  # type: ignore[no-untyped-call]
        descend(trained, master, optimiser, RATE * rate(step, steps))
        shown.append(float(value.detach()))
        if step % 50 == 49:
            print(f"step {step + 1} of {steps}  loss {np.mean(shown[-50:]):.4f}", flush=True)
        if time.monotonic() - last > CHECKPOINT_S or step + 1 == steps:
            save(folder, master, optimiser, step + 1)
            last = time.monotonic()
    return network.eval()


def batches_of(parts: Parts, chance: random.Random) -> Iterator[Batch]:
    """Endless batches of messages that are put together."""
    tokenizer = tokenizer_of()
    while True:
        messages = [composed(parts, chance) for _ in range(MESSAGES)]
        found = [stretch for message in messages for stretch in stretches_of(message, tokenizer)]
        found.sort(key=lambda stretch: len(stretch.ids))
        groups: list[list[Stretch]] = [[]]
        for stretch in found:
            if groups[-1] and (len(groups[-1]) + 1) * len(stretch.ids) > BATCH_TOKENS:
                groups.append([])
            groups[-1].append(stretch)
        chance.shuffle(groups)
        yield from map(batch_of, groups)


def tokenizer_of() -> Tokenizer:
    """The embedding model's tokenizer, which cuts nothing off."""
    tokenizer = Tokenizer.from_file(str(find_model(None).folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def stretches_of(message: Message, tokenizer: Tokenizer) -> Iterator[Stretch]:
    """A message as it is read: a short one as one window."""
    encoding = tokenizer.encode(message.text, add_special_tokens=False)
    if not encoding.ids:
        return
    spans = window_spans(message.text) or ((0, len(message.text)),)
    places = token_places(encoding.offsets, spans)
    labels = np.stack([label(message, span) for span in spans])
    [first_id], [last_id] = (tokenizer.encode(mark, add_special_tokens=False).ids for mark in MARKS)
    for first, last in stretches(places):
        ids, inside = tokens_within(encoding.ids, places[first:last])
        yield Stretch((first_id, *ids, last_id), inside, labels[first:last])


def label(message: Message, span: Span) -> NDArray[np.float32]:
    """Of each block 1 or 0; -1 where a window holds a part of the crisis, and not most of it."""
    if message.crisis is None:
        return np.zeros(len(BLOCKS), np.float32)
    start, end = max(span[0], message.crisis[0]), min(span[1], message.crisis[1])
    shared = len(message.text[start:end].split()) if start < end else 0
    said = min(len(message.text[slice(*message.crisis)].split()), WINDOW_WORDS)
    if shared >= INSIDE * min(said, len(message.text[slice(*span)].split())):
        return np.array([block in message.on for block in BLOCKS], np.float32)
    return np.full(len(BLOCKS), -1.0 if shared else 0.0, np.float32)


def batch_of(found: Sequence[Stretch]) -> Batch:
    """Pads stretches to the longest of them."""
    ids = np.zeros((len(found), max(len(one.ids) for one in found)), np.int64)
    mask = np.zeros_like(ids)
    for row, stretch in enumerate(found):
        ids[row, : len(stretch.ids)], mask[row, : len(stretch.ids)] = stretch.ids, 1
    owner = [row for row, stretch in enumerate(found) for _ in stretch.places]
    return Batch(
        torch.from_numpy(ids),
        torch.from_numpy(mask),
        tuple(place for stretch in found for place in stretch.places),
        torch.from_numpy(np.concatenate([stretch.labels for stretch in found])),
        torch.tensor(owner),
    )


def loss(scores: Tensor, batch: Batch) -> Tensor:
    """Of each stretch whether any window of it is on a block, and of each window by itself.

    A message is as grave as its gravest window, so the first is over the log-sum-exp of the
    windows; harmless stretches weigh more. The second weighs crises and the rest alike.
    """
    binary = nn.functional.binary_cross_entropy_with_logits
    scores, judged = scores.float(), batch.labels >= 0
    labels = batch.labels.clamp(min=0)
    each = binary(scores, labels, reduction="none") * judged
    on, off = batch.labels == 1, batch.labels == 0
    windows = (each * on).sum() / on.sum().clamp(min=1) + (each * off).sum() / off.sum().clamp(
        min=1
    )
    said, whole = most(scores.masked_fill(~judged, -30.0), batch), gravest(labels, batch)
    of_stretches = binary(said, whole, reduction="none")
    weights = torch.where(whole > 0, 1.0, HARMLESS_WEIGHT)
    return (of_stretches * weights).mean() + WINDOW_WEIGHT * windows / 2


def gravest(values: Tensor, batch: Batch) -> Tensor:
    """The greatest value of each stretch's windows: (w, k) to (b, k)."""
    index = batch.owner[:, None].expand_as(values)
    start = torch.full((len(batch.ids), values.shape[1]), -30.0)
    return start.scatter_reduce(0, index, values, "amax")


def most(scores: Tensor, batch: Batch) -> Tensor:
    """The log-sum-exp of each stretch's windows: (w, k) to (b, k)."""
    top = gravest(scores, batch).detach()
    index = batch.owner[:, None].expand_as(scores)
    total = torch.zeros_like(top).scatter_add(0, index, torch.exp(scores - top[batch.owner]))
    return top + torch.log(total + 1e-9)


@torch.no_grad()
def scores_of(network: Network, text: str, tokenizer: Tokenizer) -> NDArray[np.float64]:
    """A message's greatest log odds for each block, (k,)."""
    batches = [batch_of([stretch]) for stretch in stretches_of(Message(text), tokenizer)]
    best: NDArray[np.float64] = np.stack(
        [network(batch).float().numpy().max(0) for batch in batches]
    )
    return np.asarray(best.max(axis=0))


def report(network: Network, messages: Sequence[Message]) -> None:
    """Prints how many of some messages are found, and beyond doubt, by the thresholds alone."""
    tokenizer = tokenizer_of()
    rows = np.stack([scores_of(network, message.text, tokenizer) for message in messages])
    at = np.array([THRESHOLDS[block] for block in BLOCKS])
    found, certain = (np.any(rows >= at[:, column], axis=1) for column in (1, 2))
    grave = np.array([bool(message.on) for message in messages])
    for name, which in (("crises", grave), ("harmless", ~grave)):
        said = f"{found[which].sum()} found, {certain[which].sum()} beyond doubt"
        print(f"{name}: {which.sum()}, {said}")


def export(network: Network, folder: Path) -> None:
    """Writes the graph, in 8 bits, and the head with its thresholds."""
    write_graph(network.float().encoder, folder / "messages.onnx", exact=False)
    np.savez(
        folder / "messages.npz",
        weight=network.head.weight.detach().numpy(),
        bias=network.head.bias.detach().numpy(),
        blocks=np.array(BLOCKS),
        thresholds=np.array([THRESHOLDS[block] for block in BLOCKS]),
    )


if __name__ == "__main__":
    main()
