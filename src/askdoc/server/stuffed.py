"""What a person asked, in a message that a front end filled with passages it had retrieved.

This module owns the templates of front ends. Only what a template holds before the person's words
is left out; in doubt more is kept, so that no word of the person's is lost.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Template:
    """How a template opens, what stands in this order before the person's words, and what around.

    Each mark is sought behind the one before; `between` names, in pairs, how instructions begin
    and end that may stand behind the passages.
    """

    opening: str
    marks: tuple[str, ...]
    between: tuple[tuple[str, str], ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


_CONTEXT = ("<context>\n", "</context>")
_LINES = ("\n-----", "\n-----", "\n")
_TEMPLATES = (
    # Open WebUI
    _Template(
        "### Task:\nRespond to the user query using the provided context",
        _CONTEXT,
        before=("<user_query>",),
        after=("</user_query>",),
    ),
    # Open WebUI before 0.5, Dify
    _Template(
        "Use the following context as your learned knowledge",
        _CONTEXT,
        between=(("When answer to user:", "the language of the user's question."),),
    ),
    # LangChain, Flowise
    _Template(
        "Use the following pieces of context to answer the question at the end.",
        ("\n\nQuestion:",),
        after=("Helpful Answer:", "Answer:"),
    ),
    _Template(
        "I want you to act as a document that I am having a conversation with.",
        _LINES,
        between=(("REMEMBER:", "Never break character."),),
        before=("Question:",),
        after=("Answer:",),
    ),
    # LlamaIndex
    _Template(
        "Context information is below.",
        _LINES,
        between=(("Given the context information", "answer the query."),),
        before=("Query:",),
        after=("Answer:",),
    ),
)


def asked_in(message: str) -> str:
    """The person's words in a message; all of it where it is of no known template.

    Example: asked_in("How much?") -> "How much?"
    """
    text = message.strip()
    for template in _TEMPLATES:
        if text.startswith(template.opening):
            return _behind(text, template) or message
    return message


def _behind(text: str, template: _Template) -> str:
    """What stands behind the passages of a template; "" where its marks are not all there."""
    at = len(template.opening)
    for mark in template.marks:
        found = text.find(mark, at)
        if found < 0:
            return ""
        at = found + len(mark)
    asked = text[at:].lstrip("-").strip()
    for begin, end in template.between:
        if asked.startswith(begin) and end in asked:
            asked = asked.partition(end)[2].strip()
    for words in template.before:
        asked = asked.removeprefix(words).strip()
    for words in template.after:
        asked = asked.removesuffix(words).strip()
    return asked
