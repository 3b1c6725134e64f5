"""The addresses of the server's own pages, from its root: an article, a sentence, an answer."""

from urllib.parse import quote

from askdoc.records import Answer, Citation


def article_address(document_id: str, start: int | None = None, end: int | None = None) -> str:
    """Where an article stands with all its notes, or one stretch of it.

    Example: article_address("cats", 0, 31) -> "article/cats?start=0&end=31#quote"
    """
    page = f"article/{quote(document_id, safe='')}"
    return page if start is None else f"{page}?start={start}&end={end}#quote"


def answer_address(answer: Answer, document: str | None = None) -> str:
    """A page that gives an answer again: it asks the question as it was understood.

    The question stands behind the `#`, which browsers keep to themselves, so that it is in no log.

    Args:
        answer: The answer.
        document: The id of the article that was asked, or all of them.

    Example: "chat/?document=cats#q=how%20long%20do%20cats%20sleep%3F"
    """
    scope = f"?document={quote(document, safe='')}" if document else ""
    return f"chat/{scope}#q={quote(answer.resolved_question or answer.question, safe='')}"


def place_of(citation: Citation) -> str:
    """The name of the sentence that a citation quotes.

    Example: "cats 0 31"
    """
    return f"{citation.document_id} {citation.start} {citation.end}"
