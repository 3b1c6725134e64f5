"""The REST API: `POST /api/v1/ask` and `POST /api/v1/search`, and its description."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import to_json as to_bytes
from starlette.responses import Response

from askdoc.chat.html import answer_mark
from askdoc.records import Answer
from askdoc.rendering import answer_address, search_to_json, to_json
from askdoc.server.workers import Workers

_Strict = ConfigDict(extra="forbid")


def _whole(text: str) -> str:
    """Refuses lone surrogates, which JSON can carry and UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("broken characters") from None
    return text


Text = Annotated[str, AfterValidator(_whole)]
ArticleId = Annotated[
    Text | None, Field(description="The id of one article; by default all of them", max_length=500)
]

_Address = Annotated[
    str, Field(description="The place in the article with all notes, from the server's root")
]


class AskBody(BaseModel):
    """A question, and what the same person asked before, oldest first.

    Of longer histories the latest 50 questions count.
    """

    model_config = _Strict
    question: Text
    history: list[Text] = []
    document: ArticleId = None


class SearchBody(BaseModel):
    """A query and how many passages to find at most."""

    model_config = _Strict
    query: Text
    k: Annotated[int, Field(ge=1, le=50)] = 5
    document: ArticleId = None


class SourceBody(BaseModel):
    """Where a caveat's text can be checked."""

    name: str
    url: str
    date: str


class CaveatBody(BaseModel):
    """Reviewed text; `citation` is the number of the quote it speaks of."""

    id: str
    kind: Literal["banner", "topic", "claim"]
    severity: Literal["info", "caution", "urgent", "emergency"]
    text: str
    citation: int | None
    sources: list[SourceBody]


class CitationBody(BaseModel):
    """Whole sentences of an article; `start` and `end` count characters of its text."""

    number: int
    document_id: str
    passage_id: str
    heading: str
    quote: str
    start: int
    end: int
    title: Annotated[str, Field(description="What the article is called")]
    url: Annotated[str, Field(description='The sentence on the publisher\'s own page, or ""')]
    address: _Address


class PassageBody(BaseModel):
    """A passage found, with the notes on its claims."""

    rank: int
    score: float
    document_id: str
    passage_id: str
    heading: str
    text: str
    start: int
    end: int
    address: _Address
    caveats: list[CaveatBody]


class AnswerBody(BaseModel):
    """What is said to a question. Show the caveats with it; they are part of the answer."""

    question: str
    resolved_question: str
    status: Literal["answered", "not_in_article", "emergency"]
    answer: str
    confidence: float
    citations: list[CitationBody]
    caveats: list[CaveatBody]
    passages: list[PassageBody]
    mark: Annotated[str, Field(description="Stands for what is quoted; no word of the question")]
    address: Annotated[str, Field(description="A page that asks it again, from the server's root")]


class HitsBody(BaseModel):
    """Passages found, the best first. Show the caveats before them; an emergency stands alone."""

    caveats: list[CaveatBody]
    passages: list[PassageBody]


class ErrorMessage(BaseModel):
    """What went wrong, and where help is. It never repeats what was sent."""

    code: str
    message: str
    type: str


class ErrorBody(BaseModel):
    """An error."""

    error: ErrorMessage


ERROR_RESPONSES: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorBody, "description": "The body is no JSON, or question or id unusable"},
    413: {"model": ErrorBody, "description": "The body is too big"},
    422: {"model": ErrorBody, "description": "The body does not have the documented shape"},
    429: {"model": ErrorBody, "description": "Too many questions; see Retry-After"},
    503: {"model": ErrorBody, "description": "Not ready, or too busy; see Retry-After"},
}


def api(workers: Workers) -> APIRouter:
    """The routes of the API."""
    router = APIRouter(prefix="/api/v1", responses=ERROR_RESPONSES, tags=["askdoc"])

    @router.post("/ask", response_model=AnswerBody, summary="Ask the article a question")
    async def ask(asked: AskBody) -> Response:
        answer = await workers.ask(asked.question, asked.history, asked.document)
        return _told(answer_body(answer, asked.document))

    @router.post("/search", response_model=HitsBody, summary="Find passages")
    async def search(searched: SearchBody) -> Response:
        found = await workers.search(searched.query, searched.k, searched.document)
        return _told(search_to_json(found.passages, found.caveats))

    return router


def answer_body(answer: Answer, document: str | None) -> dict[str, Any]:
    """An answer as `AnswerBody` has it; `document` is the id of the article that was asked."""
    address = answer_address(answer, document)
    return {**to_json(answer), "mark": answer_mark(answer), "address": address}


def _told(body: dict[str, Any]) -> Response:
    """A body as it stands. To check it against its model again would take longer than to write."""
    return Response(to_bytes(body), media_type="application/json")
