import string
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askdoc.passages import (
    PassageSize,
    cut,
    is_label,
    is_question,
    list_around,
    quotable,
    run_of,
    sentence_spans,
)
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


def test_a_sentence_longer_than_the_window_is_cut_so_that_all_of_it_is_read():
    text = "word " * 99 + "end."
    parts = pieces(text, window=20, merge_below=5)
    assert all(len(p.text.split()) <= 20 for p in parts)
    assert " ".join(p.text for p in parts) == text


SPEECH = (
    "um yeah the harbour is on the left side when you come from the station and there is a small "
    "shop that sells ice cream and then we talk a bit about the weather which is mostly fine but "
)


def test_a_transcript_without_punctuation_is_cut_at_connectives():
    spoken = sentences(
        SPEECH * 4 + "so the dog policy is that it costs 1 euro 50 per dog " + SPEECH
    )
    assert all(len(part) <= 240 for part in spoken)
    assert all(part.startswith(("um", "and then", "but", "so")) for part in spoken)


def test_a_transcript_is_cut_at_its_time_stamps():
    text = "\n".join(f"0:{n:02} {SPEECH[:60]}" for n in range(10, 40))
    assert all(part.startswith("0:") for part in sentences(text))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(["so", "word", "10 mg,", "x" * 40]), min_size=60, max_size=90))
def test_a_run_on_loses_no_word_and_parts_no_figure_from_its_unit(words):
    text = " ".join(words)
    found = sentences(text)
    assert " ".join(found) == text
    assert not any(part.endswith("10") for part in found)


def test_short_paragraphs_are_merged_until_they_are_worth_a_passage():
    text = "\n\n".join(f"Short paragraph {n}." for n in range(9))
    assert len(pieces(text, window=60, merge_below=12)) == 3


def test_a_table_of_contents_is_not_a_passage():
    text = "- Food\n- Health\n\n## Food\n\nCats eat.\n\n## Health\n\nCats are well."
    assert [p.text for p in pieces(text)] == ["Cats eat.", "Cats are well."]


@pytest.mark.parametrize(
    "contents",
    [
        "Contents\n\n1 Food ........ 3\n2 Health ........ 12",
        "Contents\n\n- 1. Food\n- 2. Health",
        "Contents\n\n- [Food 3]\n- Food . . . . . 3\n- Health . . . . . 12\n- More . . . . . 14",
        "Food 3\nHealth 12",
    ],
)
def test_a_line_of_contents_is_not_a_passage(contents):
    text = f"{contents}\n\n## 1 Food\n\nCats eat.\n\n## 2 Health\n\nCats are well."
    found = " ".join(p.text for p in pieces(text))
    assert "Cats eat." in found
    assert not any(word in found for word in ("Food .", "Health", "12"))


def test_a_price_list_with_dots_is_no_table_of_contents():
    text = "Adult ........ 3\nChild ........ 2\n\n## Dogs\n\nDogs pay."
    assert [t for p in pieces(text) for t in map(p.sentence, p.sentences)][:2] == [
        "Adult ........ 3",
        "Child ........ 2",
    ]


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


# --- What is quoted --------------------------------------------------------------------------


def quoted(text, words, **size):
    """What is quoted where a sentence that begins with some words is found."""
    for passage in pieces(text, **size):
        for span in passage.sentences:
            if passage.sentence(span).startswith(words):
                stretch = quotable(passage, span)
                return stretch and text[slice(*stretch)]
    raise AssertionError(words)


@pytest.mark.parametrize(
    ("text", "found", "quote"),
    [
        ("Is it far?\n\nYes. It is.\n\nMore.", "Is it far", "Yes. It is."),
        ("Q: Is it far?\nA: Yes.\n\nQ: Is it dear?\nA: No.", "Q: Is it far", "A: Yes."),
        ("Q: Is it far\nA: Yes.", "Q: Is it far", "A: Yes."),
        ("1. Is it far?\nYes.\n2. Is it dear?\nNo.", "Is it dear", "No."),
        ("So is it far? Not at all. You walk.", "So is it far", "Not at all. You walk."),
        ("Is it far? Is it dear? No.", "Is it far", "No."),
        ("What to bring?\n\n- a coat\n- 5 coins\n\nMore.", "What to", "a coat\n- 5 coins"),
        ("# Fares\n\nAdult fare\n\n3.50 euros", "Adult fare", "Adult fare\n\n3.50 euros"),
        ("# Fares\n\nAdult fare\n\n3.50 euros", "3.50", "Adult fare\n\n3.50 euros"),
        ("Never for:\n\n- infants\n- dogs", "dogs", "Never for:\n\n- infants\n- dogs"),
        ("It is far. It is dear.", "It is far", "It is far."),
        ("My sauce is thin. What now?\n\nMash a bean.", "My sauce", "Mash a bean."),
        ("Bring:\n\n- a coat\n- a hat\n\nGo.", "a coat", "Bring:\n\n- a coat\n- a hat"),
        ("Are you ill? Do not take:\n\n- salt\n- oil", "Are you", "Do not take:\n\n- salt\n- oil"),
        ("Cats sleep.\n\nIs it far?", "Is it far", None),
        ("Cats sleep.\n\nOpening hours", "Opening", None),
    ],
)
def test_a_question_or_a_term_leads_to_what_follows(text, found, quote):
    assert quoted(text, found) == quote


def test_a_question_shares_a_passage_with_its_answer():
    text = "\n\n".join(f"Is number {n} far?\n\nYes, {n} is very far away." for n in range(30))
    parts = pieces(text, window=24, merge_below=10)
    assert len(parts) > 5
    assert all(p.text.startswith("Is") and p.text.endswith("away.") for p in parts)


MANY = "\n".join(f"{n}. Turn wheel {n}. Then wait." for n in range(1, 13))


def test_a_line_that_introduces_a_list_is_quoted_with_all_of_it():
    assert quoted(f"# T\n\nDo this:\n\n{MANY}\n\nEnd.", "Do this") == f"Do this:\n\n{MANY}"


def test_a_short_list_is_not_divided_between_passages():
    text = f"# T\n\nBefore it stands a sentence of some words.\n\n{MANY}\n\nAnd one after it."
    holding = [p for p in pieces(text, window=200, merge_below=40) if "Turn" in p.text]
    assert len(holding) == 1


@pytest.mark.parametrize(
    ("text", "found", "whole"),
    [
        ("Bring:\n- a coat\n- a hat\n\nGo.", "a hat", "Bring:\n- a coat\n- a hat"),
        ("- a coat. Of wool.\n- a hat\n\nGo.", "Of wool", "a coat. Of wool.\n- a hat"),
        ("Cats sleep.\n\n- a coat\n- a hat", "a coat", "a coat\n- a hat"),
        ("Bring:\n\n- a coat", "a coat", None),
        ("Fit it.\n\n1. Push.\n2. Turn.", "Fit it", "Fit it.\n\n1. Push.\n2. Turn."),
        ("Fit it.\n\n- Push.\n- Turn.", "Fit it", None),
        ("Bring:\n\n- a coat\n- a hat\n\nGo.", "Go", None),
    ],
)
def test_the_list_around_an_item_comes_with_what_introduces_it(text, found, whole):
    [passage] = pieces(text)
    [span] = [s for s in passage.sentences if passage.sentence(s).startswith(found)]
    listed = list_around(passage, span)
    assert (listed and text[slice(*listed)]) == whole


PARAGRAPHS = "Cats sleep. They hunt at dusk. Is it far? No.\n\nDogs bark. They run."


@pytest.mark.parametrize(
    ("found", "others", "run"),
    [
        ("Cats", (), "Cats sleep."),
        ("Cats", ("They hunt",), "Cats sleep. They hunt at dusk."),
        ("They hunt", ("Cats",), "Cats sleep. They hunt at dusk."),
        ("They hunt", ("Is it",), "They hunt at dusk."),
        ("Dogs", ("No", "They run"), "Dogs bark. They run."),
    ],
)
def test_a_run_joins_statements_of_one_paragraph(found, others, run):
    [passage] = pieces(PARAGRAPHS)
    spans = {passage.sentence(span): span for span in passage.sentences}
    [of] = [span for words, span in spans.items() if words.startswith(found)]
    belonging = [span for words, span in spans.items() if words.startswith(others)]
    assert PARAGRAPHS[slice(*run_of(passage, of, belonging.__contains__))] == run


@pytest.mark.parametrize(
    ("sentence", "asks", "names"),
    [
        ("Can I bring my dog?", True, False),
        ("Question 3: the dog", True, False),
        ("Q&A", False, True),
        ("Adult fare", False, True),
        ("It must not be taken by:", False, True),
        ("Adult fare: 3.50 euros", False, False),
        ("555 0100", False, False),
        ("Dogs pay.", False, False),
    ],
)
def test_questions_and_labels_are_told_from_statements(sentence, asks, names):
    assert (is_question(sentence), is_label(sentence)) == (asks, names)


@given(st.one_of(PROSE, LINES))
def test_no_quote_is_a_question_and_every_quote_is_a_slice(text):
    for passage in pieces(text):
        for span in passage.sentences:
            stretch = quotable(passage, span)
            if stretch is not None:
                assert passage.start <= stretch[0] < stretch[1] <= passage.end
                assert not is_question(text[slice(*stretch)].split("\n\n")[-1])
