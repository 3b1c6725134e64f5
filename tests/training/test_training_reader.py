"""What the reader is trained on, and how: examples, their windows, the schedule, the loss."""

import json
import random

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from training.reader import LAST_SHARE, average, rate, restore, save, schedule
from training.reader_examples import WINDOW, Encoder, Row, is_dev, taken
from training.reader_network import MASK_ID, batch_of, loss, masked, pool_sentences
from training.reader_questions import WRITTEN, places, read_article

from askdoc.embedding import default_model_folder

TEXT = "Cats sleep a lot. They hunt at dusk. Dogs bark."
SENTENCES = ((0, 17), (18, 36), (37, 47))


def row(labels=(False, True, False), spans=((29, 35),), text=TEXT, sentences=SENTENCES, **more):
    fields = {"source": "any", "kind": "answer", "group": "cats", "heading": "Cats", **more}
    return Row(
        question="when do they hunt?",
        text=text,
        sentences=sentences,
        labels=labels,
        spans=spans,
        **fields,
    )


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.from_file(str(default_model_folder() / "tokenizer.json"))


@pytest.fixture(scope="module")
def encoder(tokenizer):
    return Encoder(tokenizer)


def words(tokenizer, example, places):
    return tokenizer.decode([int(example.ids[at]) for at in places])


def test_each_token_of_a_sentence_knows_its_sentence(encoder, tokenizer):
    example = encoder.encode(row(), random.Random(0))
    assert words(tokenizer, example, np.flatnonzero(example.sentence == 1)) == "they hunt at dusk."
    assert example.labels.tolist() == [0, 1, 0]


def test_the_answer_is_placed_on_its_tokens(encoder, tokenizer):
    example = encoder.encode(row(), random.Random(0))
    [start], [end] = example.starts, example.ends
    assert words(tokenizer, example, range(start, end + 1)) == "at dusk"


def test_the_first_token_stands_for_no_answer(encoder):
    example = encoder.encode(row(labels=(False,) * 3, spans=()), random.Random(0))
    assert example.starts == example.ends == (0,)


def test_where_only_sentences_are_judged_no_place_is_taught(encoder):
    assert encoder.encode(row(spans=None), random.Random(0)).starts == ()


@pytest.mark.parametrize("seed", range(5))
def test_a_long_passage_is_cut_to_whole_sentences_around_its_answer(encoder, seed):
    many = 120
    text = " ".join([TEXT] * many)
    step = len(TEXT) + 1
    sentences = tuple((a + n * step, b + n * step) for n in range(many) for a, b in SENTENCES)
    labels = tuple(at == 100 for at in range(len(sentences)))
    example = encoder.encode(row(labels, None, text, sentences), random.Random(seed))
    assert len(example.ids) <= WINDOW
    assert example.labels.sum() == 1
    assert len(example.labels) == example.sentence.max() + 1


def test_what_is_kept_back_is_never_trained_on():
    rows = [row(group=f"article {n}") for n in range(400)]
    kept, trained = taken(rows, dev=True), taken(rows, dev=False)
    assert kept
    assert len(kept) + len(trained) == 400
    assert not {r.group for r in kept} & {r.group for r in trained}
    assert all(is_dev(r.group) for r in kept)


@pytest.mark.parametrize("name", sorted(file.stem for file in WRITTEN.glob("*.jsonl"))[::12])
def test_every_quote_stands_in_the_article_it_was_written_for(name):
    document = read_article(WRITTEN / f"{name}.md")
    for line in (WRITTEN / f"{name}.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        assert row["question"].strip()
        assert all(a < b for _, (a, b) in places(document, row["quotes"]))


def test_a_row_of_a_table_is_found_where_its_cells_stand_with_their_heads(tmp_path):
    file = tmp_path / "a.md"
    file.write_text("| Time | Adults |\n|---|---|\n| Noon | `5` mg |\n| Night | 9 mg |\n")
    document = read_article(file)
    ((_, (start, end)),) = places(document, ["| Noon | `5` mg |"])
    assert document.text[start:end] == "Time: Noon | Adults: 5 mg"
    with pytest.raises(ValueError, match="No such sentence"):
        list(places(document, ["| Noon | 9 mg |"]))


def test_the_same_seed_gives_the_same_schedule(encoder):
    examples = [encoder.encode(row(), random.Random(0))] * 500
    assert schedule(examples, 0.5, 1) == schedule(examples, 0.5, 1)
    assert schedule(examples, 0.5, 1) != schedule(examples, 0.5, 2)
    assert sum(map(len, schedule(examples, 1.5, 1))) == 750


def test_the_rate_warms_up_and_falls_to_nothing():
    rates = [rate(step, 100) for step in range(101)]
    assert rates[0] == 0
    assert max(rates) == rates[5] == 1
    assert rates[100] == 0


def test_the_weights_that_ship_are_the_average_of_two_phases(tmp_path):
    for name, value in (("before", 0.0), ("last", 1.0)):
        (tmp_path / name).mkdir()
        weights = [torch.full((2,), value)]
        save(tmp_path / name, weights, torch.optim.AdamW(weights), 5)
    average(tmp_path / "before", tmp_path / "last", tmp_path / "average")
    found = [torch.zeros(2)]
    assert restore(tmp_path / "average", found) == 5
    assert found[0].tolist() == pytest.approx([LAST_SHARE] * 2)


def test_sentences_are_pooled_by_mean_and_maximum():
    hidden = torch.tensor([[[1.0], [3.0], [5.0], [9.0]]])
    pool = torch.tensor([[0, 1, 1, 2]])
    assert pool_sentences(hidden, pool, 2).tolist() == [[4.0, 5.0], [9.0, 9.0]]


def test_a_right_prediction_costs_less_than_a_wrong_one(encoder):
    batch = batch_of([encoder.encode(row(), random.Random(0))])
    spans = torch.zeros(*batch.ids.shape, 2)
    right, wrong = torch.tensor([-3.0, 3.0, -3.0]), torch.tensor([3.0, -3.0, 3.0])
    answers = torch.tensor([3.0])
    assert loss(batch, right, answers, spans) < loss(batch, wrong, -answers, spans)


def test_words_are_masked_and_nothing_else(encoder, tokenizer):
    batch = batch_of([encoder.encode(row(), random.Random(0))] * 200)
    drawn = torch.Generator().manual_seed(0)
    hidden = masked(batch, 0.5, drawn)
    hit = hidden.ids == MASK_ID
    assert 0.15 < hit.float().mean() < 0.3
    assert torch.equal(hidden.ids[~hit], batch.ids[~hit])
    marks = (batch.ids == tokenizer.token_to_id("[CLS]")) | (
        batch.ids == tokenizer.token_to_id("[SEP]")
    )
    assert not (hit & marks).any()
    assert torch.equal(hidden.labels, batch.labels)


def test_without_masking_a_batch_stays_as_it_is(encoder):
    batch = batch_of([encoder.encode(row(), random.Random(0))])
    assert torch.equal(masked(batch, 0.0, torch.Generator()).ids, batch.ids)
