"""`POST /hooks/refresh`: a content system tells that articles have changed.

Requests are signed as Standard Webhooks describes (`webhook-id`, `webhook-timestamp`,
`webhook-signature`), so that nobody else can set a refresh off, nor send an old request again.
The refresh itself is handed in; it runs in a thread, one at a time.
"""

import base64
import binascii
import hashlib
import hmac
import logging
import threading
import time
from collections.abc import Callable, Collection

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import JSONResponse, Response

from askdoc.errors import AskdocError
from askdoc.server.error_responses import error_response

TOLERANCE_S = 300
"""How old or early a request may be."""
_PREFIX = "whsec_"
_MAX_SEEN_IDS = 1000
_LOG = logging.getLogger("askdoc.server")
Refresh = Callable[[Collection[str]], Collection[str]]
"""From names of articles, or none for all, to lines for the log."""


class Changed(BaseModel):
    """Which articles have changed; none named is all."""

    model_config = ConfigDict(extra="forbid")
    articles: list[str] = Field(default=[], max_length=1000)


class Signatures:
    """Tells whether a request was signed with a secret, within the tolerance, and never seen."""

    def __init__(self, secret: str, clock: Callable[[], float] = time.time) -> None:
        """Takes a secret as Standard Webhooks writes it (`whsec_…`), or any other words."""
        self._key = _key(secret)
        self._clock = clock
        self._seen: dict[str, float] = {}

    def hold(self, request: Request, body: bytes) -> bool:
        """Whether a request is to be believed."""
        name, told = (request.headers.get(f"webhook-{part}", "") for part in ("id", "timestamp"))
        now = self._clock()
        if not name or not told.isdecimal() or abs(now - int(told)) > TOLERANCE_S:
            return False
        signed = hmac.digest(self._key, f"{name}.{told}.".encode() + body, hashlib.sha256)
        given = request.headers.get("webhook-signature", "").split(" ")
        return any(_is_same(one, signed) for one in given) and self._is_new(name, now)

    def _is_new(self, name: str, now: float) -> bool:
        self._seen = {id: at for id, at in self._seen.items() if now - at <= 2 * TOLERANCE_S}
        if name in self._seen or len(self._seen) >= _MAX_SEEN_IDS:
            return False
        self._seen[name] = now
        return True


def sign(secret: str, name: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` of a request."""
    signed = hmac.digest(_key(secret), f"{name}.{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(signed).decode()}"


class Refreshing:
    """Runs a refresh in a thread; what is asked for meanwhile is done in one more run after it."""

    def __init__(self, refresh: Refresh) -> None:
        """Holds what refreshes."""
        self._refresh = refresh
        self._lock = threading.Lock()
        self._running = False
        self._waiting: set[str] | None = None

    def begin(self, names: Collection[str]) -> str:
        """Begins, or waits for its turn; says which."""
        with self._lock:
            if self._running:
                held = self._waiting
                # No name is all of them, and that takes in any name.
                self._waiting = set(names) if held is None else set(names) | held
                if not names or held == set():
                    self._waiting = set()
                return "waiting"
            self._running = True
        threading.Thread(target=self._run, args=(set(names),), daemon=True).start()
        return "begun"

    def _run(self, names: set[str]) -> None:
        while True:
            try:
                for line in self._refresh(names):
                    _LOG.warning("%s", line)
            except AskdocError as error:
                _LOG.error("%s", error)
            except Exception:
                _LOG.exception("The articles could not be refreshed.")
            with self._lock:
                if self._waiting is None:
                    self._running = False
                    return
                names, self._waiting = self._waiting, None


def hook_routes(secret: str, refresh: Refresh | None) -> APIRouter:
    """The route; none without a secret and something to refresh."""
    router = APIRouter(include_in_schema=False)
    if not secret or refresh is None:
        return router
    signatures, refreshing = Signatures(secret), Refreshing(refresh)

    @router.post("/hooks/refresh")
    async def changed(request: Request) -> Response:
        body = await request.body()
        if not signatures.hold(request, body):
            return error_response(
                401, "not_signed", "The request is not signed, too old, or known already."
            )
        try:
            told = Changed.model_validate_json(body or b"{}")
        except ValidationError:
            return error_response(422, "wrong_shape", 'Send {"articles": ["name"]}, or {} for all.')
        return JSONResponse({"state": refreshing.begin(told.articles)}, 202)

    return router


def _key(secret: str) -> bytes:
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            return secret.encode()
    return secret.encode()


def _is_same(given: str, signed: bytes) -> bool:
    version, _, text = given.partition(",")
    try:
        return version == "v1" and hmac.compare_digest(base64.b64decode(text), signed)
    except (binascii.Error, ValueError):
        return False
