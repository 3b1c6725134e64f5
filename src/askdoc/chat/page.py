"""The Gradio page: where its pieces stand and what happens on each event.

It is built on Blocks with Markdown components for what is shown: their sanitizer is a second
wall behind rendering's escaping, and they need no `eval`, so a strict content security policy
holds. Small behaviours (opening a source, copying, exporting) are in `static/chat.js`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, TypeAlias

import gradio as gr
from fastapi import FastAPI

from askdoc.caveats import DEFAULT_CATALOGUE
from askdoc.chat.conversation import MOST_TURNS, About, AnswerQuestion, Turn, suggestions, take
from askdoc.chat.pieces import TITLE, banner_html, conversation_html, sources_html, welcome_html

OFFERED = 4
MAX_CHARACTERS = 2000
_PATIENCE = 600
_MOST_EVENTS = 128
"""Events of all visitors at the same time; one that waits for its answer takes a thread."""
_MOST_QUEUED = 64
_MOST_SESSIONS = 2000
_KEPT_SECONDS = 3600
_KEPT_CHECKS = 4096
_PREPARING = About({}, (DEFAULT_CATALOGUE.banner,))
_FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif"]

Turns: TypeAlias = tuple[Turn, ...]
Answers: TypeAlias = Callable[[str], bool]
Update: TypeAlias = Any


def build_chat(
    answer: AnswerQuestion, about: Callable[[], About | None], *, compact: bool = False
) -> gr.Blocks:
    """Builds the page.

    Args:
        answer: Answers one question, given the visitor's earlier ones, oldest first. What it
            raises is told in plain words; the page goes on.
        about: What the first screen tells, or None while it is not known yet.
        compact: Whether the page is made for a small frame in another page.
    """
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        turns = gr.State((), time_to_live=_KEPT_SECONDS, delete_callback=_Nothing())
        article = gr.State(None, delete_callback=_Nothing())
        parts = _lay_out(compact)
        _connect(page, parts, turns, article, answer, about)
    # How many questions are worked on is the answerer's to say: behind a queue of Gradio's own a
    # person in danger would wait as well.
    page.max_threads = _MOST_EVENTS
    page.state_session_capacity = _MOST_SESSIONS
    queued: gr.Blocks = page.queue(
        max_size=_MOST_QUEUED, api_open=False, default_concurrency_limit=_MOST_EVENTS
    )
    return queued


def mount_chat(app: FastAPI, page: gr.Blocks, path: str) -> None:
    """Puts a page into a server under a path, with everything it does not need switched off."""
    gr.mount_gradio_app(
        app,
        page,
        path,
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size="1b",
        enable_monitoring=False,
        allowed_paths=[],
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        theme=_theme(),
    )
    # Gradio looks at paths that come in from outside only when it believes it was launched.
    page.has_launched = True


class _Nothing:
    """What is done when a state is dropped. Gradio writes its name into the page."""

    def __call__(self, value: object) -> None:
        """Does nothing."""

    def __str__(self) -> str:
        return "nothing"


@dataclass(frozen=True, slots=True)
class Event:
    """What a page sends to begin one of its events.

    Attributes:
        triggers: Ids of the components that begin it.
        texts: For each value it sends, whether that is a text; the others are null, since Gradio
            keeps a visitor's state on the server.
    """

    triggers: frozenset[int]
    texts: tuple[bool, ...]


def events_of(page: gr.Blocks) -> dict[int, Event]:
    """The events of a page by their number."""
    return {
        number: Event(
            frozenset(target for target, _ in function.targets if target is not None),
            tuple(not isinstance(component, gr.State) for component in function.inputs),
        )
        for number, function in page.fns.items()
    }


class _Parts:
    """The components of one page, named."""

    welcome: gr.Markdown
    banner: gr.Markdown
    conversation: gr.Markdown
    offers: list[gr.Button]
    question: gr.Textbox
    ask: gr.Button
    clear: gr.Button
    sources: gr.Markdown


def _lay_out(compact: bool) -> _Parts:
    parts = _Parts()
    name = "askdoc-compact" if compact else "askdoc-page"
    with gr.Column(elem_id="askdoc", elem_classes=[name]):
        parts.welcome = _html(welcome_html(None), "welcome")
        parts.banner = _html(banner_html(_PREPARING.banners), "banner")
        with gr.Row(elem_id="columns", equal_height=False):
            with gr.Column(elem_id="talk"):
                parts.conversation = _html(conversation_html(()), "conversation")
                _lay_out_asking(parts, autofocus=not compact)
            with gr.Column(elem_id="aside"):
                parts.sources = _html(sources_html((), _PREPARING), "sources")
    return parts


def _lay_out_asking(parts: _Parts, *, autofocus: bool) -> None:
    with gr.Row(elem_id="offers"):
        parts.offers = [
            gr.Button("", visible=False, size="sm", variant="secondary", elem_classes=["offer"])
            for _ in range(OFFERED)
        ]
    with gr.Row(elem_id="asking", equal_height=True):
        parts.question = gr.Textbox(
            label="Your question",
            lines=1,
            max_lines=4,
            max_length=MAX_CHARACTERS,
            autofocus=autofocus,
            elem_id="question",
            scale=5,
        )
        parts.ask = gr.Button("Ask", variant="primary", scale=0, min_width=88, elem_id="ask")
    with gr.Row(elem_id="tools", visible=True):
        gr.Button("Export as Markdown", size="sm", variant="secondary", elem_id="export")
        parts.clear = gr.Button("Clear", size="sm", variant="secondary", elem_id="clear")


def _html(value: str, name: str) -> gr.Markdown:
    return gr.Markdown(value, elem_id=name, latex_delimiters=[], sanitize_html=True)


def _connect(
    page: gr.Blocks,
    parts: _Parts,
    turns: gr.State,
    article: gr.State,
    answer: AnswerQuestion,
    about: Callable[[], About | None],
) -> None:
    answers = lru_cache(maxsize=_KEPT_CHECKS)(partial(_is_answered, answer))
    shown = [parts.conversation, parts.sources, turns, parts.question, *parts.offers]
    respond = partial(_respond, answer, answers, about)
    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    gr.on(
        [parts.question.submit, parts.ask.click],
        respond,
        [parts.question, turns, article],
        shown,
        trigger_mode="always_last",  # what is asked too early waits; it is not lost
        **quiet,
    )
    for offer in parts.offers:
        offer.click(respond, [offer, turns, article], shown, trigger_mode="once", **quiet)
    parts.clear.click(partial(_cleared, answers, about), None, shown, **quiet)

    # Gradio hands the request to a plain function alone, not to a partial one.
    async def opened(turns: Turns, request: gr.Request) -> AsyncIterator[list[Update]]:
        asked_of = request.query_params.get("document") or None
        async for first in _introduce(answers, about, turns):
            yield [asked_of, *first]

    page.load(
        opened,
        [turns],
        [article, parts.welcome, parts.banner, *parts.offers],
        concurrency_limit=None,
        **quiet,
    )


def _is_answered(answer: AnswerQuestion, question: str) -> bool:
    answered = take(question, (), answer).answer
    return answered is not None and answered.status == "answered"


def _respond(
    answer: AnswerQuestion,
    answers: Answers,
    about: Callable[[], About | None],
    question: str,
    turns: Turns,
    article: str | None = None,
) -> Iterator[list[Update]]:
    if not question.strip():
        yield [gr.skip()] * (4 + OFFERED)
        return
    kept = turns[-MOST_TURNS + 1 :]
    yield [conversation_html((*kept, Turn(question))), gr.skip(), gr.skip(), "", *_no_offers()]
    ask = partial(answer, document=article) if article else answer
    turn = take(question, kept, ask)
    yield _shown((*kept, turn), about() or _PREPARING, answers, gr.skip())


def _cleared(answers: Answers, about: Callable[[], About | None]) -> list[Update]:
    return _shown((), about() or _PREPARING, answers, "")


def _shown(turns: Turns, known: About, answers: Answers, question: Update) -> list[Update]:
    return [
        conversation_html(turns),
        sources_html(turns, known),
        turns,
        question,
        *_offers(suggestions(turns, known, answers, OFFERED)),
    ]


async def _introduce(
    answers: Answers, about: Callable[[], About | None], turns: Turns
) -> AsyncIterator[list[Update]]:
    """Fills the first screen; while the article is being loaded, waits for it."""
    if about() is None:
        yield _introduction(None, answers, turns)
    for _ in range(_PATIENCE):
        if (known := about()) is not None:
            yield _introduction(known, answers, turns)
            return
        await asyncio.sleep(0.5)


def _introduction(known: About | None, answers: Answers, turns: Turns) -> list[Update]:
    told = known or _PREPARING
    offers = _offers(suggestions(turns, told, answers, OFFERED))
    return [welcome_html(known), banner_html(told.banners), *offers]


def _offers(questions: Sequence[str]) -> list[Update]:
    buttons = [gr.update(value=question, visible=True) for question in questions[:OFFERED]]
    return buttons + _no_offers()[len(buttons) :]


def _no_offers() -> list[Update]:
    return [gr.update(visible=False)] * OFFERED


def _theme() -> gr.themes.Base:
    teal = gr.themes.Color(
        *("#eef6f5", "#d5e9e7", "#abd3d0", "#79b6b2", "#46918d", "#1f6f6c"),
        *("#0f5553", "#0c4543", "#0a3635", "#082a29", "#041716"),
    )
    return gr.themes.Base(
        primary_hue=teal,
        secondary_hue=teal,
        neutral_hue=gr.themes.colors.stone,
        font=_FONTS,
        font_mono=["ui-monospace", "Menlo", "Consolas", "monospace"],
    )
