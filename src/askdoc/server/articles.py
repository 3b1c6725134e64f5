"""`GET /api/v1/articles`: which articles can be asked, and what can be asked of them."""

from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from askdoc.answering import catalogue_of
from askdoc.chat import About
from askdoc.rendering import article_to_json
from askdoc.server.api import FAULTS, CaveatBody
from askdoc.server.service import Service

MAX_ARTICLES = 1000
MAX_QUESTIONS = 20
_Limit = Annotated[int, Query(ge=1, le=MAX_ARTICLES, description="How many at most")]
_Offset = Annotated[int, Query(ge=0, le=10**9, description="How many to leave out first")]


class ArticleBody(BaseModel):
    """An article. Its banner stands over everything that is quoted from it."""

    id: str
    title: str
    url: Annotated[str, Field(description='Where it was published, or ""')]
    address: Annotated[str, Field(description="Its page with all notes, from the server's root")]
    banner: CaveatBody
    questions: Annotated[list[str], Field(description="Questions to offer on it")]


class ArticlesBody(BaseModel):
    """Some of the articles in the order of the index, and how many there are in all."""

    total: int
    articles: list[ArticleBody]
    questions: Annotated[list[str], Field(description="Questions to offer on any of them")]


def article_list(service: Service) -> APIRouter:
    """The route of the list."""
    router = APIRouter(prefix="/api/v1", tags=["askdoc"])
    faults: dict[int | str, dict[str, Any]] = {status: FAULTS[status] for status in (422, 429, 503)}

    @router.get(
        "/articles", response_model=ArticlesBody, responses=faults, summary="List the articles"
    )
    def articles(limit: _Limit = 100, offset: _Offset = 0) -> dict[str, Any]:
        return listed(service, limit, offset)

    return router


def listed(service: Service, limit: int, offset: int = 0) -> dict[str, Any]:
    """The list as the API gives it.

    Raises:
        NotReadyError: There is no index yet.
    """
    documents = service.index.documents
    about = service.about() or About(documents, ())
    return {
        "total": len(documents),
        "articles": [
            article_to_json(document, catalogue_of(document).banner)
            | {"questions": list(about.candidates(document.id)[:MAX_QUESTIONS])}
            for document in islice(documents.values(), offset, offset + limit)
        ],
        "questions": list(about.examples[:MAX_QUESTIONS]),
    }
