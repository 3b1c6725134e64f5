"""What is read of a request, and who waits for whom."""

import asyncio
import threading
import time
from functools import partial

import httpx
import pytest
from mcp import Client
from starlette.testclient import TestClient

from answers import CatService, about_cats, built, running
from askdoc.server import Settings
from askdoc.server.app import assemble
from askdoc.server.mcp import mcp_server
from askdoc.server.turns import AskedTurn, Turns, WantedOffers
from askdoc.server.workers import BusyError, Workers

SLEEP = "how long do cats sleep?"
OVERDOSE = "my friend overdosed and wont wake up"
CALM = "cats are nice. " * 5000


class Reading(CatService):
    """A service that notes what it was given to read."""

    def __init__(self):
        super().__init__(self.noted)
        self.read = []

    def emergency(self, question, history=()):
        self.read.append((question, tuple(history)))
        return super().emergency(question, history)

    def noted(self, question, history):
        self.read.append((question, tuple(history)))
        return about_cats(question, history)


def asked(workers, *args):
    return asyncio.run(workers.ask(*args))


def test_a_question_far_too_long_is_read_for_a_crisis_at_both_ends_alone():
    service = Reading()
    asked(Workers(service), CALM)
    assert len(service.read[0][0]) < 8100


@pytest.mark.parametrize("question", [f"{OVERDOSE}. {CALM}", f"{CALM} {OVERDOSE}"])
def test_a_crisis_at_either_end_of_it_is_answered(question):
    assert asked(Workers(CatService()), question).status == "emergency"


def test_white_space_does_not_make_a_question_too_long():
    assert asked(Workers(CatService()), f"{SLEEP}{' ' * 3000}").status == "answered"


def test_of_a_long_history_the_latest_questions_are_read_and_of_each_both_ends():
    service = Reading()
    asked(Workers(service), SLEEP, [*(f"question {n}" for n in range(7000)), CALM])
    history = service.read[-1][1]
    assert len(history) == 50
    assert history[0] == "question 6951"
    assert sum(len(text) for text in history) < 10_000


def by_rest(client, questions):
    body = {"question": questions[-1], "history": questions[:-1]}
    return client.post("/api/v1/ask", json=body).status_code


def by_openai(client, questions):
    messages = [{"role": "user", "content": question} for question in questions]
    body = {"model": "askdoc", "messages": messages}
    return client.post("/v1/chat/completions", json=body).status_code


@pytest.fixture(scope="module")
def reading():
    return Reading()


@pytest.fixture(scope="module")
def client(reading):
    with TestClient(built(assemble, reading, Settings(rate="1000/minute"))) as found:
        yield found


@pytest.mark.parametrize("ask", [by_rest, by_openai])
def test_a_history_over_fifty_is_cut_and_not_refused(client, reading, ask):
    reading.read.clear()
    assert ask(client, [*(f"question {n}" for n in range(60)), SLEEP]) == 200
    assert {len(history) for _, history in reading.read} == {50}


def test_the_tools_cut_a_history_too():
    service = Reading()

    async def call():
        async with Client(mcp_server(service)) as client:
            given = {"question": SLEEP, "history": [f"question {n}" for n in range(60)]}
            return await client.call_tool("ask_article", given)

    assert asyncio.run(call()).structured_content["status"] == "answered"
    assert {len(history) for _, history in service.read} == {50}


@pytest.mark.parametrize(
    "asked",
    [
        {"question": SLEEP, "history": ["k m s " * 10_600]},
        {"question": SLEEP, "history": ["kill me"] * 6000},
        {"question": "no no " * 10_600},
        {"question": SLEEP, "history": ["k m s " * 200] * 45},
    ],
)
def test_no_permitted_request_takes_the_machine(client, asked):
    client.post("/api/v1/ask", json={"question": SLEEP})
    began = time.process_time()
    assert client.post("/api/v1/ask", json=asked).status_code in {200, 400}
    assert time.process_time() - began < 10  # tens of seconds, where the work grows with the square


class Stuck(CatService):
    """A service that answers nobody who writes much, or nobody at all, until it is freed."""

    def __init__(self, only_long=False):
        super().__init__()
        self.only_long = only_long
        self.busy, self.free = threading.Event(), threading.Event()

    def ask(self, question, history=(), document=None):
        if not self.only_long or history or len(question) > 1000:
            self.busy.set()
            assert self.free.wait(90)
        return super().ask(question, history, document)


async def beside(service, waiting, work):
    """What comes of some work while others wait for the service."""
    tasks = [asyncio.ensure_future(ask()) for ask in waiting]
    try:
        await asyncio.to_thread(service.busy.wait, 90)
        return await asyncio.wait_for(work(), 60)
    finally:
        service.free.set()
        await asyncio.gather(*tasks, return_exceptions=True)


def test_who_is_in_danger_waits_for_nobody():
    service = Stuck()
    workers = Workers(service, at_once=1, most_waiting=3)
    waiting = [partial(workers.ask, SLEEP)] * 9
    answer = asyncio.run(beside(service, waiting, partial(workers.ask, OVERDOSE)))
    assert answer.status == "emergency"


@pytest.mark.parametrize(
    "costly", [(SLEEP, ["why is that so? " * 100] * 9), ("qwxzjk vfgh " * 160, [])]
)
def test_costly_requests_keep_no_short_question_waiting(costly):
    service = Stuck(only_long=True)
    workers = Workers(service)
    waiting = [partial(workers.ask, *costly)] * 9
    answer = asyncio.run(beside(service, waiting, partial(workers.ask, SLEEP)))
    assert answer.status == "answered"


def test_when_too_many_wait_the_next_is_told_so():
    service = Stuck()
    workers = Workers(service, at_once=1, most_waiting=2)

    async def crowd():
        asked = [asyncio.ensure_future(workers.ask(SLEEP)) for _ in range(3)]
        [refused], held = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        service.free.set()
        return refused.exception(), [(await answer).status for answer in held]

    refusal, answered = asyncio.run(crowd())
    assert isinstance(refusal, BusyError)
    assert "Ask again" in str(refusal)
    assert answered == ["answered", "answered"]


def test_a_server_full_of_questions_is_alive_and_helps():
    service = Stuck()
    settings = Settings(rate="1000/minute", at_once=2)
    app = built(assemble, service, settings)

    async def full(address):
        limits = httpx.Limits(max_connections=100)
        async with httpx.AsyncClient(base_url=address, timeout=90, limits=limits) as client:
            ask = partial(client.post, "/api/v1/ask")
            waiting = [partial(ask, json={"question": SLEEP})] * 50

            async def work():
                danger = await ask(json={"question": OVERDOSE})
                return danger, await client.get("/healthz"), await client.get("/readyz")

            return await beside(service, waiting, work)

    with running(app, settings) as address:
        danger, *probes = asyncio.run(full(address))
    assert danger.json()["status"] == "emergency"
    assert [probe.status_code for probe in probes] == [200, 200]


def test_suggestions_wait_in_a_lane_of_their_own_and_are_left_out_when_it_is_full():
    free = threading.Event()

    async def crowd():
        workers = Workers(CatService())
        held = [asyncio.create_task(workers.suggest(partial(free.wait, 5))) for _ in range(17)]
        await asyncio.sleep(0)
        try:
            turns = Turns(CatService(), workers)
            reply = await turns.reply(AskedTurn(number=1, question=SLEEP))
            return reply["status"], await turns.offers(WantedOffers(asked=[SLEEP]))
        finally:
            free.set()
            await asyncio.gather(*held)

    status, offers = asyncio.run(crowd())
    assert (status, offers) == ("answered", {"questions": (), "elsewhere": ()})
