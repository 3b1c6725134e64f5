"""JSON Lines of questions to JSON Lines of answers, in the same order, whatever a line holds."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from askdoc.answering import ask
from askdoc.errors import AskdocError, QuestionError
from askdoc.index import PassageIndex
from askdoc.rendering import to_json


def answer_lines(
    index: PassageIndex | Callable[[], PassageIndex],
    lines: Iterable[bytes],
    *,
    document: str | None = None,
) -> Iterator[dict[str, Any]]:
    """Answers each line `{"id", "question", "history"}`; only the question is needed.

    Args:
        index: The articles, or what opens them or says why there are none; then only a crisis
            is answered.
        lines: JSON in UTF-8.
        document: The id of the one article to ask; all of them without it.

    Yields:
        For each line that is not blank, the answer's JSON with the line's id; for a line that
        cannot be answered, its id (or none) and an `error` that names the line and the cause.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _answer_line(index, number, line, document)


def _answer_line(
    index: PassageIndex | Callable[[], PassageIndex], number: int, line: bytes, document: str | None
) -> dict[str, Any]:
    name = None
    try:
        record = _record(line)
        name = record.get("id")
        answer = ask(index, _question(record), _history(record), document=document)
    except AskdocError as error:
        return {"id": name, "error": f"line {number}: {error}"}
    return {"id": name, **to_json(answer)}


def _record(line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise QuestionError("This is not JSON in UTF-8. Write one JSON object a line.") from None
    if not isinstance(record, dict):
        raise QuestionError('This is not a JSON object. Write {"id": …, "question": …} a line.')
    return record


def _question(record: dict[str, Any]) -> str:
    question = record.get("question")
    if not isinstance(question, str):
        raise QuestionError('There is no text under "question". Give the question there.')
    return question


def _history(record: dict[str, Any]) -> list[str]:
    history = record.get("history") or []
    if not isinstance(history, list) or not all(isinstance(turn, str) for turn in history):
        raise QuestionError('"history" is not a list of texts. Give earlier questions in order.')
    return history
