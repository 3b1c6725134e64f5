"""Candidates for questions, what a person decides about them, and the page to decide on.

This module owns the three files of a review: candidates are read from one, accepted questions are
appended to a second, which `askdoc evaluate` reads, and rejections to a third. Every decision is
written at once, so that a review can be left and resumed at any time. The page runs without a
script; it answers requests to loopback names only, and takes decisions only from its own form. The
terminal is left to `cli`.
"""

import hashlib
import json
import os
import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.middleware.trustedhost import TrustedHostMiddleware

from askdoc.documents import read_documents
from askdoc.errors import EvaluationError, QuestionError
from askdoc.evaluation.answers import gold_spans
from askdoc.evaluation.collections import Case, article_of, read_case
from askdoc.evaluation.lines import distinct, objects_of
from askdoc.evaluation.page import template
from askdoc.evaluation.proposing import sentences_of
from askdoc.question import clean_question
from askdoc.records import Document, Status
from askdoc.text import stems

_MOST_NEAREST = 2
_LEAST_SHARED = 0.5


@dataclass(frozen=True, slots=True)
class Proposed:
    """A candidate as it stands in the file, or as a person corrected it."""

    id: str
    question: str
    status: Status
    quotes: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    rule: str = ""
    sureness: float = 0.0
    split: str = ""

    def to_json(self) -> dict[str, Any]:
        """The judged question as a line of the file that `askdoc evaluate` reads."""
        row: dict[str, Any] = {
            "id": self.id,
            "question": self.question,
            "history": [],
            "status": self.status,
            "quotes": list(self.quotes),
        }
        if self.without:
            row["without"] = list(self.without)
        return row | ({"split": self.split} if self.split else {}) | {"rule": self.rule}


class Review:
    """One review: `pending` are the candidates nobody decided about yet, the least sure first."""

    def __init__(
        self, candidates: Sequence[Proposed], judged: Path, documents: Sequence[Document]
    ) -> None:
        """Resumes where the files of a review were left.

        Args:
            candidates: All candidates.
            judged: Where accepted questions go; rejections go beside it.
            documents: The article, in which every quote has to stand.
        """
        self.judged = judged
        self.rejected = judged.with_suffix(".rejected")
        self._documents = tuple(documents)
        self._sentences = [(s, stems(s)) for one in documents for s in sentences_of(one)]
        self._decided: list[tuple[Path, Proposed]] = []
        accepted = [row for _, row in objects_of(judged)] if judged.exists() else []
        refused = [row for _, row in objects_of(self.rejected)] if self.rejected.exists() else []
        self._statuses = [str(row.get("status")) for row in accepted]
        self._refused = len(refused)
        decided = {str(row.get("id")) for row in (*accepted, *refused)}
        self._asked = {str(row.get("question")).lower() for row in (*accepted, *refused)}
        left = (c for c in candidates if c.id not in decided)
        self.pending = sorted(
            (c for c in left if c.question.lower() not in self._asked), key=lambda c: c.sureness
        )

    @classmethod
    def open(cls, file: Path, article: Path | None = None) -> "Review":
        """Opens a file of candidates.

        Args:
            file: JSON Lines, as `askdoc questions propose` writes them.
            article: The article; by default found as `askdoc evaluate` finds it.

        Raises:
            EvaluationError: The file cannot be read, or there is no article.
            DocumentError: The article cannot be read.
        """
        candidates = tuple(
            distinct((place, _proposed(row, place)) for place, row in objects_of(file))
        )
        if not candidates:
            raise EvaluationError(f"{file} holds no candidate. Make some: askdoc questions propose")
        documents = read_documents([article_of(file.resolve().parent, article)])
        return cls(candidates, judged_file(file), documents)

    def nearest(self, candidate: Proposed) -> tuple[str, ...]:
        """The sentences with most of an unanswerable question's words, which may answer after all.

        Sentences that are taken out of the article for this question are not among them.
        """
        if candidate.status == "answered":
            return ()
        asked = stems(candidate.question)
        shared = {
            sentence: len(asked & held)
            for sentence, held in self._sentences
            if sentence not in candidate.without and len(asked & held) >= _LEAST_SHARED * len(asked)
        }
        return tuple(sorted(shared, key=lambda sentence: -shared[sentence])[:_MOST_NEAREST])

    def find(self, name: str) -> Proposed | None:
        """The pending candidate of an id."""
        return next((one for one in self.pending if one.id == name), None)

    def add(self, question: str, quotes: Sequence[str]) -> None:
        """Writes a person's own question; the article answers it where quotes are given.

        Raises:
            EvaluationError: As of `accept`, or the question is judged already.
        """
        if question.lower() in self._asked:
            raise EvaluationError("That question is judged already.")
        status: Status = "answered" if quotes else "not_in_article"
        name = hashlib.sha256(question.encode("utf-8", "surrogatepass")).hexdigest()[:10]
        split = "dev" if int(name, 16) % 2 else "heldout"
        self.accept(Proposed(f"o{name}", question, status, tuple(quotes), rule="own", split=split))

    def accept(self, candidate: Proposed) -> None:
        """Writes a candidate, as it is or as corrected, to the judged file.

        Raises:
            EvaluationError: Its question cannot be asked, a quote is not in the article, or an
                answerable question has none.
        """
        checked = self._checked(candidate)
        _append(self.judged, checked.to_json())
        self._asked.add(checked.question.lower())
        self._decide(self.judged, candidate)
        self._statuses.append(checked.status)

    def reject(self, candidate: Proposed) -> None:
        """Remembers that a candidate is not wanted; it is not shown again."""
        _append(self.rejected, {"id": candidate.id, "question": candidate.question})
        self._decide(self.rejected, candidate)
        self._refused += 1

    def skip(self, candidate: Proposed) -> None:
        """Puts a candidate behind the others."""
        self.pending = [*(one for one in self.pending if one.id != candidate.id), candidate]

    def undo(self) -> bool:
        """Takes the last decision of this review back; false where there is none."""
        if not self._decided:
            return False
        file, candidate = self._decided.pop()
        self._asked.discard(candidate.question.lower())
        kept = [row for _, row in objects_of(file)][:-1]
        _write(file, kept)
        if file == self.judged:
            self._statuses.pop()
        else:
            self._refused -= 1
        self.pending.insert(0, candidate)
        return True

    def summary(self) -> str:
        """How far the review is, in a line."""
        answerable = self._statuses.count("answered")
        return (
            f"{len(self._statuses)} judged ({answerable} answerable, "
            f"{len(self._statuses) - answerable} not), {self._refused} rejected, "
            f"{len(self.pending)} to go."
        )

    def _decide(self, file: Path, candidate: Proposed) -> None:
        original = self.find(candidate.id) or candidate
        self.pending = [one for one in self.pending if one.id != candidate.id]
        self._decided.append((file, original))

    def _checked(self, candidate: Proposed) -> Proposed:
        try:
            clean_question(candidate.question)
        except QuestionError as error:
            raise EvaluationError(str(error)) from None
        if candidate.status != "answered":
            candidate = replace(candidate, quotes=())
        elif not candidate.quotes:
            raise EvaluationError(
                "An answerable question needs a quote: copy a sentence of the article that answers."
            )
        else:
            candidate = replace(candidate, without=())
        for quotes in (candidate.quotes, candidate.without):
            gold_spans(self._documents, Case(candidate.id, candidate.question, quotes=quotes))
        return candidate


def judged_file(file: Path) -> Path:
    """Where a file's judged questions go.

    Example: judged_file(Path("cats/questions.proposed")) -> Path("cats/questions.jsonl")
    """
    judged = file.with_suffix(".jsonl")
    return file.with_suffix(".judged.jsonl") if judged == file else judged


def _proposed(row: Mapping[str, Any], place: str) -> Proposed:
    case = read_case(row, place)
    sureness = row.get("sureness")
    return Proposed(
        id=case.id,
        question=case.question,
        status=case.status or ("answered" if case.quotes else "not_in_article"),
        quotes=case.quotes,
        without=case.without,
        rule=str(row.get("rule") or ""),
        sureness=float(sureness) if isinstance(sureness, int | float) else 0.0,
        split=str(row.get("split") or ""),
    )


def _append(file: Path, row: Mapping[str, Any]) -> None:
    try:
        with file.open("a", encoding="utf-8") as opened:
            opened.write(json.dumps(row, ensure_ascii=False) + "\n")
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise EvaluationError(f"{file} cannot be written: {error.strerror}.") from error


def _write(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    made = file.with_name(f"{file.name}.new")
    try:
        made.write_text(
            "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8"
        )
        made.replace(file)
    except OSError as error:
        raise EvaluationError(f"{file} cannot be written: {error.strerror}.") from error


LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def review_app(review: Review) -> FastAPI:
    """The page's application.

    Args:
        review: Where candidates come from and decisions go.
    """
    app = FastAPI(openapi_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK))
    token = secrets.token_urlsafe()

    @app.get("/")
    def show() -> Response:
        return _page(review, token)

    @app.post("/")
    async def decide(request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        if not secrets.compare_digest(form.get("token", ""), token):
            return _page(review, token, problem="The page was out of date. Try again.", status=403)
        problem, typed = _decide(review, form)
        if problem:
            return _page(review, token, problem=problem, typed=typed, status=422)
        return RedirectResponse("/", status_code=303, headers=_HEADERS)

    return app


def serve_review(
    review: Review, *, port: int = 7860, on_open: Callable[[str], None] = lambda _: None
) -> None:
    """Serves the page to this machine until it is stopped.

    Args:
        review: Where candidates come from and decisions go.
        port: The port; 0 for any that is free.
        on_open: Called with the address once the port is open.

    Raises:
        EvaluationError: The port cannot be opened.
    """
    config = uvicorn.Config(review_app(review), log_level="warning", access_log=False)
    with socket.socket() as place:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            place.bind((LOOPBACK[0], port))
        except OSError as error:
            raise EvaluationError(
                f"The port {port} cannot be opened: {error.strerror}. Name another with --port."
            ) from error
        on_open(f"http://{LOOPBACK[0]}:{place.getsockname()[1]}/")
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[place])


def _page(
    review: Review,
    token: str,
    *,
    problem: str = "",
    typed: Proposed | None = None,
    status: int = 200,
) -> HTMLResponse:
    own = typed if typed and not typed.id else None
    first = review.pending[0] if review.pending else None
    candidate = typed if typed and typed.id else first
    html = template("review.html").render(
        candidate=candidate,
        nearest=review.nearest(candidate) if candidate else (),
        own=own,
        statuses=get_args(Status),
        summary=review.summary(),
        judged=review.judged,
        problem=problem,
        token=token,
    )
    return HTMLResponse(html, status_code=status, headers=_HEADERS)


def _decide(review: Review, form: Mapping[str, str]) -> tuple[str, Proposed | None]:
    """Carries a decision out; what is wrong with it, and what was typed; an own one has no id."""
    action = form.get("action")
    if action == "back":
        return ("" if review.undo() else "There is no decision to take back."), None
    if action == "add":
        own = _corrected(Proposed("", "", "answered"), form)
        try:
            review.add(own.question, own.quotes)
        except EvaluationError as error:
            return str(error), own
        return "", None
    candidate = review.find(form.get("id", ""))
    if candidate is None:
        return "That candidate is decided already.", None
    corrected = _corrected(candidate, form)
    try:
        if action == "accept":
            review.accept(corrected)
        elif action == "reject":
            review.reject(candidate)
        else:
            review.skip(candidate)
    except EvaluationError as error:
        return str(error), corrected
    return "", None


def _corrected(candidate: Proposed, form: Mapping[str, str]) -> Proposed:
    chosen = form.get("status", "")
    status = next((one for one in get_args(Status) if one == chosen), candidate.status)
    return replace(
        candidate,
        question=" ".join(form.get("question", candidate.question).split()),
        status=status,
        quotes=tuple(line.strip() for line in form.get("quotes", "").splitlines() if line.strip()),
    )
