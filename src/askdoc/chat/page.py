"""The Gradio page: where its parts stand.

It is built on Blocks. The conversation itself lives in the reader's browser (`static/chat.js`): a
question is shown the moment it is asked, and its answer is fetched from the server's
`/api/chat/turn`. No event of Gradio is used, so that its queue, its uploads and its session state
stay shut. Its words are English; `static/chat.js` puts them into the reader's language.
"""

import gradio as gr
from fastapi import FastAPI

from askdoc.caveats import DEFAULT_CATALOGUE
from askdoc.chat.html import TITLE, banner_html, welcome_html
from askdoc.i18n import N_

MAX_CHARACTERS = 2000
_FONTS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "sans-serif"]
_HINT = N_("Choose the number of a quote to see the passage it stands in.")


def build_chat() -> gr.Blocks:
    """Builds the page."""
    with (
        gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page,
        gr.Column(elem_id="askdoc", elem_classes=["askdoc-page"]),
    ):
        _html(welcome_html(None), "welcome")
        _html(banner_html((DEFAULT_CATALOGUE.banner,)), "banner")
        with gr.Row(elem_id="columns", equal_height=False):
            with gr.Column(elem_id="talk"):
                _html('<div class="conversation"></div>', "conversation")
                _lay_out_asking()
            with gr.Column(elem_id="aside"):
                _html(_sources(), "sources")
    built: gr.Blocks = page
    return built


def mount_chat(app: FastAPI, page: gr.Blocks, path: str) -> None:
    """Puts a page into a server under a path, with everything it does not need switched off.

    Gradio would start its queue with the app, which wakes a thousand times a second. The page has
    no event, so the queue is never started.
    """
    lifespan = app.router.lifespan_context
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
    app.router.lifespan_context = lifespan


def _lay_out_asking() -> None:
    _html('<div class="offers"></div>', "offers")
    with gr.Row(elem_id="asking", equal_height=True):
        gr.Textbox(
            label=N_("Your question"),
            lines=1,
            max_lines=4,
            max_length=MAX_CHARACTERS,
            autofocus=True,
            elem_id="question",
            scale=5,
        )
        gr.Button(N_("Ask"), variant="primary", scale=0, min_width=88, elem_id="ask")
    with gr.Row(elem_id="tools"):
        gr.Button(N_("Export as Markdown"), size="sm", variant="secondary", elem_id="export")
        gr.Button(N_("Clear"), size="sm", variant="secondary", elem_id="clear")
    _html('<p class="keeping"></p>', "keeping")


def _sources() -> str:
    return (
        f'<div class="sources-panel"><h2>{N_("Source")}</h2><p class="hint">{_HINT}</p>'
        '<div class="sections"></div>'
        f'<p class="back"><a href="#question">{N_("Back to the answer")}</a></p></div>'
    )


def _html(value: str, name: str) -> gr.Markdown:
    return gr.Markdown(value, elem_id=name, latex_delimiters=[], sanitize_html=True)


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
