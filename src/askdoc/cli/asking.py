"""The commands ask, search, articles and gaps."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from askdoc.cli.app import (
    INDEX,
    Article,
    AsJson,
    IndexFolder,
    Model,
    Store,
    app,
    open_index_or_build,
)
from askdoc.cli.printing import as_text, say, warn
from askdoc.errors import AskdocError

if TYPE_CHECKING:
    from askdoc.index import PassageIndex
    from askdoc.records import Answer


@app.command()
def ask(
    question: Annotated[
        str | None, typer.Argument(help="In quotation marks.", show_default=False)
    ] = None,
    as_json: AsJson = False,
    history: Annotated[
        list[str] | None,
        typer.Option(help="An earlier question, oldest first; may be repeated."),
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            callback=lambda name: _readable(name),
            help='JSON Lines with "question", and "id" and "history" if wanted; - is stdin.',
        ),
    ] = None,
    article: Article = None,
    folder: IndexFolder = INDEX,
    store: Store = None,
    model: Model = None,
) -> None:
    """Ask one question, or a file of them.

    Try:

      askdoc ask "will my hair grow back?"

      askdoc ask "is it permanent?" --history "does hair fall out?" --json

      askdoc ask "is it safe?" --document kratom --store http://127.0.0.1:19530

      askdoc ask --batch questions.jsonl > answers.jsonl
    """
    if (question is None) == (batch is None):
        raise typer.BadParameter("give one question, or --batch with a file")
    if batch is not None and history:
        raise typer.BadParameter('with --batch, "history" goes in each line')

    def opened() -> "PassageIndex":
        return open_index_or_build(folder, model, store)

    if batch is not None:
        _ask_batch(batch, opened, article)
    elif question is not None:
        _ask_once(question, history or [], as_json, opened, article)


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="In quotation marks.", show_default=False)],
    k: Annotated[int, typer.Option("-k", min=1, help="How many hits.")] = 5,
    as_json: AsJson = False,
    article: Article = None,
    folder: IndexFolder = INDEX,
    store: Store = None,
    model: Model = None,
) -> None:
    """Find passages only, with the caveats to show beside them.

    Try:

      askdoc search "hair regrowth" -k 3
    """
    from askdoc.answering import crisis_first, search_answer
    from askdoc.rendering import search_to_json, search_to_text

    def found() -> "Answer":
        index = open_index_or_build(folder, model, store)
        return search_answer(index, query, k, document=article)

    answer = crisis_first(query, (), found)
    if as_json:
        say(as_text(search_to_json(answer.passages, answer.caveats)))
    else:
        say(search_to_text(answer.passages, answer.caveats))


@app.command()
def articles(
    as_json: AsJson = False,
    folder: IndexFolder = INDEX,
    store: Store = None,
    model: Model = None,
) -> None:
    """List the articles that an index holds.

    Try:

      askdoc articles

      askdoc articles --index my-index --json
    """
    from askdoc.answering import catalogue_of
    from askdoc.rendering import article_to_json
    from askdoc.rendering.text import plain

    documents = open_index_or_build(folder, model, store).documents.values()
    if as_json:
        say(as_text([article_to_json(d, catalogue_of(d).banner) for d in documents]))
        return
    for document in documents:
        say(plain("  ".join(filter(None, [document.id, document.title, document.url]))))


@app.command()
def gaps(
    ratings: Annotated[
        Path | None,
        typer.Argument(
            envvar="ASKDOC_RATINGS",
            help="The file of ratings, as ASKDOC_RATINGS named it to the server.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show which sections readers rate badly.

    An answer counts for the section it came from, or, where the article did not answer, for the
    one that came nearest. Counts below five are not shown. No word of a question is in the file.

    Try:

      askdoc gaps ratings.jsonl
    """
    from askdoc.errors import FeedbackError
    from askdoc.feedback import gap_to_json, gaps_to_text, read_gaps

    if ratings is None:
        raise FeedbackError(
            "No file of ratings is named. Start the server with ASKDOC_RATINGS=ratings.jsonl, and "
            "later: askdoc gaps ratings.jsonl"
        )
    found = read_gaps(ratings)
    say(as_text([gap_to_json(gap) for gap in found]) if as_json else gaps_to_text(found))


def _ask_once(
    question: str,
    history: list[str],
    as_json: bool,
    opened: Callable[[], "PassageIndex"],
    article: str | None,
) -> None:
    from askdoc.answering import ask as answer_question
    from askdoc.rendering import to_json, to_text

    failures: list[AskdocError] = []
    several = False

    def opened_or_noted() -> "PassageIndex":
        nonlocal several
        try:
            index = opened()
        except AskdocError as error:
            failures.append(error)
            raise
        several = article is None and len(index.documents) > 1
        return index

    answer = answer_question(opened_or_noted, question, history, document=article)
    say(as_text(to_json(answer)) if as_json else to_text(answer, named=several))
    if failures:  # urgent help was printed all the same
        raise failures[0]


def _ask_batch(batch: str, opened: Callable[[], "PassageIndex"], article: str | None) -> None:
    from askdoc.batch import answer_lines

    index, failed = _opened_once(opened)
    with _lines(batch) as lines:
        for record in answer_lines(index, lines, document=article):
            failed = failed or "error" in record
            say(as_text(record, indent=None))
            sys.stdout.flush()
    if failed:
        raise typer.Exit(1)


def _opened_once(
    opened: Callable[[], "PassageIndex"],
) -> tuple["PassageIndex | Callable[[], PassageIndex]", bool]:
    """The index, or a function that raises why there is none; and whether there is none."""
    try:
        return opened(), False
    except AskdocError as error:
        warn(error)
        failure = error

    def unavailable() -> "PassageIndex":
        raise failure

    return unavailable, True


def _readable(name: str | None) -> str | None:
    if name is not None and name != "-" and not Path(name).is_file():
        raise typer.BadParameter(f"there is no file {name}")
    return name


@contextmanager
def _lines(name: str) -> Iterator[Iterator[bytes]]:
    if name == "-":
        yield iter(sys.stdin.buffer)
        return
    with Path(name).open("rb") as stream:
        yield iter(stream)
