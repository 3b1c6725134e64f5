import asyncio
import logging
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from answers import BANNER, CATS, FOOD, SLEEP, CatService, about_cats, built, hit
from askdoc.answering import catalogue_of
from askdoc.chat import (
    About,
    Turn,
    as_question,
    banner_html,
    build_chat,
    question_about,
    reply_html,
    sources_html,
    suggestions,
    take,
    welcome_html,
)
from askdoc.chat.conversation import FAILED, UNAVAILABLE
from askdoc.chat.html import understood
from askdoc.errors import AskdocError, IndexMissingError, QuestionError
from askdoc.records import Citation
from askdoc.server import Service
from askdoc.server.app import assemble
from askdoc.server.turns import AskedTurn, Turns, Waiting, WaitingTurns, WantedOffers
from askdoc.server.workers import Workers

KNOWN = About({"cats": CATS}, (BANNER,), ("How long do cats sleep?", "Do cats bite?"))
OVERDOSE = "my friend overdosed and wont wake up"
SLEEPING = "how long do cats sleep?"


def raising(error):
    def answer(question, history):
        raise error

    return answer


def replied(answer, question, history=(), document=None):
    """What the server sends to the page for one question."""
    asked = AskedTurn(number=1, question=question, history=list(history), document=document)
    return asyncio.run(turns_of(CatService(answer)).reply(asked))


def turns_of(service):
    return Turns(service, Workers(service))


def shown(answer, question):
    """The reply without its marks."""
    return re.sub(r"<[^>]+>", "", replied(answer, question)["html"])


def test_a_claim_note_stands_in_the_box_of_its_quote():
    html = replied(about_cats, SLEEPING)["html"]
    box = re.search(r'<li class="quote">.*?</li>(?=<li class="quote">)', html).group()
    assert "sixteen hours" in box
    assert "Overstated: twelve to sixteen." in box


def test_the_source_of_every_quote_is_at_hand_with_the_sentence_marked():
    html = sources_html(about_cats(SLEEPING), "t1", KNOWN)
    assert "<mark>Cats sleep sixteen hours a day.</mark> They hunt at dusk." in html
    assert "<mark>Milk upsets most cats.</mark>" in html
    assert 'id="t1-s1"' in html
    assert "Overstated: twelve to sixteen." in html


def test_small_talk_is_nothing_to_copy_or_rate():
    spoken = replace(about_cats("thanks"), passages=())
    assert 'class="tools"' not in reply_html(Turn("thanks", spoken), "t1")
    assert 'class="tools"' in reply_html(Turn("thanks", about_cats("thanks")), "t1")


def test_a_quote_from_beyond_the_hits_is_shown_in_its_passage_too():
    bare = replace(about_cats(SLEEPING), passages=())
    known = replace(KNOWN, passage={SLEEP.id: SLEEP}.get)
    html = sources_html(bare, "t1", known)
    assert "<mark>Cats sleep sixteen hours a day.</mark> They hunt at dusk." in html
    assert '<div class="passage"><mark>Milk upsets most cats.</mark></div>' in html


def test_a_passage_that_no_longer_holds_the_quote_is_not_shown_as_its_source():
    bare = replace(about_cats(SLEEPING), passages=())
    known = replace(KNOWN, passage={SLEEP.id: FOOD}.get)
    assert "A grown cat" not in sources_html(bare, "t1", known)


def test_every_link_to_a_source_has_one():
    reply = replied(about_cats, SLEEPING)
    links = set(re.findall(r'href="#([^"]+)"', reply["html"]))
    assert links == set(re.findall(r' id="([^"]+)"', reply["sources"]))
    assert len(links) == 2


def test_a_page_for_one_article_asks_that_one_alone():
    service = CatService()
    asked = AskedTurn(number=1, question="do they bite?", document="cats")
    asyncio.run(turns_of(service).reply(asked))
    assert service.asked_of[0] == "cats"


def test_earlier_questions_are_passed_on_oldest_first():
    seen = []

    def answer(question, history):
        seen.append((question, list(history)))
        return about_cats(question)

    replied(answer, "why?", ["what is a cat?", SLEEPING])
    assert seen[0] == ("why?", ["what is a cat?", SLEEPING])


@pytest.mark.parametrize("error", [RuntimeError("secret"), MemoryError(), KeyError("secret")])
def test_any_fault_becomes_a_plain_message(error):
    reply = replied(raising(error), SLEEPING)
    assert FAILED in reply["html"]
    assert "secret" not in str(reply)


def test_an_unusable_index_is_told_without_its_path():
    reply = replied(raising(IndexMissingError("No index in /srv/secret")), "hello cats")
    assert UNAVAILABLE in reply["html"]
    assert "/srv/secret" not in str(reply)


def test_a_question_that_cannot_be_taken_is_told_why():
    assert "The question is empty." in shown(raising(QuestionError("The question is empty.")), "?")


@pytest.mark.parametrize("error", [RuntimeError(), AskdocError("x"), QuestionError("x")])
def test_help_in_a_crisis_is_given_even_when_answering_fails(error):
    html = replied(raising(error), OVERDOSE)["html"]
    assert 'href="tel:911"' in html
    assert 'class="caveat emergency"' in html


def test_an_emergency_shows_its_block_and_nothing_of_the_article():
    reply = replied(about_cats, OVERDOSE)
    assert shown(about_cats, OVERDOSE).startswith("Emergency")
    assert "Copy" not in reply["html"]
    assert "About these answers" not in reply["html"]


def test_of_what_waits_the_emergencies_are_told_at_once():
    waiting = [Waiting(number=7, question=SLEEPING), Waiting(number=8, question=OVERDOSE)]
    turns = turns_of(CatService(raising(AskdocError("x"))))
    found = asyncio.run(turns.urgent(WaitingTurns(waiting=waiting)))
    assert [reply["number"] for reply in found] == [8]
    assert 'href="tel:911"' in found[0]["html"]


def test_no_question_is_written_to_the_log(caplog):
    with caplog.at_level(logging.DEBUG):
        replied(raising(RuntimeError("canary-4711")), "canary-4711")
        replied(raising(AskdocError("canary-4711")), "canary-4711")
    assert caplog.records
    assert "canary-4711" not in caplog.text


@pytest.mark.parametrize("payload", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>"])
def test_what_a_follow_up_took_over_is_only_text(payload):
    def answer(question, history):
        return replace(about_cats(SLEEPING), resolved_question=f"is {payload} safe?")

    html = replied(answer, "is it safe?")["html"]
    assert "<script" not in html
    assert "<img" not in html


def test_a_follow_up_says_in_plain_words_what_it_was_taken_to_be_about():
    read = replace(about_cats(SLEEPING), question="is it safe?")
    taken = replace(read, resolved_question="is it safe cats hunting?")
    assert understood(taken) == "cats, hunting"
    assert understood(replace(read, resolved_question="is it safe?")) == ""


def test_a_follow_up_does_not_repeat_what_was_misspelled():
    read = replace(about_cats(SLEEPING), question="is it safe?")
    assert understood(replace(read, resolved_question="is it safe cast sleping?")) == ""


def test_the_export_holds_the_answer_with_its_caveats():
    section = replied(about_cats, SLEEPING)["markdown"]
    for words in ("## how long do cats sleep?", "Overstated", "on cats"):
        assert words in section


def answering(*questions, quotes=()):
    """Answers some questions well, each with a sentence of its own, or with those of `quotes`."""

    def well_answered(question):
        if question not in questions:
            return None
        start = dict(quotes).get(question, 10 * questions.index(question))
        return SimpleNamespace(citations=(Citation(1, "cats", "p", "", "", start, start + 5),))

    return well_answered


BOTH = answering(*KNOWN.examples)


def test_what_is_offered_is_answered_and_was_not_asked():
    offered = suggestions(KNOWN, answering("Do cats bite?"))
    assert offered == ("Do cats bite?",)
    assert suggestions(KNOWN, BOTH, asked=["how long do cats sleep"]) == offered


@pytest.mark.parametrize(
    "asked",
    [
        ["what is a cat?", "how long do they sleep?"],
        ["do cats purr?", "and how long do they sleep?"],
        ["do cats purr?", "how long do they sleep?", "who was president?"],
    ],
)
def test_a_follow_up_is_not_offered_in_other_words(asked):
    known = replace(KNOWN, examples=("How long do cats sleep?", "Do cats bite?"))
    assert suggestions(known, BOTH, asked=asked) == ("Do cats bite?",)


def test_what_was_asked_without_its_subject_was_asked_about_the_articles():
    known = replace(KNOWN, of={"cats": ("Do cats sleep long?", "Do cats bite?")})
    well_answered = answering(*known.of["cats"])
    offered = suggestions(known, well_answered, asked=["do they sleep long?"], document="cats")
    assert offered == ("Do cats bite?",)


def test_what_would_quote_the_same_sentence_again_is_not_offered():
    assert suggestions(KNOWN, BOTH, quoted=["cats 0 5"]) == ("Do cats bite?",)
    same = answering(*KNOWN.examples, quotes=[(question, 0) for question in KNOWN.examples])
    assert suggestions(KNOWN, same) == KNOWN.examples[:1]


def test_what_is_offered_is_of_the_article_at_hand():
    known = replace(KNOWN, of={"cats": ("Do cats purr?",), "dogs": ("Do dogs bark?",)})
    well_answered = answering("Do cats purr?", "Do dogs bark?")
    assert suggestions(known, well_answered, document="cats") == ("Do cats purr?",)


def test_of_many_questions_that_are_not_answered_a_few_are_tried():
    many = replace(KNOWN, examples=tuple(f"Do cats count to {'n' * n}?" for n in range(2000)))
    tried = []
    assert suggestions(many, lambda question: tried.append(question)) == ()
    assert len(tried) < 50


def offers(service, **wanted):
    return asyncio.run(turns_of(service).offers(WantedOffers(**wanted)))


def test_an_article_that_is_not_held_costs_no_search_for_suggestions():
    asked = []
    service = CatService(lambda question, history: asked.append(question) or about_cats(SLEEPING))
    assert offers(service, document="no-such")["questions"] == ()
    assert asked == []


def test_a_poor_answer_is_no_reason_to_offer_its_question():
    service = CatService(lambda question, history: replace(about_cats(SLEEPING), confidence=0.45))
    assert offers(service)["questions"] == ()


def library(dogs_answer):
    """A service over cats and dogs, whose passages come side by side."""
    service = CatService()
    known = replace(KNOWN, documents={"cats": CATS, "dogs": replace(CATS, id="dogs", title="Dogs")})
    service.about = lambda: known
    near = hit(2, replace(SLEEP, document_id="dogs"))

    def ask(question, history=(), document=None):
        return (
            dogs_answer if document == "dogs" else replace(about_cats(question), passages=(near,))
        )

    service.ask = ask
    return service


def test_another_article_that_answers_too_is_told():
    found = offers(library(about_cats(SLEEPING)), asked=[SLEEPING])
    assert found["elsewhere"] == [{"id": "dogs", "title": "Dogs"}]


def test_another_article_is_found_beyond_the_passages_of_the_answer():
    service = library(about_cats(SLEEPING))
    dogs = service.ask(SLEEPING).passages
    service.ask = lambda question, history=(), document=None: about_cats(question)
    service.find = lambda query, k: replace(about_cats(query), passages=dogs)
    found = offers(service, asked=[SLEEPING])
    assert [article["id"] for article in found["elsewhere"]] == ["dogs"]


def test_over_what_no_article_answers_stands_the_banner_of_what_is_related():
    service = library(about_cats(SLEEPING))
    near = service.ask(SLEEPING).passages
    service.ask = lambda *_, **__: replace(about_cats("do they fly?"), passages=near)
    about = replace(service.about(), banners=(BANNER, replace(BANNER, text="On cats.")))
    service.about = lambda: about
    reply = asyncio.run(turns_of(service).reply(AskedTurn(number=1, question="do they fly?")))
    assert reply["banner"] == banner_html([catalogue_of(about.documents["dogs"]).banner])


def test_what_the_first_screen_offers_is_tried_out_before_anybody_comes():
    service = CatService()
    turns_of(service).warm()
    assert service.asked_of == [None]


def test_an_article_that_is_only_near_is_not_told():
    assert offers(library(about_cats("do they fly?")), asked=[SLEEPING])["elsewhere"] == []


def test_who_asks_one_article_is_told_of_no_other():
    found = offers(library(about_cats(SLEEPING)), asked=[SLEEPING], document="cats")
    assert found["elsewhere"] == []


def test_among_several_articles_a_quote_names_its_own():
    service = library(about_cats(SLEEPING))
    asked = AskedTurn(number=1, question=SLEEPING)
    html = asyncio.run(turns_of(service).reply(asked))["html"]
    assert "from “Sleep” in Keeping cats" in html
    assert "in Keeping cats" not in replied(about_cats, SLEEPING)["html"]


@pytest.mark.parametrize(
    "heading", ["About the Author", "References", "FAQ", "Conclusion", "", "3."]
)
def test_headings_that_tell_no_subject_are_no_questions(heading):
    assert question_about(heading) == ""


@pytest.mark.model
def test_what_is_offered_on_the_real_article_is_answered(kratom_index):
    service = Service(lambda: kratom_index)
    service.start()
    assert service.wait(120)
    turns = turns_of(service)
    first = asyncio.run(turns.offers(WantedOffers()))["questions"]
    wanted = WantedOffers(asked=[first[0]], at_hand="kratom")
    then = asyncio.run(turns.offers(wanted))["questions"]
    assert 3 <= len(first) <= 4
    assert first[0] not in then
    for question in (*first, *then):
        assert service.ask(question).status == "answered", question


def test_examples_read_as_questions():
    assert as_question("how do i stop") == "How do I stop?"
    assert as_question("is it fda approved", "FDA: no.") == "Is it FDA approved?"
    assert question_about("Food › Dry food") == "What does the article say about “Dry food”?"
    assert question_about("Do cats bite?") == "Do cats bite?"


def test_the_first_screen_names_the_article_and_where_it_comes_from():
    assert '“<a href="../article/cats"' in welcome_html(KNOWN)
    assert "Keeping cats</a>”" in welcome_html(KNOWN)
    assert "Answers quote one article on cats." in banner_html(KNOWN.banners)


def test_the_first_screen_of_one_article_names_no_other():
    known = replace(KNOWN, documents={"cats": CATS, "dogs": replace(CATS, id="dogs", title="Dogs")})
    assert "Dogs" not in welcome_html(known, "cats")


def test_the_first_screen_tells_loading_from_trouble():
    assert "still being loaded" in welcome_html(None)
    told = welcome_html(None, trouble="The article could not be loaded.")
    assert "could not be loaded" in told
    assert "still being loaded" not in told


def test_the_page_is_built_without_an_event_of_gradio():
    page = built(build_chat)
    names = {type(block).__name__ for block in page.blocks.values()}
    assert names <= {"Markdown", "Button", "Textbox", "Row", "Column", "Form"}
    assert not page.fns


def test_a_failed_turn_is_told_beside_its_question():
    assert "no text" in reply_html(Turn("x", failure="no text"), "t1")
    assert take("crash", (), about_cats).failure == FAILED


@pytest.fixture(scope="module")
def client():
    with TestClient(built(assemble, CatService())) as found:
        yield found


def test_a_conversation_longer_than_what_is_read_goes_on(client):
    body = {"question": SLEEPING, "number": 90, "history": ["do cats bite?"] * 89}
    assert client.post("/api/chat/turn", json=body).json()["status"] == "answered"


def test_the_page_fetches_its_first_screen(client):
    first = client.get("/api/chat/start", params={"document": "cats"}).json()
    assert first["ready"]
    assert "Keeping cats" in first["welcome"]
    offered = client.post("/api/chat/offers", json={"document": "cats"}).json()
    assert offered["questions"] == ["How long do cats sleep?"]


@pytest.mark.parametrize(
    "body",
    [
        {"question": SLEEPING},
        {"question": {"path": "/dev/zero"}, "number": 1},
        {"question": SLEEPING, "number": 0},
        {"question": SLEEPING, "number": 1, "more": 1},
        {"question": SLEEPING, "number": 1, "history": "x"},
    ],
)
def test_a_turn_of_another_shape_is_refused(client, body):
    sent = client.post("/api/chat/turn", json=body)
    assert sent.status_code == 422
    assert "dev/zero" not in sent.text


def test_the_welcome_speaks_of_several_articles_as_of_one():
    several = replace(
        KNOWN, documents={"cats": CATS, "dogs": replace(CATS, id="dogs", title="Dogs")}
    )
    words = re.sub(r"<[^>]*>", "", welcome_html(several))
    assert "Dogs" in words
    assert not re.search(r"\b(it|its|the article is|the article says)\b", words)
