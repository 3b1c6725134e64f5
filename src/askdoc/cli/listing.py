"""The verbs that list: articles, and gaps."""

from pathlib import Path
from typing import Annotated

import typer

from askdoc.cli.app import INDEX, AsJson, IndexFolder, Model, Store, app
from askdoc.cli.opening import open_index_or_build
from askdoc.cli.printing import as_text, say


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
    one that came nearest. Counts are told from five up. No word of a question is in the file.

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
