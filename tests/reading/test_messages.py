"""The reader of long messages."""

from itertools import pairwise

import numpy as np
import pytest

from askdoc import ask, build_index
from askdoc.caveats import window_spans
from askdoc.reading import load_message_reader
from askdoc.reading.messages import (
    MAX_TOKENS,
    READ_AGAIN_TOKENS,
    UNREAD,
    affordable,
    stretches,
)
from fakes import CATS, WordEmbedder, document

CALM = (
    "We moved here two years ago and the garden was all weeds. I would like to know when the shop "
    "opens on Sundays. My sister came by on Tuesday and brought some plums. "
)
CRISIS = "I have decided that I am going to kill myself tonight. "
FILM = "In the film the doctor says that he is going to kill himself, and his wife laughs at it. "


def places(*lengths):
    ends = np.cumsum(lengths).tolist()
    return [(end - length, end) for end, length in zip(ends, lengths, strict=True)]


def test_a_short_message_is_read_at_once():
    assert list(stretches(places(20, 30, 40))) == [(0, 3)]


def test_of_a_long_one_every_part_is_read_and_the_last_ones_again():
    parts = places(*[20] * 30)
    found = list(stretches(parts))
    assert found[0][0] == 0
    assert found[-1][1] == 30
    for (first, last), (again, _) in pairwise(found):
        assert parts[last - 1][1] - parts[first][0] <= MAX_TOKENS - 2
        assert first < again < last
        assert parts[last - 1][1] - parts[again][0] <= READ_AGAIN_TOKENS + 20


def test_a_part_that_is_longer_than_what_is_read_at_once_is_read_alone():
    assert list(stretches(places(20, 500, 20))) == [(0, 1), (1, 2), (2, 3)]


def test_of_noise_the_parts_with_the_fewest_tokens_for_their_length_are_read():
    spans = [(0, 100), (100, 200), (200, 300)]
    assert affordable(places(20, 30, 25), spans, 80) == [0, 1, 2]
    assert affordable(places(20, 60, 25), spans, 80) == [0, 2]


@pytest.mark.model
def test_a_crisis_is_found_in_a_long_message_and_told_from_a_film():
    reader = load_message_reader()

    def gravest(text):
        scores = reader.read(text, window_spans(text), 500).max(axis=0)
        return dict(zip(reader.thresholds, scores, strict=True))

    found, certain = (reader.thresholds["self_harm"][at] for at in (1, 2))
    assert gravest(CALM + CRISIS + CALM)["self_harm"] >= certain
    assert gravest(CALM + FILM + CALM)["self_harm"] < found
    assert gravest(CALM * 3)["overdose_emergency"] < found


@pytest.mark.model
def test_what_is_not_read_for_its_noise_does_not_hide_the_rest():
    text = "%&$# " * 300 + ". " + CALM + CRISIS + CALM
    reader = load_message_reader()
    scores = reader.read(text, window_spans(text), 500)
    assert scores.min() == UNREAD
    assert scores[:, list(reader.thresholds).index("self_harm")].max() > 0


@pytest.mark.model
def test_no_setting_and_no_other_embedding_model_hides_a_crisis_in_a_long_message(monkeypatch):
    monkeypatch.setenv("ASKDOC_READER", "off")
    index = build_index([document(CATS)], embedder=WordEmbedder())
    answer = ask(index, f"{CALM}I took the whole packet and now I feel so strange. {CALM}")
    assert "overdose_emergency" in {caveat.id for caveat in answer.caveats}
