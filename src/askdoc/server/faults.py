"""What can go wrong with a request, as a status and words. Nothing sent is ever sent back."""

import logging
import traceback
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from askdoc.caveats.triage import crisis
from askdoc.errors import AskdocError, QuestionError
from askdoc.server.service import NotReadyError

_KNOWN_FIELDS = frozenset(
    {"question", "history", "document", "query", "k", "model", "messages", "stream"}
)
_LOG = logging.getLogger("askdoc.server")
SOON = {"Retry-After": "5"}


def fault(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """An error as every part of the API tells it."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    told = {"error": {"code": code, "message": message, "type": kind}}
    return JSONResponse(told, status, dict(headers or {}))


def unread(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Refuses a question that nobody has read: help for an emergency goes with it."""
    blocks = [block for block in crisis().blocks if block.caveat.severity == "emergency"]
    return fault(status, code, " ".join([message, *(b.short for b in blocks)]), headers)


def tell_faults(app: FastAPI) -> None:
    """Registers how each kind of error is answered."""
    app.add_exception_handler(RequestValidationError, _wrong_shape)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(AskdocError, _explained)


async def _wrong_shape(_: Request, error: Exception) -> Response:
    problems = error.errors() if isinstance(error, RequestValidationError) else []
    if any(problem["type"] == "json_invalid" for problem in problems):
        return fault(400, "not_json", "The body is not JSON.")
    places = {str(part) for problem in problems for part in problem["loc"]} & _KNOWN_FIELDS
    where = f": {', '.join(sorted(places))}" if places else ""
    return fault(422, "wrong_shape", f"The body does not have the documented shape{where}.")


async def _http(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    words = {
        404: "Not found.",
        405: "This method is not allowed here.",
        413: "The body is too big.",
    }
    return fault(status, f"http_{status}", words.get(status, "The request failed."), headers)


def words_for(error: AskdocError) -> str:
    """What a stranger may be told: reasons that are theirs to mend, and no paths of ours."""
    mendable = isinstance(error, QuestionError | NotReadyError)
    return str(error) if mendable else "The article cannot be searched right now."


async def _explained(_: Request, error: Exception) -> Response:
    if isinstance(error, QuestionError):
        return fault(400, "bad_question", words_for(error))
    code = "not_ready" if isinstance(error, NotReadyError) else "unavailable"
    words = words_for(error) if isinstance(error, AskdocError) else ""
    return fault(503, code, words, SOON)


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
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            _LOG.error("%s at %s:%s", type(error).__name__, place.filename, place.lineno)
            if not started and scope["type"] == "http":
                told = fault(500, "internal", "Something went wrong here.")
                await told(scope, receive, send)
