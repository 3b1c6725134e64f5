"""Which sentences are quoted, and in which order."""

from dataclasses import replace

import pytest

from askdoc import ask, build_index
from askdoc.answering.quoting import (
    JOIN_MARGIN,
    LIST_EASE,
    SECOND_QUOTE_MARGIN,
    choose,
    choose_more,
    cite,
)
from askdoc.answering.selection import READ, READ_FIRST, Candidate, Weighed, weigh
from askdoc.reading import Reading
from fakes import CATS, WordEmbedder, document

LINKS = """\
# Cats

Cats are said to love company.

## More

- Cat Club: [Cats and company] – https://cats.example/
"""


def quoted(text, query, **options):
    index = build_index([document(text)], embedder=WordEmbedder())
    chosen = choose(weigh(index, query, index.search(query)), **options)
    return [citation.quote for citation in cite(index, chosen)]


READ_ONCE = (Reading(0.0, 0.0, (0.0,)),)


def likely(*log_odds, text=CATS):
    """The sentences of an article with these log odds that they answer."""
    index = build_index([document(text)], embedder=WordEmbedder())
    hits = index.search("cats", 5)
    spans = [(hit, span) for hit in hits for span in hit.passage.sentences]
    sentences = [Candidate(*one, odds) for one, odds in zip(spans, log_odds, strict=False)]
    return Weighed("cats", hits, (), tuple(sentences))


def test_the_sentence_that_fits_is_quoted_whole():
    assert quoted(CATS, "when do they hunt?")[0] == "They hunt at dusk."


def test_a_link_is_not_quoted_to_a_question_of_substance():
    assert quoted(LINKS, "do cats love company?")[0] == "Cats are said to love company."


def test_a_link_is_quoted_to_who_asks_where_to_look():
    assert "https://cats.example/" in quoted(LINKS, "where is a cat club website?")[0]


@pytest.mark.parametrize(
    ("log_odds", "listing", "count"),
    [
        ((2.0, -3.0, -3.0, -3.0), False, 1),
        ((2.0, 1.9, 1.8, 1.7), False, 3),
        ((2.0, 1.9, 1.8, 1.7), True, 4),
        ((2.0, 2.0 - SECOND_QUOTE_MARGIN), False, 2),
        ((2.0,) * 8, True, 5),
        ((2.0,) * 8, False, 3),
        ((-5.0, -5.0, -5.0, -5.0), False, 1),
        ((-0.9, -0.9), False, 2),
        ((-1.1, -1.1), False, 1),
        ((-1.1, -1.1), True, 2),
    ],
)
def test_a_second_quote_is_given_where_it_is_as_likely_to_answer(log_odds, listing, count):
    assert len(choose(likely(*log_odds), listing=listing)) == count


def test_a_list_has_quotes_that_lie_further_behind_the_best():
    behind = 2.0 - SECOND_QUOTE_MARGIN - LIST_EASE / 2
    weighed = likely(2.0, behind, behind, behind)
    assert len(choose(weighed)) == 1
    assert len(choose(weighed, listing=True)) == 4


def test_more_brings_three_at_a_time_of_what_was_not_shown():
    weighed = likely(*[2.0] * 8)
    spans = [("cats", candidate.span) for candidate in weighed.sentences]
    shown = choose(weighed)
    assert list(shown) == spans[:3]
    assert list(choose_more(weighed, shown, 1)) == spans[3:6]
    assert list(choose_more(weighed, shown, 2)) == spans[6:8]
    assert choose_more(weighed, shown, 3) == ()


def test_a_second_quote_need_not_hold_the_questions_words():
    weighed = replace(likely(2.0, 2.0, 2.0), query="how do claws purr?")
    assert len(choose(weighed)) == 3


def test_the_best_quote_comes_first():
    weighed = likely(4.0, 3.9)
    best = weighed.sentences[0].span
    assert choose(weighed)[0] == ("cats", best)


@pytest.mark.parametrize(
    ("log_odds", "quote"),
    [
        ((2.0, 2.0 - JOIN_MARGIN), "Cats sleep sixteen hours a day. They hunt at dusk."),
        ((2.0, 1.9 - JOIN_MARGIN), "Cats sleep sixteen hours a day."),
    ],
)
def test_a_neighbour_that_is_nearly_as_likely_is_part_of_the_quote(log_odds, quote):
    weighed = replace(likely(*log_odds), readings=READ_ONCE)
    [(_, span)] = choose(weighed)
    assert weighed.sentences[0].hit.passage.sentence(span) == quote


FAULTS = "# Fan\n\nThe fan is noisy. Put it on a level floor. Oil it.\n\nIt smells. Air the room."


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("why is the fan noisy?", "The fan is noisy. Put it on a level floor."),
        ("is the fan noisy?", "The fan is noisy."),
    ],
)
def test_a_sentence_that_repeats_a_why_is_quoted_with_the_next(question, quote):
    weighed = replace(likely(2.0, -2.0, -2.0, text=FAULTS), query=question)
    [(_, span)] = choose(weighed)
    assert weighed.sentences[0].hit.passage.sentence(span) == quote


def test_nothing_is_chosen_from_nothing():
    assert choose(Weighed("cats?", (), (), ())) == ()


FAQ = "# Cats\n\n**Do cats hunt?**\n\nMostly at dusk. {}\n\nDo they swim?".replace("**", "")


def test_a_question_of_the_article_is_never_quoted_as_an_answer():
    quotes = quoted(FAQ.format("Rarely at noon."), "do cats hunt?")
    assert quotes[0] == "Mostly at dusk. Rarely at noon."


def test_a_question_that_nothing_answers_yields_to_the_next_best():
    assert "Do they swim?" not in quoted(FAQ, "do they swim?")


@pytest.mark.parametrize("catalogues", [("", ""), ("format = 1", ""), ("", "format = 1")])
def test_the_same_article_in_two_files_is_quoted_once(catalogues):
    copies = [
        document(CATS, id=f"cats{n}", catalogue=text) for n, text in enumerate(catalogues, start=1)
    ]
    index = build_index(copies, embedder=WordEmbedder())
    chosen = choose(weigh(index, "when do they hunt?", index.search("when do they hunt?")))
    cited = cite(index, chosen)
    assert len({citation.quote for citation in cited}) == len(cited)
    assert not any(catalogues) or catalogues[int(cited[0].document_id[-1]) - 1]


SHEETS = """\
# Alphacin

## Alphacin dose

Adults take at most 5 mg a day.

# Betacin

## Betacin dose

Adults take at most 10 mg a day.
"""


def test_the_dose_of_one_medicine_is_no_second_answer_on_another():
    index = build_index([document(SHEETS)], embedder=WordEmbedder())
    query = "how much betacin dose may adults take a day at most?"
    weighed = weigh(index, query, index.search(query))
    alike = tuple(replace(one, log_odds=1.0) for one in weighed.sentences)
    chosen = cite(index, choose(replace(weighed, sentences=alike)))
    assert [citation.quote for citation in chosen] == ["Adults take at most 10 mg a day."]


def test_a_second_answer_may_name_the_medicine_in_its_own_words():
    note = "\n# Notes\n\nA betacin dose is halved at night.\n"
    index = build_index([document(SHEETS + note)], embedder=WordEmbedder())
    query = "how much betacin dose may adults take a day at most?"
    weighed = weigh(index, query, index.search(query))
    alike = tuple(replace(one, log_odds=1.0) for one in weighed.sentences)
    chosen = cite(index, choose(replace(weighed, sentences=alike)))
    assert [citation.quote for citation in chosen] == [
        "Adults take at most 10 mg a day.",
        "A betacin dose is halved at night.",
    ]


TABLE = """\
# Starter

Temperature: 18 | Time to peak: 12 hours

Temperature: 24 | Time to peak: 6 hours
"""


def test_a_row_of_another_number_is_not_quoted():
    index = build_index([document(TABLE)], embedder=WordEmbedder())
    query = "what is the time to peak at a temperature of 24?"
    weighed = weigh(index, query, index.search(query))
    first, second = weighed.sentences[:2]
    assert "24" in first.hit.passage.sentence(first.span)
    assert second.log_odds < first.log_odds - 3


class CountingReader:
    """Finds the same log odds in every sentence, and counts the texts it was given."""

    def __init__(self, log_odds):
        self.log_odds, self.asked, self.texts = log_odds, set(), 0

    def read(self, question, texts):
        self.asked.add(question)
        self.texts += len(texts)
        return [
            Reading(self.log_odds, self.log_odds, (self.log_odds,) * len(text.sentences))
            for text in texts
        ]


ENGLISH = "\n\n".join(
    f"## Part {number}\n\nThe cats of this house sleep in room number {number} and eat in the hall."
    for number in range(6)
)


def weighed_by(reader, article, monkeypatch):
    monkeypatch.setattr("askdoc.answering.selection.load_reader", lambda: reader)
    index = build_index([document(article)], embedder=WordEmbedder())
    return weigh(index, "where do cats sleep?", index.search("where do cats sleep?", 5))


@pytest.mark.parametrize(("log_odds", "read"), [(30.0, READ_FIRST), (-30.0, READ)])
def test_more_passages_are_read_where_none_of_the_first_is_sure(monkeypatch, log_odds, read):
    reader = CountingReader(log_odds)
    weighed = weighed_by(reader, ENGLISH, monkeypatch)
    assert reader.texts == len(weighed.readings) == read
    assert len(weighed.hits) == 5


APART = """\
## Cats

The cats of this house sleep in the attic.

## Boats

Boats are let by the hour at the pier.

## Taxes

Taxes are due in the month of May.
"""


@pytest.mark.parametrize(("log_odds", "read"), [(30.0, 1), (-30.0, 3)])
def test_a_passage_that_stands_out_is_read_alone_at_first(monkeypatch, log_odds, read):
    reader = CountingReader(log_odds)
    weighed = weighed_by(reader, APART, monkeypatch)
    assert reader.texts == len(weighed.readings) == read
    assert weighed.hits[0].passage.text.startswith("The cats")


WALLS = """\
# Rooms

You may paint the walls of your room in any colour that you like.

Wallpaper needs our consent.
"""


@pytest.mark.parametrize(
    ("read_as", "first"),
    [
        ("can i paint the walls? > and wallpaper?", "Wallpaper needs our consent."),
        ("can i paint the walls? > and tiles?", "You may paint the walls"),
        ("can i paint the walls of my room?", "You may paint the walls"),
    ],
)
def test_what_a_follow_up_newly_names_comes_first(monkeypatch, read_as, first):
    monkeypatch.setattr("askdoc.answering.selection.load_reader", lambda: CountingReader(0.0))
    index = build_index([document(WALLS)], embedder=WordEmbedder())
    query = "can i paint the walls of my room wallpaper?"
    best = weigh(index, query, index.search(query), read_as=read_as).sentences[0]
    assert best.hit.passage.sentence(best.span).startswith(first)


NOISE = "qzorl xkwyt brwvn " * 20


@pytest.mark.parametrize("asked", [NOISE, "?!(#) " * 30, "猫は何時間眠るか" * 12])
def test_one_passage_is_read_with_noise(monkeypatch, asked):
    reader = CountingReader(-30.0)
    monkeypatch.setattr("askdoc.answering.selection.load_reader", lambda: reader)
    index = build_index([document(ENGLISH)], embedder=WordEmbedder())
    weigh(index, asked, index.search("where do cats sleep?", 5))
    assert reader.texts == 1


def test_of_long_passages_fewer_are_read(monkeypatch):
    reader = CountingReader(-30.0)
    longer = ENGLISH.replace("eat in the hall.", f"eat in the hall. {'x' * 900}")
    weighed_by(reader, longer, monkeypatch)
    assert reader.texts < READ


def test_the_reader_is_given_a_misspelt_word_as_the_article_spells_it(monkeypatch):
    reader = CountingReader(30.0)
    monkeypatch.setattr("askdoc.answering.selection.load_reader", lambda: reader)
    index = build_index([document("Chocolate rounds off the taste.")], embedder=WordEmbedder())
    ask(index, "whats the point of choclate?")
    assert reader.asked == {"whats the point of chocolate?"}


def test_the_reader_is_given_a_follow_up_with_what_came_before(monkeypatch):
    reader = CountingReader(30.0)
    monkeypatch.setattr("askdoc.answering.selection.load_reader", lambda: reader)
    index = build_index([document(ENGLISH)], embedder=WordEmbedder())
    ask(index, "and the other cats?", ["where do the cats sleep in the hall?"])
    assert reader.asked == {"where do the cats sleep in the hall? > and the other cats?"}


STOVE = """\
# The stove

It stands in the hall and must not be moved by one person alone.

## Lighting the stove

1. Check the pot and its lid for ash.
2. Press the button until it blinks.
3. Wait until the flame appears.

## What to bring

- boots that cover the ankle
- a head torch and cells for it
"""


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("list the steps to light the stove", "Check the pot", "flame appears."),
        ("how do i light the stove?", "Check the pot", "flame appears."),
        ("what do i have to bring", "boots", "cells for it"),
    ],
)
def test_a_list_that_has_the_name_of_what_is_asked_for_is_quoted_whole(question, first, last):
    answer = ask(build_index([document(STOVE)], embedder=WordEmbedder()), question)
    [citation] = answer.citations
    assert citation.quote.startswith(first)
    assert citation.quote.endswith(last)


@pytest.mark.parametrize(
    "question", ["how do i light the stove with wet wood?", "does it need steps to light it?"]
)
def test_a_list_is_not_given_for_more_than_it_has_the_name_of(question):
    answer = ask(build_index([document(STOVE)], embedder=WordEmbedder()), question)
    assert not any("\n" in citation.quote for citation in answer.citations)
