"""The chat completions protocol of OpenAI, so that existing front ends can ask an article.

Only the person's own messages count: the last is the question, the earlier ones its history.
The reply's text holds every caveat; the whole answer travels in the extra field `askdoc`, and each
quote's addresses as an annotation. The model "askdoc" answers from all articles, "askdoc/ID" from
the one of that id.
"""

import json
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.responses import Response

from askdoc.records import Answer
from askdoc.rendering import PlacedQuote, article_address, markdown_and_quotes, to_json
from askdoc.server.completions import Completion, Refusal, count_tokens, refusal, shorter
from askdoc.server.error_responses import error_response
from askdoc.server.service import Service
from askdoc.server.settings import root_of
from askdoc.server.workers import Workers

MODEL = "askdoc"
_LISTED = 100
"""How many articles are named; any other is asked by its id all the same."""
_PARAGRAPH = re.compile(r".+?(?:\n\n|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Reply:
    """An answer as it is told: its Markdown, what annotates it, and whether it was shortened."""

    answer: Answer
    model: str
    content: str
    annotations: list[dict[str, Any]]
    finish: str
    usage: dict[str, int]


def openai(service: Service, workers: Workers, url: str = "") -> APIRouter:
    """The routes of the protocol; `url` as in `Settings`."""
    router = APIRouter(prefix="/v1", include_in_schema=False)

    @router.get("/models")
    def models() -> dict[str, Any]:
        return {"object": "list", "data": [_model(name) for name in _names(service)]}

    @router.get("/models/{name:path}")
    def model(name: str) -> Any:
        return _model(name) if _is_held(name, service) else _unknown()

    @router.post("/chat/completions")
    async def complete(asked: Completion, request: Request) -> Response:
        name, _, article = asked.model.partition("/")
        root, questions = root_of(request, url), asked.questions() or [""]
        if refused := _unknown() if name != MODEL else _refused(refusal(asked)):
            # Whoever is in danger is answered, whatever else the request wants.
            if emergency := await workers.emergency(questions[-1], questions[:-1]):
                return _told(_reply(emergency, asked, root), asked)
            return refused
        answer = await workers.ask(questions[-1], questions[:-1], article or None)
        reply = _fitting(answer, asked, root)
        return _told(reply, asked) if reply else _too_short(answer, asked, root)

    return router


def _fitting(answer: Answer, asked: Completion, root: str) -> _Reply | None:
    """The longest reply within the length asked for; an emergency is told whole."""
    for part in shorter(answer):
        reply = _reply(part, asked, root, "stop" if part is answer else "length")
        most = asked.most_tokens
        if most is None or reply.usage["completion_tokens"] <= most:
            return reply
        if answer.status == "emergency":
            return reply
    return None


def _reply(answer: Answer, asked: Completion, root: str, finish: str = "stop") -> _Reply:
    content, quotes = markdown_and_quotes(answer, root)
    annotations = [one for quote in quotes for one in _annotations(quote, root)]
    said, told = sum(count_tokens(m.words()) for m in asked.messages), count_tokens(content)
    usage = {"prompt_tokens": said, "completion_tokens": told, "total_tokens": said + told}
    return _Reply(answer, asked.model, content, annotations, finish, usage)


def _annotations(quote: PlacedQuote, root: str) -> Iterator[dict[str, Any]]:
    """The sentence on the publisher's page, and in the annotated article."""
    citation = quote.citation
    title = citation.title or citation.document_id
    address = article_address(citation.document_id, citation.start, citation.end)
    links = [(title, citation.url), (f"{title}, with all notes", root and f"{root}{address}")]
    for name, url in links:
        if url:
            place = {"start_index": quote.start, "end_index": quote.end}
            yield {"type": "url_citation", "url_citation": {**place, "title": name, "url": url}}


def _told(reply: _Reply, asked: Completion) -> Response:
    if not asked.stream:
        return JSONResponse(_whole(reply))
    with_usage = bool(asked.stream_options and asked.stream_options.include_usage)
    return StreamingResponse(_events(reply, with_usage=with_usage), media_type="text/event-stream")


def _whole(reply: _Reply) -> dict[str, Any]:
    message = {
        "role": "assistant",
        "content": reply.content,
        "refusal": None,
        "annotations": reply.annotations,
    }
    choice = {"index": 0, "message": message, "finish_reason": reply.finish, "logprobs": None}
    more = {"choices": [choice], "usage": reply.usage, "askdoc": to_json(reply.answer)}
    return _envelope("chat.completion", reply.model) | more


def _events(reply: _Reply, *, with_usage: bool) -> Iterator[str]:
    envelope = _envelope("chat.completion.chunk", reply.model)
    if with_usage:
        envelope |= {"usage": None}
    yield _event(envelope, {"role": "assistant", "content": ""})
    for paragraph in _PARAGRAPH.findall(reply.content):
        yield _event(envelope, {"content": paragraph})
    if reply.annotations:
        yield _event(envelope, {"annotations": reply.annotations})
    yield _event(envelope | {"askdoc": to_json(reply.answer)}, {}, reply.finish)
    if with_usage:
        yield _line(envelope | {"choices": [], "usage": reply.usage})
    yield "data: [DONE]\n\n"


def _event(envelope: dict[str, Any], delta: dict[str, Any], finish: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    return _line(envelope | {"choices": [choice]})


def _line(chunk: dict[str, Any]) -> str:
    return f"data: {json.dumps(chunk)}\n\n"


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
    words = f'The models here are "{MODEL}" and "{MODEL}/ID", an article\'s id.'
    return error_response(404, "model_not_found", words, parameter="model")


def _refused(refused: Refusal | None) -> Response | None:
    if refused is None:
        return None
    code = "unsupported_value" if refused.parameter else "unknown_parameter"
    words = ": ".join(filter(None, [refused.parameter, refused.words]))
    return error_response(400, code, words, parameter=refused.parameter)


def _too_short(answer: Answer, asked: Completion, root: str) -> Response:
    *_, shortest = shorter(answer)
    least = _reply(shortest, asked, root).usage["completion_tokens"]
    name = "max_completion_tokens" if asked.max_completion_tokens else "max_tokens"
    words = f"{name}: The shortest reply with its caveats has {least} tokens. Allow as many."
    return error_response(400, "unsupported_value", words, parameter=name)
