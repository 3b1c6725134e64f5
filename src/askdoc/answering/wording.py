"""The fixed words around the quotes. They say nothing of the article's subject."""

from collections.abc import Sequence

from askdoc.i18n import N_, _
from askdoc.question import Form
from askdoc.records import Citation

_NOT_IN_ARTICLE = N_("The article does not answer this question.")
NO_MORE = N_("The article says no more on this.")
NOT_SEARCHABLE = N_("The article cannot be searched right now.")
_BOTH = N_("The article says both:")
_SEVERAL = N_("In the articles' own words:")


def spoken(form: Form, citations: Sequence[Citation], *, both: bool = False) -> str:
    """The reply: an opening that fits the form of the question, then the quotes, numbered.

    Args:
        form: Of the question.
        citations: What is quoted, at least one.
        both: Whether the quotes contradict each other.
    """
    several = len({citation.document_id for citation in citations}) > 1
    opening = _(_BOTH if both else _SEVERAL if several else _opening(form))
    quoted = [f"“{c.quote}” [{c.number}]" for c in citations]
    if both or (form.listing and len(quoted) > 1):
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


def _opening(form: Form) -> str:
    if not form.asks:
        return N_("On this, the article says:")
    if form.yes_or_no:
        return N_("In the article's own words:")
    return N_("The article says:")
