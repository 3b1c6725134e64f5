"""What a person asked, in a message that a front end filled with passages it had retrieved.

This module owns what is left of such a message: the person's words without the passages, the tags
and the sentences that tell a model how to answer. In doubt more is kept, so that no word of the
person's is lost, and a sentence that raises a crisis is always kept.
"""

import re
from dataclasses import dataclass

from askdoc.answering import crisis_answer
from askdoc.server.front_ends import (
    ANSWER_LABEL,
    GIVEN_LABEL,
    QUESTION_LABEL,
    given_in,
    without_tags,
)


@dataclass(frozen=True, slots=True)
class _Template:
    """How a template opens, which marks come in this order before the person's words, and around.

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
_SENTENCE_END = re.compile(r"(?<=[.!?:])(?=\s)|(?<=\n)")
_TELLS = re.compile(
    r"\W*(?:a semantic search|always|answer|avoid|based on|cite|context|documents?|do not|don't|"
    r"each|ensure|given|guidelines|here|if|in your|include|instructions|json|keep|make sure|"
    r"my question|never|note|only|otherwise|output|please|question|refer|remember|respond|return|"
    r"rules|say|task|the|these|this|use|when|xml|you|your)\b",
    re.IGNORECASE,
)
_TO_A_MODEL = re.compile(
    r"\b(?:answers?|assistant|citations?|cite|contexts?|documents?|don't know|guidelines|"
    r"instructions|knowledge|language|made up|passages?|provided|quer(?:y|ies)|questions?|"
    r"references?|responses?|retrieved|rules|search results|sources?|tags|the user)\b",
    re.IGNORECASE,
)
_TASK = re.compile(
    r"\W*(?:please )?(?:analy[sz]e|apply|categori[sz]e|create|generate|give|just|name|never|only|"
    r"pick|provide|return|suggest|summari[sz]e|title|write|you are)\b[^\n?]*"
    r"\b(?:chat|conversation|discussion|emoji|follow-ups?|follow-up questions|json|prompts|"
    r"quer(?:y|ies)|summary|tags?|themes?|title|words or less)\b",
    re.IGNORECASE,
)
_OF_A_CHAT = re.compile(r"\b(?:chat|conversation|emoji|tags?|title)\b", re.IGNORECASE)
_OWN = re.compile(r"\b(?:i|i'm|i've|me|my(?! question)|myself|he|she|his|her)\b|\?", re.IGNORECASE)


def asked_in(message: str) -> str:
    r"""The person's words in a message; all of it where nothing in it is a front end's.

    Example: asked_in("<context>\nIt is deep.\n</context>\nHow deep?") -> "How deep?"
    """
    text = message.strip()
    for template in _TEMPLATES:
        if text.startswith(template.opening) and (asked := _behind(text, template)):
            return asked
    return _outside(text) or message


def _behind(text: str, template: _Template) -> str:
    """The text behind the passages of a template; "" where its marks are not all there."""
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


def _outside(text: str) -> str:
    """The text outside a front end's parts; "" where there are none."""
    kept, at = "", 0
    given = given_in(text)
    for start, end in given:
        kept += text[at:start] + "\n" if start >= at else ""
        at = max(at, end)
    rest = without_tags(kept + text[at:])
    return _asked(rest) if given or _has_task(rest) else ""


def _asked(rest: str) -> str:
    """What a person asked, without labels and without sentences that tell a model how to answer."""
    for label in (ANSWER_LABEL, QUESTION_LABEL, GIVEN_LABEL):
        rest = label.sub("", rest)
    sentences = _SENTENCE_END.split(rest)
    instructions = [part for part in sentences if _is_instruction(part)]
    if instructions and crisis_answer("".join(instructions)) is None:
        sentences = [part for part in sentences if part not in instructions]
    lines = "".join(sentences).splitlines()
    return "\n".join(line.strip() for line in lines if re.search(r"\w", line))


def _has_task(text: str) -> bool:
    """Whether a sentence asks for a title, tags or a name of a conversation."""
    sentences = _SENTENCE_END.split(text)
    return any(_TASK.match(part) and _OF_A_CHAT.search(part) for part in sentences)


def _is_instruction(sentence: str) -> bool:
    """Whether a sentence tells a model how to answer."""
    tells = _TELLS.match(sentence) and _TO_A_MODEL.search(sentence)
    return bool(tells or _TASK.match(sentence)) and not _OWN.search(sentence)
