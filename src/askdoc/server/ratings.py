"""Helpful or not: ratings of answers, kept in a file only where `ASKDOC_RATINGS` names one.

A line holds a day, a rating and the mark of an answer, which is made of the places it quotes;
nothing of a question, an address or a visitor comes near it.
"""

import json
import logging
import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from askdoc.server.faults import SOON, fault
from askdoc.server.limits import Rate, asker

MOST_BYTES = 10_000_000
RATE_EACH = "30/day"
"""Ratings of one address. So it takes thousands of them to fill the file."""
_LOG = logging.getLogger("askdoc.server")
Rating: TypeAlias = Literal["helpful", "not helpful"]


class Rated(BaseModel):
    """A rating, and the mark of the answer it is for, as the page carries it."""

    model_config = ConfigDict(extra="forbid")
    rating: Rating
    answer: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]


class Ratings:
    """A file of JSON Lines to which ratings are added; it stops growing at `MOST_BYTES`."""

    def __init__(self, file: Path) -> None:
        """Holds the file, which is made at the first rating, readable to its owner alone."""
        self._file = file
        self._one_at_a_time = threading.Lock()

    def keep(self, rating: Rating, answer: str) -> None:
        """Adds one line.

        Raises:
            OSError: The file cannot be written, or is full.
        """
        day = datetime.now(UTC).date().isoformat()
        line = json.dumps({"day": day, "rating": rating, "answer": answer}) + "\n"
        with self._one_at_a_time:
            place = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                if os.fstat(place).st_size + len(line) > MOST_BYTES:
                    raise OSError("full")
                os.write(place, line.encode())
            finally:
                os.close(place)


def rating_routes(file: str) -> APIRouter:
    """The route that takes ratings; without a file there is none."""
    router = APIRouter(include_in_schema=False)
    if not file:
        return router
    ratings = Ratings(Path(file))

    rates = Rate(RATE_EACH)

    @router.post("/ratings")
    def rate(rated: Rated, request: Request) -> Response:
        if rates.ends(asker(request.scope)) is not None:
            return fault(429, "too_many", "Too many ratings today.", {"Retry-After": "3600"})
        try:
            ratings.keep(rated.rating, rated.answer)
        except OSError as error:
            _LOG.error("A rating could not be kept: %s", error.strerror or error)
            return fault(503, "unavailable", "The rating could not be kept.", SOON)
        return Response(status_code=204)

    return router
