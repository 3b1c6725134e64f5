"""A readable answerer about cats, and a server around it."""

import asyncio
import atexit
import contextlib
import socket
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

from askdoc.answering import crisis_answer
from askdoc.chat import About
from askdoc.fragments import published_at
from askdoc.records import Answer, Caveat, Citation, Document, Hit, Passage, Signals, Source
from askdoc.server import Service, Settings
from askdoc.server.app import assemble, configured
from askdoc.server.connections import Server

TEXT = """\
Cats sleep sixteen hours a day. They hunt at dusk.

A grown cat eats meat twice a day. Milk upsets most cats.
"""
PUBLISHED = "https://cats.example/keeping-cats"
CATS = Document(id="cats", title="Keeping cats", text=TEXT, url=PUBLISHED, sha256="0" * 64)
DEFAULTS = Settings()
HELD_BACK_MAX_S = 300
"""How long an answer is held back at most; a browser on a busy machine takes its time."""
VET = Source("A vet's handbook", "https://example.org/cats", "2024")
BANNER = Caveat("banner", "banner", "info", "Answers quote one article on cats.", (VET,))
NOTE = Caveat("C1", "claim", "caution", "Overstated: twelve to sixteen.", (VET,), citation=1)
BITE = Caveat("bite", "topic", "urgent", "A deep bite: call 1-800-222-1222.")


def passage(number, first, last, heading):
    start, end = TEXT.index(first), TEXT.index(last) + len(last)
    middle = TEXT.index(".", start) + 1
    spans = ((start, middle), (middle + 1, end))
    return Passage(f"cats#{number}", "cats", heading, TEXT[start:end], start, end, spans)


SLEEP = passage(0, "Cats sleep", "dusk.", "Sleep")
FOOD = passage(1, "A grown", "most cats.", "Food")


def hit(rank, found):
    return Hit(rank, 1 / rank, found, (), Signals(0.5, 0.5, 1.0))


def quote(number, found, nth):
    start, end = found.sentences[nth]
    words = TEXT[start:end]
    place = CATS.title, published_at(CATS, start, end)
    return Citation(number, "cats", found.id, found.heading, words, start, end, *place)


def answered(question, *citations, caveats=(NOTE,)):
    text = " ".join(["The article says:", *(f"“{c.quote}” [{c.number}]" for c in citations)])
    hits = (hit(1, SLEEP), hit(2, FOOD))
    return Answer(question, question, "answered", text, 0.9, citations, (*caveats, BANNER), hits)


def about_cats(question, history=()):
    """Sleep is answered, bites too with an urgent block, "crash" raises, the rest is not said."""
    if crisis := crisis_answer(question, history):
        return crisis
    if "crash" in question:
        raise RuntimeError(question)
    if "sleep" in question.lower():
        return answered(question, quote(1, SLEEP, 0), quote(2, FOOD, 1))
    if "bite" in question:
        return answered(question, quote(1, FOOD, 0), caveats=(BITE,))
    told = "The article does not answer this question."
    hits = (hit(1, SLEEP),)
    return Answer(question, question, "not_in_article", told, 0.1, (), (BANNER,), hits)


def about_cats_after(free):
    """The same, once an event is set."""

    def answer(question, history=()):
        assert free.wait(HELD_BACK_MAX_S)
        return about_cats(question, history)

    return answer


def built(make, *args, **kwargs):
    """What `make` makes inside a running loop: without one, Gradio leaves new ones unclosed."""

    async def inside():
        return make(*args, **kwargs)

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(inside())
    return make(*args, **kwargs)


class CatService(Service):
    """A service that needs no index."""

    def __init__(self, answer=about_cats):
        super().__init__(lambda: None)
        self.answer = answer
        self.documents = {"cats": CATS}
        self.asked_of = []

    @property
    def ready(self):
        return True

    def start(self):
        pass

    def about(self):
        held = {found.id: found for found in (SLEEP, FOOD)}
        return About(self.documents, (BANNER,), ("How long do cats sleep?",), held.get)

    @property
    def index(self):
        return SimpleNamespace(documents=self.documents)

    def ask(self, question, history=(), document=None):
        self.asked_of.append(document)
        return self.answer(question, history)

    def find(self, query, k, document=None):
        self.asked_of.append(document)
        hits = (hit(1, SLEEP), hit(2, FOOD))[:k]
        return Answer(query, query, "not_in_article", "", 0.0, caveats=(BANNER,), passages=hits)


def two_articles():
    """A service over the cats and the dogs, whose articles say the same."""
    service = CatService()
    service.documents = {"cats": CATS, "dogs": replace(CATS, id="dogs", title="Keeping dogs")}
    answer = service.answer

    def of_both(question, history=()):
        found = answer(question, history)
        near = replace(SLEEP, document_id="dogs")
        return replace(found, passages=(*found.passages, hit(3, near)) if found.passages else ())

    service.answer = of_both
    return service


PLACES = []
"""What keeps the ports of servers that have ended."""


@contextlib.contextmanager
def kept_port():
    """A port for servers that come and go; meanwhile nobody else gets it.

    One that was used before is used again: browsers have kept the files of its origin, many of
    which take seconds to load.
    """
    if not PLACES:
        PLACES.append(socket.socket())
        atexit.register(PLACES[0].close)
        PLACES[0].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        PLACES[0].bind(("127.0.0.1", 0))
    place = PLACES.pop()
    try:
        yield place.getsockname()[1]
    finally:
        PLACES.append(place)


@contextlib.contextmanager
def running(app, settings=DEFAULTS, port=None):
    """A real server on this machine, by default on a free port, run as `serve` does."""
    with contextlib.ExitStack() as until_it_ends:
        port = port or until_it_ends.enter_context(kept_port())
        until_it_ends.enter_context(serving(app, settings, port))
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def serving(app, settings=DEFAULTS, port=0):
    """The same, giving its port and itself."""
    config = configured(app, settings)
    config.timeout_graceful_shutdown = 1
    server = Server(config)
    place = socket.create_server(("127.0.0.1", port), backlog=2048)
    port = place.getsockname()[1]
    thread = threading.Thread(target=server.run, args=([place],), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.05)
    try:
        yield port, server
    finally:
        server.should_exit = True
        thread.join(60)
        place.close()


def cat_server(**changes):
    settings = Settings(rate="1000/minute")
    return running(built(assemble, CatService(**changes), settings), settings)
