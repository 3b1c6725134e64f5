"""A question that leans on earlier ones, made to stand alone.

This room owns deciding whether a question needs its history and what it takes from there. Only
the person's own questions count as history, and none of them is ever evidence for an answer.
"""

import re
from collections.abc import Sequence

_ANAPHOR = re.compile(
    r"\b(it|its|it's|they|them|their|this|that|these|those|he|she|his|her|him|there|one|ones|"
    r"both|either|such|same|else|others?|former|latter)\b",
    re.I,
)
_OPENER = re.compile(
    r"\s*(and|but|or|so|also|then|why|how so|how come|what about|how about|what else|anything else|"
    r"tell me more|more about|really|for how long|who says|says who|in what way|like what|"
    r"such as|which ones?|when|where|how)\b",
    re.I,
)
_SMALL_WORDS = frozenset(
    """
    a an the is are was were be been being am do does did can could will would shall should may
    might must have has had i you we my your our me us of in on at to for from by with about as
    into over under and or but not no so if then than too very just really also any some all
    what which who whom whose when where why how there here please tell say says said article
    it its it's they them their this that these those he she his her him one ones both either
    such same else other others more most much many
    """.split()
)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def resolve(question: str, history: Sequence[str] = ()) -> str:
    """Makes a question stand alone.

    Args:
        question: What the person asks now.
        history: What they asked before, oldest first.

    Returns:
        The question itself when it stands alone; else the words of the latest question that did,
        before it.

    Example: resolve("is it permanent?", ["does hair fall out?"])
        -> "does hair fall out? is it permanent?"
    """
    if not leans(question):
        return question
    for earlier in reversed(history):
        if not leans(earlier):
            return f"{earlier.strip()} {question}"
    return f"{history[0].strip()} {question}" if history else question


def leans(question: str) -> bool:
    """Whether a question cannot be understood without what came before."""
    content = content_words(question)
    if len(content) <= 1 and (_OPENER.match(question) or not content):
        return True
    return bool(_ANAPHOR.search(question)) and len(content) <= 2


def content_words(text: str) -> tuple[str, ...]:
    """The words of a text that carry its subject, in lower case."""
    words = (match.group().lower().replace("’", "'") for match in _WORD.finditer(text))
    return tuple(word for word in words if word not in _SMALL_WORDS)
