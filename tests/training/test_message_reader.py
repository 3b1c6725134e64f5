"""How the reader of long messages is trained."""

import numpy as np
import pytest
import torch
from training.message_reader import (
    Batch,
    batch_of,
    label,
    loss,
    stretches_of,
    tokenizer_of,
)
from training.messages import Message

CALM = "The weather has been awful all week, so nobody went out. "
CRISIS = "I have tied the knot and I keep looking at it."
ON = frozenset({"self_harm"})


def with_crisis(before):
    text = CALM * before + CRISIS + " " + CALM * 3
    at = len(CALM) * before
    return Message(text, (at, at + len(CRISIS)), ON)


def test_a_window_is_on_a_crisis_that_it_holds_most_of_and_not_judged_by_a_part():
    message = with_crisis(2)
    start, end = message.crisis
    assert label(message, (start, end)).tolist() == [0.0, 1.0]
    assert label(message, (0, start - 1)).tolist() == [0.0, 0.0]
    assert label(message, (start - 40, start + 12)).tolist() == [-1.0, -1.0]


def test_a_harmless_message_is_on_nothing():
    assert label(Message(CALM * 3), (0, 20)).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("before", [0, 3, 40])
def test_every_window_is_in_a_stretch_and_the_crisis_is_labelled(before):
    found = list(stretches_of(with_crisis(before), tokenizer_of()))
    assert all(len(stretch.ids) <= 192 for stretch in found)
    assert all(b <= len(stretch.ids) for stretch in found for _, b in stretch.places)
    assert sum((stretch.labels[:, 1] == 1).sum() for stretch in found) >= 1
    assert (len(found) > 1) == (before == 40)


def batch(labels, owner):
    rows = max(owner) + 1
    ids = torch.zeros((rows, 4), dtype=torch.long)
    places = tuple((0, 1) for _ in owner)
    return Batch(ids, ids, places, torch.tensor(labels), torch.tensor(owner))


def test_the_loss_is_low_where_the_window_with_the_crisis_stands_out_and_high_where_another_does():
    two = batch([[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]], [0, 0, 1])
    right = torch.tensor([[-9.0, 9.0], [-9.0, -9.0], [-9.0, -9.0]])
    wrong = torch.tensor([[-9.0, -9.0], [-9.0, -9.0], [-9.0, 9.0]])
    assert loss(right, two) < 0.01
    assert loss(wrong, two) > 3


def test_a_window_that_is_not_judged_changes_nothing():
    two = batch([[0.0, 1.0], [-1.0, -1.0]], [0, 0])
    low, high = (torch.tensor([[-9.0, 9.0], [value, value]]) for value in (-9.0, 9.0))
    assert loss(low, two) == pytest.approx(loss(high, two))


def test_stretches_are_padded_to_the_longest():
    found = [
        *stretches_of(with_crisis(0), tokenizer_of()),
        *stretches_of(Message(CALM), tokenizer_of()),
    ]
    made = batch_of(found)
    assert made.ids.shape == made.mask.shape == (2, max(len(stretch.ids) for stretch in found))
    assert made.mask.sum() == sum(len(stretch.ids) for stretch in found)
    assert np.array_equal(made.labels.numpy(), np.concatenate([one.labels for one in found]))
