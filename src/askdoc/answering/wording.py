"""The fixed words around the quotes. They say nothing of the article's subject."""

import re
from collections.abc import Sequence

from askdoc.i18n import N_, _
from askdoc.records import Citation

_NOT_IN_ARTICLE = N_("The article does not answer this question.")
NO_MORE = N_("The article says no more on this.")
NOT_SEARCHABLE = N_("The article cannot be searched right now.")
_BOTH = N_("The article says both:")
_SEVERAL = N_("In the articles' own words:")

_LIST = re.compile(
    r"\b(list|what (all|are|kinds?|types?|sorts?)|which (ones|are|things)|"
    r"name (all|the|some|every)|how many (kinds|types|ways)|all (the|of)|every|examples?)\b",
    re.I,
)
_YES_NO = re.compile(
    r"\s*(so |and |but |ok |well )*(is|are|was|were|am|do|does|did|can|could|will|would|should|"
    r"has|have|had|may|might|must|isn't|aren't|doesn't|don't|can't|won't)\b",
    re.I,
)
_QUESTION = re.compile(
    r"\?|^\s*(and |so |but )*(who|what|whats|when|where|which|why|how|whose|whom|is|are|was|do|"
    r"does|did|can|could|will|would|should|has|have|tell|explain|describe|list|name|give)\b",
    re.I,
)


def spoken(question: str, citations: Sequence[Citation], *, both: bool = False) -> str:
    """The reply: an opening that fits the form of the question, then the quotes, numbered.

    Args:
        question: The person's words, for their form alone.
        citations: What is quoted, at least one.
        both: Whether the quotes contradict each other.
    """
    several = len({citation.document_id for citation in citations}) > 1
    opening = _(_BOTH if both else _SEVERAL if several else _opening(question))
    quoted = [f"“{c.quote}” [{c.number}]" for c in citations]
    if both or (asks_for_a_list(question) and len(quoted) > 1):
        return "\n".join([opening, *(f"- {line}" for line in quoted)])
    return " ".join([opening, *quoted])


def abstained(unknown: Sequence[str]) -> str:
    """The reply when the article does not answer, with the words it never mentions.

    Args:
        unknown: Words of the question that are nowhere in the article; the first two are named.

    Example: abstained(["Texas"])
        -> "The article does not answer this question. It never mentions “Texas”."
    """
    if not unknown:
        return _(_NOT_IN_ARTICLE)
    first, *further = (f"“{word}”" for word in unknown[:2])
    listed = _("{first} or {second}", first=first, second=further[0]) if further else first
    return f"{_(_NOT_IN_ARTICLE)} {_('It never mentions {words}.', words=listed)}"


def is_put_as_a_question(words: str) -> bool:
    """Whether words have the form of a question or a request, not of a statement.

    Example: is_put_as_a_question("my husband hides it") -> False
    """
    return bool(_QUESTION.search(words))


def asks_for_a_list(question: str) -> bool:
    """Whether a question asks for several things."""
    return bool(_LIST.search(question))


def _opening(question: str) -> str:
    if not is_put_as_a_question(question):
        return N_("On this, the article says:")
    if _YES_NO.match(question):
        return N_("In the article's own words:")
    return N_("The article says:")
