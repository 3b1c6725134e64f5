"""The reader's network: the embedding model's encoder run over question and passage together.

This module owns the heads, the loss and what is predicted. Each sentence's logit is read from the
mean and the maximum of its tokens, the passage's from the first token; two further heads place the
answer's first and last token, as in Devlin et al., "BERT" (2019), where the first token stands for
"no answer". The last two only teach: what is predicted are sentences and passages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from transformers import BertModel

from training.reader_examples import Example

SPAN_WEIGHT = 0.5
PASSAGE_WEIGHT = 1.0
SENTENCE_WEIGHT = 1.0
MASK_ID = 103
"""The id of [MASK] in the embedding model's vocabulary."""
FIRST_WORD_ID = 999
"""What comes before it in the vocabulary is no word."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples padded to one length.

    Attributes:
        ids: Token ids, (b, n).
        types: Token types, (b, n).
        mask: 1 for tokens, 0 for padding, (b, n).
        pool: The number of each token's sentence over the batch, from 1; 0 for none, (b, n).
        labels: Of all s sentences, (s,).
        owner: The example each sentence belongs to, (s,).
        answers: Whether each passage answers, (b,).
        starts: 1 where an answer starts, (b, n); a row of zeros where that was not judged.
        ends: 1 where it ends, (b, n).
    """

    ids: Tensor
    types: Tensor
    mask: Tensor
    pool: Tensor
    labels: Tensor
    owner: Tensor
    answers: Tensor
    starts: Tensor
    ends: Tensor


def encoder_of(folder: Path) -> BertModel:
    """An embedding model to train further: word embeddings frozen, and no dropout."""
    encoder = BertModel.from_pretrained(
        folder, add_pooling_layer=False, attn_implementation="eager", local_files_only=True
    )
    encoder.embeddings.word_embeddings.weight.requires_grad = False
    for module in encoder.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return encoder


class Reader(nn.Module):
    """The encoder and its four heads."""

    def __init__(self, folder: Path) -> None:
        """Starts from the weights of an embedding model's folder."""
        super().__init__()
        self.encoder = encoder_of(folder)
        width = self.encoder.config.hidden_size
        self.sentence = nn.Linear(2 * width, 1)
        self.passage = nn.Linear(width, 1)
        self.span = nn.Linear(width, 2)
        for head in (self.sentence, self.passage, self.span):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Gives logits of sentences (s,), of passages (b,) and of starts and ends (b, n, 2)."""
        hidden = self.encoder(
            input_ids=batch.ids, token_type_ids=batch.types, attention_mask=batch.mask
        ).last_hidden_state
        pooled = pool_sentences(hidden, batch.pool, len(batch.labels))
        return (
            self.sentence(pooled).squeeze(-1),
            self.passage(hidden[:, 0]).squeeze(-1),
            self.span(hidden),
        )


def pool_sentences(hidden: Tensor, pool: Tensor, sentences: int) -> Tensor:
    """The mean and the maximum of each sentence's tokens: (b, n, d) to (s, 2 d)."""
    flat, where = hidden.reshape(-1, hidden.shape[-1]), pool.reshape(-1)
    index = where[:, None].expand_as(flat)
    start = torch.zeros(sentences + 1, flat.shape[1], dtype=flat.dtype)
    mean = start.scatter_reduce(0, index, flat, "mean", include_self=False)
    most = start.scatter_reduce(0, index, flat, "amax", include_self=False)
    return torch.cat([mean, most], dim=1)[1:]


def loss(batch: Batch, sentences: Tensor, passages: Tensor, spans: Tensor) -> Tensor:
    """What is minimised: three losses, each a mean over what it judges."""
    binary = nn.functional.binary_cross_entropy_with_logits
    total = SENTENCE_WEIGHT * 2 * binary(sentences.float(), batch.labels)
    total = total + PASSAGE_WEIGHT * binary(passages.float(), batch.answers)
    allowed = (batch.pool > 0) | (torch.arange(batch.ids.shape[1]) == 0)
    logits = spans.float().masked_fill(~allowed[..., None], -1e4)
    for at, gold in enumerate((batch.starts, batch.ends)):
        judged = gold.sum(1) > 0
        if judged.any():
            log_p = torch.log_softmax(logits[judged, :, at], dim=1)
            right = log_p.masked_fill(gold[judged] == 0, -1e4)
            total = total - SPAN_WEIGHT * torch.logsumexp(right, dim=1).mean()
    return total


def batch_of(examples: Sequence[Example]) -> Batch:
    """Pads examples to the longest of them."""
    b, n = len(examples), max(len(e.ids) for e in examples)
    ids, types, mask, pool = (np.zeros((b, n), np.int64) for _ in range(4))
    starts, ends = np.zeros((b, n), np.float32), np.zeros((b, n), np.float32)
    labels, owner, before = [], [], 0
    for row, example in enumerate(examples):
        length = len(example.ids)
        ids[row, :length], types[row, :length], mask[row, :length] = example.ids, example.types, 1
        held = example.sentence >= 0
        pool[row, :length][held] = example.sentence[held] + 1 + before
        starts[row, list(example.starts)] = 1
        ends[row, list(example.ends)] = 1
        labels.append(example.labels)
        owner += [row] * len(example.labels)
        before += len(example.labels)
    whole = np.concatenate(labels)
    answers = np.array([float(e.labels.any()) for e in examples], np.float32)
    tensors = (ids, types, mask, pool, whole, np.array(owner), answers, starts, ends)
    return Batch(*(torch.from_numpy(array) for array in tensors))


def masked(batch: Batch, most: float, drawn: torch.Generator) -> Batch:
    """A batch with some words of each example masked: a share drawn between 0 and `most`."""
    return replace(batch, ids=masked_ids(batch.ids, batch.mask, most, drawn))


def masked_ids(ids: Tensor, mask: Tensor, most: float, drawn: torch.Generator) -> Tensor:
    """Token ids, some words of each row masked: a share drawn between 0 and `most`."""
    share = most * torch.rand(len(ids), 1, generator=drawn)
    hit = torch.rand(ids.shape, generator=drawn) < share
    return ids.masked_fill(hit & (mask == 1) & (ids >= FIRST_WORD_ID), MASK_ID)
