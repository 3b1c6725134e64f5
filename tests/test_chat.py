import asyncio
import logging
import re
from dataclasses import replace
from functools import partial

import gradio as gr
import pytest

from answers import BANNER, CATS, SLEEP, about_cats, built
from askdoc.chat import About, Turn, as_question, build_chat, question_about
from askdoc.chat.conversation import FAILED, UNAVAILABLE, suggestions, take
from askdoc.chat.page import _introduce, _is_answered, _respond
from askdoc.chat.pieces import banner_html, conversation_html, sources_html, welcome_html
from askdoc.chat.sessions import sweep
from askdoc.errors import AskdocError, IndexMissingError, QuestionError
from askdoc.server import Service

KNOWN = About({"cats": CATS}, (BANNER,), ("How long do cats sleep?", "Do cats bite?"))
OVERDOSE = "my friend overdosed and wont wake up"


def raising(error):
    def answer(question, history):
        raise error

    return answer


def shown_by(answer, question, turns=()):
    return list(_respond(answer, lambda _: True, lambda: KNOWN, question, turns))


def test_a_question_is_shown_at_once_and_then_its_answer():
    first, last = shown_by(about_cats, "how long do cats sleep?")
    assert "Looking in the article" in first[0]
    assert "Cats sleep sixteen hours a day." in last[0]
    assert "Looking in the article" not in last[0]


def test_the_text_box_is_emptied_when_a_question_is_taken():
    first, _ = shown_by(about_cats, "how long do cats sleep?")
    assert first[3] == ""


def test_a_claim_note_stands_in_the_box_of_its_quote():
    _, last = shown_by(about_cats, "how long do cats sleep?")
    box = re.search(r'<li class="quote">.*?</li>(?=<li class="quote">)', last[0]).group()
    assert "sixteen hours" in box
    assert "Overstated: twelve to sixteen." in box


def test_the_source_of_every_quote_is_at_hand_with_the_sentence_marked():
    turn = take("how long do cats sleep?", (), about_cats)
    html = sources_html([turn], KNOWN)
    assert "<mark>Cats sleep sixteen hours a day.</mark> They hunt at dusk." in html
    assert "<mark>Milk upsets most cats.</mark>" in html
    assert 'id="t1-s1"' in html
    assert "Overstated: twelve to sixteen." in html


def test_a_quote_from_beyond_the_hits_is_shown_in_its_passage_too():
    turn = take("how long do cats sleep?", (), about_cats)
    bare = replace(turn, answer=replace(turn.answer, passages=()))
    known = replace(KNOWN, passage={SLEEP.id: SLEEP}.get)
    html = sources_html([bare], known)
    assert "<mark>Cats sleep sixteen hours a day.</mark> They hunt at dusk." in html
    assert '<div class="passage"><mark>Milk upsets most cats.</mark></div>' in html


def test_every_link_to_a_source_has_one():
    turns = [take(q, (), about_cats) for q in ("how long do cats sleep?", "do they bite?")]
    links = set(re.findall(r'href="#([^"]+)"', conversation_html(turns)))
    assert links == set(re.findall(r' id="([^"]+)"', sources_html(turns, KNOWN)))
    assert len(links) == 3


def test_a_page_for_one_article_asks_that_one_alone():
    asked_of = []

    def answer(question, history, document=None):
        asked_of.append(document)
        return about_cats(question, history)

    list(_respond(answer, lambda _: True, lambda: KNOWN, "how long do cats sleep?", (), "cats"))
    shown_by(answer, "how long do cats sleep?")
    assert asked_of == ["cats", None]


def test_replies_that_nobody_fetches_are_forgotten():
    page = built(build_chat, about_cats, lambda: KNOWN)
    queue = page._queue

    async def swept():
        queue.pending_messages_per_session["left"] = asyncio.Queue()
        queue.pending_messages_per_session["left"].put_nowait("a reply")
        queue.pending_messages_per_session["awaited"] = asyncio.Queue()
        queue.pending_event_ids_session |= {"left": {"1"}, "awaited": {"2"}, "over": set()}
        queue.active_jobs = []
        first = await sweep(page, frozenset())
        assert await sweep(page, first) == frozenset()

    asyncio.run(swept())
    assert set(queue.pending_messages_per_session) == {"awaited"}
    assert queue.pending_event_ids_session == {"awaited": {"2"}}


def test_opening_a_page_asks_the_server_once():
    page = built(build_chat, about_cats, lambda: KNOWN)
    triggers = [target for function in page.fns.values() for target in function.targets]
    assert [event for _, event in triggers].count("load") == 1


def test_a_blank_question_changes_nothing():
    assert shown_by(about_cats, " \n ") == [[gr.skip()] * 8]


def test_earlier_questions_are_passed_on_oldest_first():
    seen = []

    def answer(question, history):
        seen.append((question, list(history)))
        return about_cats(question)

    _, last = shown_by(answer, "how long do cats sleep?")
    shown_by(answer, "why?", last[2])
    assert seen[-1] == ("why?", ["how long do cats sleep?"])


@pytest.mark.parametrize("error", [RuntimeError("secret"), MemoryError(), KeyError("secret")])
def test_any_fault_becomes_a_plain_message_and_the_page_goes_on(error):
    _, last = shown_by(raising(error), "how long do cats sleep?")
    assert FAILED in last[0]
    assert "secret" not in last[0]
    _, after = shown_by(about_cats, "how long do cats sleep?", last[2])
    assert "sixteen hours" in after[0]


def test_an_unusable_index_is_told_without_its_path():
    _, last = shown_by(raising(IndexMissingError("No index in /srv/secret")), "hello cats")
    assert UNAVAILABLE in last[0]
    assert "/srv/secret" not in last[0]


def test_a_question_that_cannot_be_taken_is_told_why():
    _, last = shown_by(raising(QuestionError("The question is empty.")), "?")
    assert "The question is empty." in last[0]


@pytest.mark.parametrize("error", [RuntimeError(), AskdocError("x"), QuestionError("x")])
def test_help_in_a_crisis_is_given_even_when_answering_fails(error):
    _, last = shown_by(raising(error), OVERDOSE)
    assert 'href="tel:911"' in last[0]
    assert 'class="caveat emergency"' in last[0]


def test_an_emergency_shows_its_block_and_nothing_of_the_article():
    _, last = shown_by(about_cats, OVERDOSE)
    reply = last[0].split("</h2>")[1].split("<pre")[0]
    assert re.sub(r"<[^>]+>", "", reply).startswith("Emergency")
    assert "Copy" not in reply
    assert "About these answers" not in reply


def test_no_question_is_written_to_the_log(caplog):
    with caplog.at_level(logging.DEBUG):
        shown_by(raising(RuntimeError("canary-4711")), "canary-4711")
        shown_by(raising(AskdocError("canary-4711")), "canary-4711")
    assert caplog.records
    assert "canary-4711" not in caplog.text


@pytest.mark.parametrize(
    "payload", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\ud800", "a\n\n# b"]
)
def test_a_hostile_question_is_only_text(payload):
    _, last = shown_by(about_cats, payload)
    assert len(last[0].splitlines()) == 1
    assert "<script" not in last[0]
    assert "<img" not in last[0]
    last[0].encode()


def test_a_conversation_keeps_a_bounded_number_of_turns():
    turns = tuple(Turn(f"question {n}", failure="x") for n in range(80))
    _, last = shown_by(about_cats, "how long do cats sleep?", turns)
    assert len(last[2]) == 50
    assert last[2][-1].answer.status == "answered"


def test_the_export_holds_every_answer_with_its_caveats():
    turns = [take(q, (), about_cats) for q in ("how long do cats sleep?", "do they bite?")]
    html = conversation_html(turns)
    export = re.search(r'<pre class="conversation-markdown" hidden>(.*?)</pre>', html).group(1)
    for words in ("## how long do cats sleep?", "Overstated", "1-800-222-1222", "on cats"):
        assert words in export


def test_the_first_screen_offers_the_examples():
    assert suggestions((), KNOWN, lambda _: True) == KNOWN.examples


def test_after_an_answer_sections_near_it_are_offered_and_then_examples():
    turn = take("do cats bite?", (), about_cats)
    offered = suggestions([turn], KNOWN, lambda _: True)
    assert offered == (question_about("Sleep"), "How long do cats sleep?")


def test_a_section_that_would_not_be_answered_is_not_offered():
    turn = take("do cats bite?", (), about_cats)
    assert suggestions([turn], KNOWN, lambda _: False) == ("How long do cats sleep?",)


@pytest.mark.model
def test_what_is_offered_after_an_answer_of_the_real_article_is_answered(kratom_index):
    service = Service(lambda: kratom_index)
    service.start()
    assert service.wait(120)
    page = partial(_respond, service.ask, partial(_is_answered, service.ask), service.about)
    *_, shown = page("who was president in 1990?", ())
    offered = [update["value"] for update in shown[4:] if update.get("visible")]
    assert any("the article say" in question for question in offered)
    asked = [turn.question for turn in shown[2]]
    for question in offered:
        assert service.ask(question, asked).status == "answered", question


def test_nothing_is_offered_beside_an_emergency():
    turn = take(OVERDOSE, (), about_cats)
    assert suggestions([turn], KNOWN, lambda _: True) == ()


def test_examples_read_as_questions():
    assert as_question("how do i stop") == "How do I stop?"
    assert as_question("is it fda approved", "FDA: no.") == "Is it FDA approved?"
    assert question_about("Food › Dry food") == "What does the article say about “Dry food”?"


def test_the_first_screen_names_the_article_and_where_it_comes_from():
    assert '“<a href="../article/cats"' in welcome_html(KNOWN)
    assert "Keeping cats</a>”" in welcome_html(KNOWN)
    assert "still being loaded" in welcome_html(None)
    assert "Answers quote one article on cats." in banner_html(KNOWN.banners)


def test_the_first_screen_waits_for_the_article():
    known = iter([None, None, KNOWN, KNOWN])

    async def screens():
        return [screen async for screen in _introduce(lambda _: True, lambda: next(known), ())]

    waiting, told = asyncio.run(screens())
    assert "still being loaded" in waiting[0]
    assert "Keeping cats" in told[0]


def test_the_page_is_built_on_blocks_without_an_eval():
    page = built(build_chat, about_cats, lambda: KNOWN)
    names = {type(block).__name__ for block in page.blocks.values()}
    assert names <= {"Markdown", "Button", "Textbox", "State", "Row", "Column", "Form"}
    assert all(function.js is None for function in page.fns.values())
