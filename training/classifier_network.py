"""The classifiers' network in torch, and how it is fitted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from askdoc.caveats import TextFeatures
from training.classifier_data import Row
from training.encodings import Encodings

HIDDEN, DROPOUT, EPOCHS, RATE, DECAY, BATCH = 96, 0.3, 14, 3e-3, 0.05, 128
FURTHER_EPOCHS, FURTHER_RATE = 4, 2e-3
NEAR_MISS_WEIGHT = 4.0
WHOLE = 0.3
"""How much of the whole text's linear function counts beside the token embeddings'."""


class Network(nn.Module):
    """As `askdoc.caveats.classifier.Classifier`, with dropout."""

    def __init__(self, layers: int, dimensions: int, topics: int) -> None:
        """Makes a network that reads tokens of shape (n, layers * dimensions)."""
        super().__init__()
        self.hidden = nn.Linear(layers * dimensions, HIDDEN)
        self.attend = nn.Linear(HIDDEN, topics)
        self.token = nn.Linear(HIDDEN, topics)
        self.whole = nn.Linear(dimensions, topics, bias=False)
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, tokens: Tensor, mask: Tensor, vectors: Tensor) -> Tensor:
        """Scores (texts, topics) of padded tokens, their mask, and whole vectors."""
        hidden = self.drop(torch.relu(self.hidden(self.drop(tokens))))
        weights = self.attend(hidden).masked_fill(~mask[..., None], -1e4).softmax(1)
        whole: Tensor = self.whole(self.drop(vectors))
        pooled: Tensor = (weights * self.token(hidden)).sum(1)
        return pooled + WHOLE * whole

    def arrays(self, columns: Sequence[int]) -> dict[str, NDArray[np.float32]]:
        """The weights of some topics, as `Classifier` holds them."""
        chosen = list(columns)
        return {
            "hidden": _numbers(self.hidden.weight).T,
            "hidden_bias": _numbers(self.hidden.bias),
            "attend": _numbers(self.attend.weight).T[:, chosen],
            "attend_bias": _numbers(self.attend.bias)[chosen],
            "token": _numbers(self.token.weight).T[:, chosen],
            "token_bias": _numbers(self.token.bias)[chosen],
            "whole": WHOLE * _numbers(self.whole.weight).T[:, chosen],
        }


def _numbers(weights: Tensor) -> NDArray[np.float32]:
    return np.asarray(weights.detach().numpy(), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Texts of like length: half-precision tokens, and what the loss compares and weighs."""

    tokens: Tensor
    mask: Tensor
    vectors: Tensor
    on_it: Tensor
    weights: Tensor

    def inputs(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.tokens.float(), self.mask, self.vectors


def fit(rows: Sequence[Row], topics: Sequence[str], encodings: Encodings) -> Network:
    """A network fitted to rows whose questions are encoded; the same rows give the same network."""
    torch.manual_seed(0)
    batches = [_batch(chunk, topics, encodings) for chunk in _chunks(rows, encodings)]
    targets = torch.cat([batch.on_it for batch in batches])
    positive_weight = ((len(targets) - targets.sum(0)) / targets.sum(0).clamp(min=1)).sqrt()
    dimensions = batches[0].vectors.shape[-1]
    network = Network(batches[0].tokens.shape[-1] // dimensions, dimensions, len(topics))
    _descend(network, batches, positive_weight)
    return network.eval()


def _descend(network: Network, batches: Sequence[_Batch], positive_weight: Tensor) -> None:
    order = np.random.default_rng(0)
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    steps = EPOCHS * len(batches)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    for _ in range(EPOCHS):
        for number in order.permutation(len(batches)):
            batch = batches[number]
            loss = nn.functional.binary_cross_entropy_with_logits(
                network(*batch.inputs()),
                batch.on_it,
                pos_weight=positive_weight,
                weight=batch.weights,
            )
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()


def _chunks(rows: Sequence[Row], encodings: Encodings) -> list[list[Row]]:
    """Rows of like length together."""
    ordered = sorted(rows, key=lambda row: len(encodings[row.question].tokens))
    return [ordered[at : at + BATCH] for at in range(0, len(ordered), BATCH)]


def _batch(rows: Sequence[Row], topics: Sequence[str], encodings: Encodings) -> _Batch:
    read = [encodings[row.question] for row in rows]
    tokens, mask = _padded(read)
    scale = len(read[0].vector) ** 0.5
    on_it = _table(rows, lambda row: [topic in row.caveats for topic in topics])
    near = _table(rows, lambda row: [topic in row.forbid for topic in topics])
    told = _table(rows, lambda row: [topic in (row.only or topics) for topic in topics])
    weight = torch.tensor([[row.weight] for row in rows])
    # What a row forbids weighs as much as its kind does, or as a near miss, not both.
    weights = told * torch.maximum(1 + (NEAR_MISS_WEIGHT - 1) * near, weight)
    vectors = scale * torch.from_numpy(np.stack([text.vector for text in read]))
    return _Batch(tokens, mask, vectors, on_it, weights)


def _table(rows: Sequence[Row], cells: Callable[[Row], list[bool]]) -> Tensor:
    return torch.tensor([cells(row) for row in rows], dtype=torch.float32)


def _padded(read: Sequence[TextFeatures]) -> tuple[Tensor, Tensor]:
    """Padded tokens of shape (texts, longest, layers * d), and which of them are real."""
    scale = len(read[0].vector) ** 0.5
    longest = max(1, *(len(text.tokens) for text in read))
    tokens = torch.zeros(len(read), longest, read[0].tokens.shape[1], dtype=torch.float16)
    mask = torch.zeros(len(read), longest, dtype=torch.bool)
    for at, text in enumerate(read):
        tokens[at, : len(text.tokens)] = torch.from_numpy(scale * text.tokens)
        mask[at, : max(1, len(text.tokens))] = True
    return tokens, mask
