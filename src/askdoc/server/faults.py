"""What can go wrong with a request, as a status and words. Nothing sent is ever sent back."""

import asyncio
import logging
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askdoc.answering.wording import NOT_SEARCHABLE
from askdoc.caveats.triage import crisis
from askdoc.errors import AskdocError, QuestionError
from askdoc.i18n import N_, _, language
from askdoc.server.service import NotReadyError
from askdoc.server.workers import BusyError

_KNOWN_FIELDS = frozenset({"question", "history", "document", "query", "k"})
_OPENAI = "/v1/"
_TOLD = "askdoc.told"
_WORDS = {
    400: N_("The request cannot be understood."),
    404: N_("Not found."),
    405: N_("This method is not allowed here."),
    408: N_("The request took too long to arrive."),
    413: N_("The body is too big."),
    503: N_("Too busy. Come again in a moment."),
}
_CODES: Mapping[type[Exception], str] = {NotReadyError: "not_ready", BusyError: "busy"}
_LOG = logging.getLogger("askdoc.server")
SOON = {"Retry-After": "5"}
CLOSE = {"Connection": "close"}


def fault(
    status: int,
    code: str,
    message: str,
    headers: Mapping[str, str] | None = None,
    parameter: str | None = None,
) -> JSONResponse:
    """An error as every part of the API tells it.

    What was asked may have been read by nobody, so help for an emergency goes with each.

    Args:
        status: The HTTP status.
        code: A short name.
        message: What is wrong, and the way out.
        headers: More headers.
        parameter: In OpenAI's protocol, the name of what is wrong in the request, or "".
    """
    kind = "invalid_request_error" if status < 500 else "server_error"
    told: dict[str, str | None] = {
        "code": code,
        "message": f"{message} {help_lines()}",
        "type": kind,
    }
    if parameter is not None:
        told["param"] = parameter or None
    return _Told({"error": told}, status, dict(headers or {}))


class _Told(JSONResponse):
    """An error in our own words, and marked as such."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        mark_told(scope)
        await super().__call__(scope, receive, send)


def mark_told(scope: Scope) -> None:
    """Says of a request that its answer is in our own words, whatever its status."""
    scope.setdefault("state", {})[_TOLD] = True


def help_lines() -> str:
    """The line in the language spoken, and the short lines of the crisis blocks of an emergency."""
    known = crisis()
    short = [block.short for block in known.blocks if block.caveat.severity == "emergency"]
    return " ".join([*(line.text for line in known.lines if line.language == language()), *short])


def tell_faults(app: FastAPI) -> None:
    """Registers how each kind of error is answered."""
    app.add_exception_handler(RequestValidationError, _wrong_shape)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(AskdocError, _explained)


async def _wrong_shape(request: Request, error: Exception) -> Response:
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    if any(problem["type"] == "json_invalid" for problem in problems):
        return fault(400, "not_json", "The body is not JSON.")
    if request.url.path.startswith(_OPENAI):
        return _wrong_value(problems)
    places = {str(part) for problem in problems for part in problem["loc"]} & _KNOWN_FIELDS
    where = f": {', '.join(sorted(places))}" if places else ""
    return fault(422, "wrong_shape", f"The body does not have the documented shape{where}.")


def _wrong_value(problems: Sequence[Mapping[str, Any]]) -> Response:
    """As OpenAI tells it. At the first level names are the protocol's own, and no echo."""
    name = next((str(p["loc"][1]) for p in problems if len(p["loc"]) > 1), "")
    words = f"{name} is not as the protocol has it." if name else "The body is no request."
    return fault(400, "invalid_value", words, parameter=name)


async def _http(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return by_status(status, error.headers if isinstance(error, HTTPException) else None)


def by_status(status: int, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An error of which nothing is known but its status."""
    words = _(_WORDS.get(status, N_("The request failed.")))
    return fault(status, f"http_{status}", words, headers)


def words_for(error: AskdocError) -> str:
    """What a stranger may be told: reasons that are theirs to mend, and no paths of ours."""
    mendable = isinstance(error, QuestionError | NotReadyError | BusyError)
    return str(error) if mendable else _(NOT_SEARCHABLE)


async def _explained(_request: Request, error: Exception) -> Response:
    if isinstance(error, QuestionError):
        return fault(400, "bad_question", words_for(error))
    code = _CODES.get(type(error), "unavailable")
    words = words_for(error) if isinstance(error, AskdocError) else ""
    return fault(503, code, words, SOON)


def log_place(error: Exception) -> None:
    """Logs what nobody foresaw, and where, without its message: that may quote a question."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    _LOG.error("%s at %s:%s", type(error).__name__, place.filename, place.lineno)


class HideFaults:
    """Answers what nobody foresaw with 500. Its message may quote a question: it is not logged."""

    def __init__(self, app: ASGIApp) -> None:
        """Wraps an app."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, and says where it failed, if it does."""
        started = False

        async def watching(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watching)
        except HTTPException:
            raise
        except asyncio.CancelledError:  # the server ends, and can wait no longer
            if not started and scope["type"] == "http":
                await by_status(503, CLOSE)(scope, receive, send)
        except Exception as error:
            log_place(error)
            if not started and scope["type"] == "http":
                told = fault(500, "internal", _("Something went wrong here."))
                await told(scope, receive, send)


class RetellFaults:
    """Tells errors of the libraries inside in our own words. Theirs may repeat what was sent."""

    def __init__(self, app: ASGIApp) -> None:
        """Wraps an app."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on; where an error comes back that is not ours, tells it again."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        failed: Message | None = None

        async def watching(message: Message) -> None:
            nonlocal failed
            if message["type"] == "http.response.start" and _is_foreign(scope, message):
                failed = message
            elif failed is None:
                await send(message)

        await self.app(scope, receive, watching)
        if failed is not None:
            kept = MutableHeaders(raw=list(failed["headers"]))
            for name in ("content-length", "content-type", "content-encoding"):
                del kept[name]
            await by_status(failed["status"], dict(kept))(scope, receive, send)


def _is_foreign(scope: Scope, start: Message) -> bool:
    return start["status"] >= 400 and not scope.get("state", {}).get(_TOLD)
