"""Helpful or not: ratings of answers, kept in a file only where `ASKDOC_RATINGS` names one.

What a line holds is `feedback`'s. A page says which passage an answer came from by its id; what is
kept of it is the heading that the index has for that passage, so that nothing a page sends is.
"""

import logging
import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from askdoc.errors import StoreError
from askdoc.feedback import RatedStatus, Rating, Section, rating_line
from askdoc.server.error_responses import SOON, error_response
from askdoc.server.limits import Rate, asker
from askdoc.server.service import Service

MOST_BYTES = 10_000_000
RATE_EACH = "30/day"
"""Ratings of one address. So it takes thousands of them to fill the file."""
_LOG = logging.getLogger("askdoc.server")


class Rated(BaseModel):
    """A rating, the mark of the answer it is for, and its status and first passage."""

    model_config = ConfigDict(extra="forbid")
    rating: Rating
    answer: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
    status: RatedStatus = "answered"
    passage: Annotated[str, Field(max_length=1000)] = ""


class Ratings:
    """A file of JSON Lines to which ratings are added; it stops growing at `MOST_BYTES`."""

    def __init__(self, file: Path) -> None:
        """Holds the file, which is made at the first rating, readable to its owner alone."""
        self._file = file
        self._one_at_a_time = threading.Lock()

    def keep(self, rating: Rating, answer: str, section: Section | None = None) -> None:
        """Adds one line.

        Raises:
            OSError: The file cannot be written, or is full.
        """
        day = datetime.now(UTC).date().isoformat()
        line = rating_line(day, rating, answer, section).encode()
        with self._one_at_a_time:
            place = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                if os.fstat(place).st_size + len(line) > MOST_BYTES:
                    raise OSError("full")
                os.write(place, line)
            finally:
                os.close(place)


def rating_routes(file: str, service: Service) -> APIRouter:
    """The route that takes ratings; without a file there is none."""
    router = APIRouter(include_in_schema=False)
    if not file:
        return router
    ratings = Ratings(Path(file))

    rates = Rate(RATE_EACH)

    @router.post("/ratings")
    def rate(rated: Rated, request: Request) -> Response:
        if rates.ends(asker(request.scope)) is not None:
            return error_response(
                429, "too_many", "Too many ratings today.", {"Retry-After": "3600"}
            )
        try:
            ratings.keep(rated.rating, rated.answer, _section(service, rated))
        except OSError as error:
            _LOG.error("A rating could not be kept: %s", error.strerror or error)
            return error_response(503, "unavailable", "The rating could not be kept.", SOON)
        return Response(status_code=204)

    return router


def _section(service: Service, rated: Rated) -> Section | None:
    """The section of an answer as the index names it; None where it holds no such passage."""
    about = service.about()
    try:
        passage = about.passage(rated.passage) if about and rated.passage else None
    except StoreError:
        return None
    return Section(passage.document_id, passage.heading, rated.status) if passage else None
