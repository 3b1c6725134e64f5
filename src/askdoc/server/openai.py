"""The chat completions protocol of OpenAI, so that existing front ends can ask an article.

Only the person's own messages count: the last is the question, the earlier ones its history.
The reply's text holds every caveat; the whole answer travels in the extra field `askdoc`.
The model "askdoc" answers from all articles, "askdoc/ID" from the one of that id.
"""

import json
import time
import uuid
from collections.abc import Iterator
from itertools import islice
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel
from starlette.responses import Response

from askdoc.records import Answer
from askdoc.rendering import to_json, to_markdown
from askdoc.server.api import Text
from askdoc.server.faults import fault
from askdoc.server.service import Service
from askdoc.server.workers import Workers

MODEL = "askdoc"
_LISTED = 100
"""How many articles are named; any other is asked by its id all the same."""


class Part(BaseModel):
    """A part of a message; only text is read."""

    type: str
    text: Text = ""


class Message(BaseModel):
    """One message of the conversation."""

    role: str
    content: Text | list[Part] | None = None

    def words(self) -> str:
        """Its text."""
        if isinstance(self.content, list):
            return " ".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class Completion(BaseModel):
    """A request for a reply; settings of language models are accepted and have no effect."""

    model: str
    messages: list[Message]
    stream: bool = False


def openai(service: Service, workers: Workers) -> APIRouter:
    """The routes of the protocol."""
    router = APIRouter(prefix="/v1", include_in_schema=False)

    @router.get("/models")
    def models() -> dict[str, Any]:
        return {"object": "list", "data": [_model(name) for name in _names(service)]}

    @router.get("/models/{name:path}")
    def model(name: str) -> Any:
        return _model(name) if _is_held(name, service) else _unknown()

    @router.post("/chat/completions")
    async def complete(asked: Completion) -> Response:
        questions = [message.words() for message in asked.messages if message.role == "user"]
        name, _, article = asked.model.partition("/")
        if name != MODEL:
            return _unknown()
        if not questions:
            return fault(400, "no_question", "There is no message of the role user.")
        answer = await workers.ask(questions[-1], questions[:-1], article or None)
        return _streamed(answer, asked.model) if asked.stream else _whole(answer, asked.model)

    return router


def _whole(answer: Answer, model: str) -> Response:
    message = {"role": "assistant", "content": to_markdown(answer)}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    more = {"choices": [choice], "usage": usage, "askdoc": to_json(answer)}
    return JSONResponse(_envelope("chat.completion", model) | more)


def _streamed(answer: Answer, model: str) -> Response:
    return StreamingResponse(_events(answer, model), media_type="text/event-stream")


def _events(answer: Answer, model: str) -> Iterator[str]:
    envelope = _envelope("chat.completion.chunk", model)
    yield _event(envelope, {"role": "assistant", "content": ""})
    for paragraph in to_markdown(answer).split("\n\n"):
        yield _event(envelope, {"content": f"{paragraph}\n\n"})
    yield _event(envelope | {"askdoc": to_json(answer)}, {}, "stop")
    yield "data: [DONE]\n\n"


def _event(envelope: dict[str, Any], delta: dict[str, str], finish: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    return f"data: {json.dumps(envelope | {'choices': [choice]})}\n\n"


def _envelope(kind: str, model: str) -> dict[str, Any]:
    identity = f"chatcmpl-{uuid.uuid4().hex}"
    return {"id": identity, "object": kind, "created": int(time.time()), "model": model}


def _names(service: Service) -> list[str]:
    held = islice(service.index.documents, _LISTED) if service.ready else ()
    return [MODEL, *(f"{MODEL}/{article}" for article in held)]


def _is_held(name: str, service: Service) -> bool:
    model, _, article = name.partition("/")
    return model == MODEL and (
        not article or (service.ready and article in service.index.documents)
    )


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "askdoc"}


def _unknown() -> Response:
    return fault(
        404, "model_not_found", f'The models here are "{MODEL}" and "{MODEL}/ID", an article\'s id.'
    )
