"""A review as a page for one person on this machine.

This module owns the page. It runs without a script; it answers requests to loopback names only,
and takes decisions only from its own form.
"""

import secrets
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import get_args

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware

from askdoc.errors import EvaluationError
from askdoc.evaluation.page import template
from askdoc.evaluation.reviewing import Proposed, Review
from askdoc.records import Status

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def review_app(review: Review) -> FastAPI:
    """The page's application.

    Args:
        review: Where candidates come from and decisions go.
    """
    app = FastAPI(openapi_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK))
    token = secrets.token_urlsafe()

    @app.get("/")
    def show() -> Response:
        return _page(review, token)

    @app.post("/")
    async def decide(request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        if not secrets.compare_digest(form.get("token", ""), token):
            return _page(review, token, problem="The page was out of date. Try again.", status=403)
        problem, typed = _decide(review, form)
        if problem:
            return _page(review, token, problem=problem, typed=typed, status=422)
        return RedirectResponse("/", status_code=303, headers=_HEADERS)

    return app


def serve_review(
    review: Review, *, port: int = 7860, on_open: Callable[[str], None] = lambda _: None
) -> None:
    """Serves the page to this machine until it is stopped.

    Args:
        review: Where candidates come from and decisions go.
        port: The port; 0 for any that is free.
        on_open: Told the address once the port is taken.

    Raises:
        EvaluationError: The port is not to be had.
    """
    config = uvicorn.Config(review_app(review), log_level="warning", access_log=False)
    with socket.socket() as place:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            place.bind((LOOPBACK[0], port))
        except OSError as error:
            raise EvaluationError(
                f"The port {port} is not to be had: {error.strerror}. Name another with --port."
            ) from error
        on_open(f"http://{LOOPBACK[0]}:{place.getsockname()[1]}/")
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[place])


def _page(
    review: Review,
    token: str,
    *,
    problem: str = "",
    typed: Proposed | None = None,
    status: int = 200,
) -> HTMLResponse:
    own = typed if typed and not typed.id else None
    first = review.pending[0] if review.pending else None
    candidate = typed if typed and typed.id else first
    html = template("review.html").render(
        candidate=candidate,
        own=own,
        statuses=get_args(Status),
        summary=review.summary(),
        judged=review.judged,
        problem=problem,
        token=token,
    )
    return HTMLResponse(html, status_code=status, headers=_HEADERS)


def _decide(review: Review, form: Mapping[str, str]) -> tuple[str, Proposed | None]:
    """Carries a decision out; what is wrong with it, and what was typed; an own one has no id."""
    action = form.get("action")
    if action == "back":
        return ("" if review.undo() else "There is no decision to take back."), None
    if action == "add":
        own = _corrected(Proposed("", "", "answered"), form)
        try:
            review.add(own.question, own.quotes)
        except EvaluationError as error:
            return str(error), own
        return "", None
    candidate = review.find(form.get("id", ""))
    if candidate is None:
        return "That candidate is decided already.", None
    corrected = _corrected(candidate, form)
    try:
        if action == "accept":
            review.accept(corrected)
        elif action == "reject":
            review.reject(candidate)
        else:
            review.skip(candidate)
    except EvaluationError as error:
        return str(error), corrected
    return "", None


def _corrected(candidate: Proposed, form: Mapping[str, str]) -> Proposed:
    chosen = form.get("status", "")
    status = next((one for one in get_args(Status) if one == chosen), candidate.status)
    return replace(
        candidate,
        question=" ".join(form.get("question", candidate.question).split()),
        status=status,
        quotes=tuple(line.strip() for line in form.get("quotes", "").splitlines() if line.strip()),
    )
