"""The commands questions propose and questions review."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from askdoc.cli.app import app
from askdoc.cli.evaluating import check_extra
from askdoc.cli.printing import count, note, say, warn
from askdoc.errors import AskdocError, EvaluationError

if TYPE_CHECKING:
    from askdoc.evaluation.reviewing import Proposed, Review
    from askdoc.records import Document

questions = typer.Typer(no_args_is_help=True, help="Make judged questions for an article.")
app.add_typer(questions, name="questions")

_KEYS = "[a]ccept  [e]dit  [r]eject  [l]ater  [n]ew  [b]ack  [q]uit"


@questions.command()
def propose(
    article: Annotated[Path, typer.Argument(help="The article's file or folder.", exists=True)],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write here, say evals/NAME/x.proposed.")
    ] = None,
    other: Annotated[
        list[Path] | None,
        typer.Option(exists=True, help="Another article, for foreign questions; repeat."),
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="How many at most.")] = 90,
) -> None:
    """Propose questions by rule, answerable and not, for a person to review.

    Other articles are by default those beside it.

    Try:

      askdoc questions propose corpus/kratom -o evals/kratom/questions.proposed
    """
    check_extra()
    from askdoc.documents import read_documents
    from askdoc.evaluation.proposing import propose as proposed

    documents = read_documents([article])
    others = [doc for path in other or _beside(article) for doc in _readable(path)]
    if not others:
        note("No other article is beside it: no foreign questions are proposed. See --other.")
    rows = [
        json.dumps(one.to_json(), ensure_ascii=False)
        for document in documents
        for one in proposed(document, others, most=max(1, most // len(documents)))
    ]
    if not rows:
        raise EvaluationError(
            f"The rules make no question of {article}: they need whole English sentences. "
            "Write the questions yourself; docs/evaluation.md tells the form."
        )
    if output is None:
        say("\n".join(rows))
        return
    _write(output, "\n".join(rows) + "\n")
    _name_article(output.resolve().parent, article)
    made = count(len(rows), "candidate")
    note(f"{made} in {output}. Review them: askdoc questions review {output}")


@questions.command()
def review(
    file: Annotated[Path, typer.Argument(help="A file of candidates.", exists=True)],
    article: Annotated[
        Path | None, typer.Option(exists=True, help="The article they are about.")
    ] = None,
) -> None:
    """Go through candidates, the least sure first; leave at any time, and resume.

    Accepted questions are appended to a .jsonl file beside, which `askdoc evaluate` reads.
    `askdoc serve --review FILE` is the same as a page.

    Try:

      askdoc questions review evals/kratom/questions.proposed
    """
    check_extra()
    from askdoc.evaluation.reviewing import Review

    opened = Review.open(file, article)
    try:
        while opened.pending and _decided(opened, opened.pending[0]):
            pass
    except (typer.Abort, EOFError):
        say("")
    say(f"{opened.summary()} The judged questions are in {opened.judged}.")


def _decided(review: "Review", candidate: "Proposed") -> bool:
    """Shows one candidate and carries out the reviewer's choice; False to stop."""
    _show(review, candidate)
    actions: dict[str, Callable[[], object]] = {
        "a": lambda: review.accept(candidate),
        "e": lambda: review.accept(_edited(candidate)),
        "r": lambda: review.reject(candidate),
        "l": lambda: review.skip(candidate),
        "n": lambda: review.add(*_own()),
        "b": lambda: _take_back(review),
    }
    choice = typer.prompt(_KEYS, default="l", show_default=False).strip().lower()[:1]
    if choice == "q":
        return False
    if choice not in actions:
        note("Say a, e, r, l, n, b or q.")
        return True
    try:
        actions[choice]()
    except EvaluationError as error:
        warn(error)
    return True


def _show(review: "Review", candidate: "Proposed") -> None:
    say(f"\n{len(review.pending)} to go · {candidate.rule} · sure to {candidate.sureness:.2f}")
    say(f"  {candidate.question}")
    say(f"  expected: {candidate.status.replace('_', ' ')}")
    for quote in candidate.quotes:
        say(f"    “{quote}”")
    for quote in candidate.without:
        say(f"    asked of the article without “{quote}”")
    for quote in review.nearest(candidate):
        say(f"    nearest in the article: “{quote}”")


def _take_back(review: "Review") -> None:
    if not review.undo():
        note("There is no decision to take back.")


def _edited(candidate: "Proposed") -> "Proposed":
    """The candidate with fields that a person typed."""
    question = typer.prompt("Question", default=candidate.question)
    answers = typer.confirm("Does the article answer it?", candidate.status == "answered")
    if not answers:
        return replace(candidate, question=question, status="not_in_article")
    held = candidate.quotes or candidate.without
    first = typer.prompt("A sentence that answers", default=held[0] if held else None)
    quotes = (first, *_more_quotes("Another (Enter for none)"))
    return replace(candidate, question=question, status="answered", quotes=quotes)


def _own() -> tuple[str, tuple[str, ...]]:
    """A person's own question and the sentences that answer it."""
    question = typer.prompt("Your question")
    return question, tuple(_more_quotes("A sentence that answers (Enter for none)"))


def _more_quotes(asked: str) -> Iterator[str]:
    while quote := typer.prompt(asked, default="", show_default=False):
        yield quote


def _beside(article: Path) -> list[Path]:
    """The other articles beside an article or its folder."""
    here = article.resolve()
    return [
        path
        for path in sorted(here.parent.iterdir())
        if path != here and path.is_dir() == here.is_dir() and not path.name.startswith(".")
    ]


def _readable(path: Path) -> "tuple[Document, ...]":
    from askdoc.documents import read_documents

    try:
        return read_documents([path])
    except AskdocError:
        return ()


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EvaluationError(f"{file} cannot be written: {error.strerror}.") from error


def _name_article(folder: Path, article: Path) -> None:
    """Writes `article.txt` beside the questions, where their folder's name does not lead to it."""
    from askdoc.evaluation.collections import article_of

    try:
        known = article_of(folder, None)
        if known.resolve() == article.resolve() or (folder / "article.txt").exists():
            return
    except EvaluationError:
        pass
    _write(folder / "article.txt", f"{os.path.relpath(article.resolve(), folder)}\n")
