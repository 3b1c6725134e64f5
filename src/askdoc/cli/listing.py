"""The verb that lists: articles."""

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
