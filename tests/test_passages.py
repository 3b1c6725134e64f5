import string
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askdoc.passages import PassageSize, cut, sentence_spans
from fakes import CATS, document


def words(texts):
    return [len(text.split()) for text in texts]


def pieces(text, **size):
    return cut(document(text), words, PassageSize(**size) if size else None)


def sentences(text):
    return [text[a:b] for a, b in sentence_spans(text, 0, len(text))]


def test_a_passage_knows_the_heading_it_stands_under():
    assert [p.heading for p in pieces(CATS)] == [
        "Keeping cats",
        "Keeping cats › Food",
        "Keeping cats › Health",
    ]


def test_paragraphs_of_different_headings_never_share_a_passage():
    assert all("Claws" not in p.text for p in pieces(CATS) if p.heading.endswith("Food"))


def test_the_mark_of_a_list_item_is_no_part_of_its_sentence():
    food = pieces(CATS)[1]
    assert "Dry food keeps longer." in [food.sentence(span) for span in food.sentences]


def test_a_long_paragraph_is_split_between_sentences():
    text = " ".join(f"Sentence number {n} has six words." for n in range(40))
    parts = pieces(text, window=40, merge_below=10)
    assert len(parts) > 5
    assert all(p.text.startswith("Sentence") and p.text.endswith(".") for p in parts)
    assert all(len(p.text.split()) <= 40 for p in parts)


def test_a_sentence_longer_than_the_window_stays_whole():
    text = "word " * 99 + "end."
    assert [p.text for p in pieces(text, window=20, merge_below=5)] == [text]


def test_short_paragraphs_are_merged_until_they_are_worth_a_passage():
    text = "\n\n".join(f"Short paragraph {n}." for n in range(9))
    assert len(pieces(text, window=60, merge_below=12)) == 3


def test_a_table_of_contents_is_not_a_passage():
    text = "- Food\n- Health\n\n## Food\n\nCats eat.\n\n## Health\n\nCats are well."
    assert [p.text for p in pieces(text)] == ["Cats eat.", "Cats are well."]


def test_a_document_of_headings_alone_still_has_passages():
    assert [p.text for p in pieces("# One\n\n# Two")] == ["# One\n\n# Two"]


def test_headings_of_plain_text_are_recognised():
    text = "Feeding a cat\n\nCats eat meat. They like it.\n\nBrushing\n\nBrush them daily."
    assert [p.heading for p in pieces(text)] == ["Feeding a cat", "Brushing"]


def test_long_lines_of_plain_text_are_paragraphs_of_their_own():
    long = "This line is a paragraph " * 8 + "and it ends here."
    [passage] = pieces(f"About the author\n{long}\n{long}", window=500, merge_below=400)
    assert [passage.sentence(s) for s in passage.sentences] == ["About the author", long, long]


def test_hard_wrapped_lines_are_one_paragraph():
    [passage] = pieces("The cat sat\non the mat. It\nslept.")
    assert [passage.sentence(s) for s in passage.sentences] == [
        "The cat sat\non the mat.",
        "It\nslept.",
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "Dr. Emily Johnson has a cat.",
        "Some animals, e.g. cats, sleep a lot.",
        "A study (2019) found it.",
        "See https://www.example.org/a.html?b=c. for more.",
        "It weighs approx. 5 kg in all.",
        "Mr. Smith vs. Mrs. Jones et al. agreed.",
        "The U.S. Army keeps none.",
        "It costs $3.50 at 5 p.m. today.",
    ],
)
def test_a_full_stop_inside_a_sentence_does_not_end_it(sentence):
    assert sentences(f"Before it. {sentence} After it.") == ["Before it.", sentence, "After it."]


def test_an_empty_text_has_no_passages():
    assert pieces(" \n\n ") == ()


PROSE = st.text(alphabet=string.ascii_letters + " .,!?-#*1’é😀\n\t\u200b", max_size=400)
LINES = st.lists(
    st.one_of(
        st.just(""),
        st.sampled_from(["# Top", "## Sub", "- item one.", "1. first", "Plain Heading"]),
        st.text(alphabet=string.ascii_letters + " .?!’", min_size=1, max_size=90),
    ),
    max_size=25,
).map("\n".join)


@given(st.one_of(PROSE, LINES), st.integers(8, 80))
def test_every_passage_and_sentence_is_a_slice_of_the_document(text, window):
    for passage in pieces(text, window=window, merge_below=window // 3):
        assert text[passage.start : passage.end] == passage.text
        for start, end in passage.sentences:
            assert passage.start <= start < end <= passage.end
            assert text[start:end] == passage.sentence((start, end))
            assert text[start:end] == text[start:end].strip()


@given(st.one_of(PROSE, LINES))
def test_sentences_never_overlap_and_keep_the_reading_order(text):
    spans = [span for passage in pieces(text) for span in passage.sentences]
    assert all(left[1] <= right[0] for left, right in pairwise(spans))


@given(st.lists(st.sampled_from(["Cats sleep.", "Dogs bark loudly!", "Why?"]), min_size=1))
def test_no_word_of_a_paragraph_is_lost(parts):
    text = " ".join(parts)
    kept = [p.sentence(s) for p in pieces(text, window=12, merge_below=4) for s in p.sentences]
    assert " ".join(kept) == text
