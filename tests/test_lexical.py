"""Words, stems, misspellings and BM25."""

import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdoc.lexical import LexicalIndex, Lexicon, spelled_out
from askdoc.text import content_spans, tokens, words

TEXTS = [
    "Mitragynine relieves pain and anxiety.",
    "Withdrawal brings insomnia and sweating.",
    "The dosage is 7,000 mg at most.",
]


@pytest.fixture
def index():
    return LexicalIndex.build(TEXTS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Is it addictive?", ["addict"]),
        ("What's the patient’s dose?", ["patient", "dose"]),
        ("7,000 mg or 3.5 g", ["7,000", "mg", "3.5", "g"]),
        ("how does that do it", []),
        ("", []),
    ],
)
def test_tokens_are_stems_of_content_words(text, expected):
    assert tokens(text) == expected


@pytest.mark.parametrize("slip", ["withdrawl", "withdrawel", "mitragynne", "insomia", "dosgae"])
def test_a_misspelt_word_finds_its_text(index, slip):
    assert not index.knows(tokens(slip)[0])
    assert index.knows_nearly(tokens(slip)[0])
    assert index.scores(tokens(f"{slip} please")).max() > 0


@pytest.mark.parametrize(
    ("text", "slip", "stem"),
    [
        ("Chocolate melts.", "choclate", "chocol"),
        ("A glass broke.", "glas", "glass"),
        ("The dogs bark.", "bakr", "bark"),
        ("Guarantee", "gaurantee", "guarante"),
    ],
)
def test_slips_in_short_words_and_before_endings_are_found(text, slip, stem):
    assert LexicalIndex.build([text]).meant(tokens(slip)[0]) == (stem,)


@pytest.mark.parametrize("stranger", ["glam", "bare", "chopin", "guardian"])
def test_other_short_words_are_not_taken_for_slips(stranger):
    known = LexicalIndex.build(["Chocolate in a glass. The dogs bark. Guarantee"])
    assert known.meant(tokens(stranger)[0]) == ()


@pytest.mark.parametrize(
    ("typed", "query", "spelled"),
    [
        ("why choclate?", "why chocol?", "why chocolate?"),
        ("is it chocol?", "is it chocol?", "is it chocol?"),
        ("a reptlie in a glas", "a reptil in a glass", "a reptiles in a glass"),
        ("a zebrra", "a zebra", "a zebra"),
    ],
)
def test_stems_that_nobody_typed_are_spelled_out(typed, query, spelled):
    assert spelled_out(query, typed, ["Chocolate melts.", "Reptiles in glass."]) == spelled


@pytest.mark.parametrize("stranger", ["texas", "pine", "brains", "8,000", "zzzzzzzzz"])
def test_another_word_is_not_taken_for_a_misspelling(index, stranger):
    assert not index.knows_nearly(tokens(stranger)[0])
    assert index.scores(tokens(stranger)).max() == 0


def test_a_stem_is_the_rarer_the_fewer_texts_hold_it():
    index = LexicalIndex.build(["a cat", "a cat and a dog", "a cat"])
    assert index.idf("cat") < index.idf("dog") < index.idf("horse")


def test_scores_are_those_of_bm25s(index):
    reference = bm25s.BM25(method="lucene", k1=0.9, b=0.4, backend="numpy")
    reference.index([tokens(text) for text in TEXTS], show_progress=False)
    expected = reference.get_scores(tokens("pain of withdrawal"))
    assert index.scores(tokens("pain of withdrawal")).tolist() == expected.tolist()


def test_saving_and_loading_changes_no_score(index, tmp_path):
    index.save(tmp_path)
    again = LexicalIndex.load(tmp_path, 3)
    np.testing.assert_array_equal(again.scores(tokens("pain")), index.scores(tokens("pain")))
    assert again.knows_nearly("withdraw")


def test_texts_without_words_score_nothing(tmp_path):
    empty = LexicalIndex.build(["!!!", "..."])
    empty.save(tmp_path)
    again = LexicalIndex.load(tmp_path, 2)
    assert again.scores(tokens("anything")).tolist() == [0, 0]


@given(st.text())
def test_content_spans_lie_in_the_text_and_hold_its_words(text):
    spans = content_spans(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    if text.isascii():
        assert [text[a:b].lower() for a, b in spans] == words(text)


def test_a_word_that_begins_as_another_does_is_its_kin():
    lexicon = Lexicon({"dosag": 1, "loss": 1}, 2)
    assert lexicon.knows_kin("dose")
    assert lexicon.knows_kin("lose")
    assert not lexicon.knows_kin("tast")
    assert not lexicon.knows_kin("zebra")
