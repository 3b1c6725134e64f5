"""Error responses of every protocol: a status, our own words, help. Nothing sent is sent back."""

import asyncio
import json
import logging
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from mcp.types import INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askdoc.answering.wording import NOT_SEARCHABLE
from askdoc.caveats.blocks import crisis
from askdoc.errors import AskdocError, QuestionError
from askdoc.i18n import N_, _, language
from askdoc.server.middleware import HttpMiddleware
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
_PROTOCOL_ERRORS = {
    PARSE_ERROR: "The body is not JSON.",
    INVALID_REQUEST: "The body is no request of this protocol.",
    METHOD_NOT_FOUND: "There is no such method.",
    INVALID_PARAMS: "The parameters are not as described.",
}
_CODES: Mapping[type[Exception], str] = {NotReadyError: "not_ready", BusyError: "busy"}
_LOG = logging.getLogger("askdoc.server")
SOON = {"Retry-After": "5"}
CLOSE = {"Connection": "close"}


def error_response(
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
        mark_as_ours(scope)
        await super().__call__(scope, receive, send)


def mark_as_ours(scope: Scope) -> None:
    """Says of a request that its answer is in our own words, whatever its status."""
    scope.setdefault("state", {})[_TOLD] = True


def help_lines() -> str:
    """The line in the language spoken, and the short lines of the crisis blocks of an emergency."""
    known = crisis()
    short = [block.short for block in known.blocks if block.caveat.severity == "emergency"]
    return " ".join([*(line.text for line in known.lines if line.language == language()), *short])


def register_error_handlers(app: FastAPI) -> None:
    """Registers how each kind of error is answered."""
    app.add_exception_handler(RequestValidationError, _wrong_shape)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(AskdocError, _explained)


async def _wrong_shape(request: Request, error: Exception) -> Response:
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    if any(problem["type"] == "json_invalid" for problem in problems):
        return error_response(400, "not_json", "The body is not JSON.")
    if request.url.path.startswith(_OPENAI):
        return _wrong_value(problems)
    places = {str(part) for problem in problems for part in problem["loc"]} & _KNOWN_FIELDS
    where = f": {', '.join(sorted(places))}" if places else ""
    return error_response(
        422, "wrong_shape", f"The body does not have the documented shape{where}."
    )


def _wrong_value(problems: Sequence[Mapping[str, Any]]) -> Response:
    """As OpenAI tells it. At the first level names are the protocol's own, and no echo."""
    name = next((str(p["loc"][1]) for p in problems if len(p["loc"]) > 1), "")
    words = f"{name} is not as the protocol has it." if name else "The body is no request."
    return error_response(400, "invalid_value", words, parameter=name)


async def _http(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return response_for_status(status, error.headers if isinstance(error, HTTPException) else None)


def response_for_status(status: int, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An error of which nothing is known but its status."""
    words = _(_WORDS.get(status, N_("The request failed.")))
    return error_response(status, f"http_{status}", words, headers)


def words_for(error: AskdocError) -> str:
    """What a stranger may be told: reasons that are theirs to mend, and no paths of ours."""
    mendable = isinstance(error, QuestionError | NotReadyError | BusyError)
    return str(error) if mendable else _(NOT_SEARCHABLE)


async def _explained(_request: Request, error: Exception) -> Response:
    if isinstance(error, QuestionError):
        return error_response(400, "bad_question", words_for(error))
    code = _CODES.get(type(error), "unavailable")
    words = words_for(error) if isinstance(error, AskdocError) else ""
    return error_response(503, code, words, SOON)


def log_place(error: Exception) -> None:
    """Logs what nobody foresaw, and where, without its message: that may quote a question."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    _LOG.error("%s at %s:%s", type(error).__name__, place.filename, place.lineno)


class HideUnexpectedErrors:
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
                await response_for_status(503, CLOSE)(scope, receive, send)
        except Exception as error:
            log_place(error)
            if not started and scope["type"] == "http":
                told = error_response(500, "internal", _("Something went wrong here."))
                await told(scope, receive, send)


class RewriteForeignErrors(HttpMiddleware):
    """Tells errors of the libraries inside in our own words. Theirs may repeat what was sent."""

    async def on_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on; where an error comes back that is not ours, tells it again."""
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
            await response_for_status(failed["status"], dict(kept))(scope, receive, send)


def _is_foreign(scope: Scope, start: Message) -> bool:
    return start["status"] >= 400 and not scope.get("state", {}).get(_TOLD)


class RewriteToolErrors:
    """Tells the protocol's own errors in our words: theirs repeat what was sent."""

    def __init__(self, app: ASGIApp) -> None:
        """Wraps the tools over HTTP."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, and looks at the message that comes back."""
        held: list[Message] = []

        async def watching(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_json(message):
                held.append(message)
            elif held:
                held.append(message)
                if not message.get("more_body"):
                    await self._tell(held, scope, send)
            else:
                await send(message)

        await self.app(scope, receive, watching)

    async def _tell(self, held: list[Message], scope: Scope, send: Send) -> None:
        start, *parts = held
        body = without_echo(b"".join(part.get("body", b"") for part in parts))
        MutableHeaders(scope=start)["content-length"] = str(len(body))
        mark_as_ours(scope)
        await send(start)
        await send({"type": "http.response.body", "body": body})


def _is_json(start: Message) -> bool:
    return Headers(scope=start).get("content-type", "").startswith("application/json")


def without_echo(body: bytes) -> bytes:
    """A JSON-RPC message; of an error only its id, its code and the versions spoken here stay."""
    message = json.loads(body)
    error = message.get("error") if isinstance(message, dict) else None
    if error is None:
        return body
    words = _PROTOCOL_ERRORS.get(error["code"], "The request failed.")
    told = {"code": error["code"], "message": f"{words} {help_lines()}"}
    data = error.get("data")
    if isinstance(data, dict) and "supported" in data:
        told["data"] = {"supported": data["supported"]}
    return json.dumps(message | {"error": told}).encode()
