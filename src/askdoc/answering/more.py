"""Whether a question asks for more on what was asked before, and for how much of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_MORE = re.compile(
    r"\W*(?:(?:please|ok|okay|yes|and|so|can you|could you)\b[ ,]*)*"
    r"(?:(?:tell|show|give|say|read)(?: me| us)? (?:some |a bit |a little )?more(?: details?)?|"
    r"(?:some )?more(?: details?| information| info)?|go on|continue|keep going|"
    r"(?:is there |do you have )?anything else|"
    r"what (?:else|more)(?: (?:does|do) (?:it|they|the article) say)?)"
    r"(?: (?:about|on) (?:it|this|that|them))?(?: please)?\W*",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Continued:
    """The question that is asked more of, what came before it, and the how manieth time it is."""

    question: str
    history: tuple[str, ...]
    times: int


def continued(question: str, history: Sequence[str]) -> Continued | None:
    """What a question asks more of; None where it asks something of its own.

    Example: continued("tell me more", ["is it safe?"]) -> Continued("is it safe?", (), 1)
    """
    asked = (*history, question)
    own = [place for place, text in enumerate(asked) if not asks_for_more(text)]
    if not own or own[-1] == len(history):
        return None
    return Continued(asked[own[-1]], asked[: own[-1]], len(history) - own[-1])


def asks_for_more(question: str) -> bool:
    """Whether a question names nothing and asks for more.

    Example: asks_for_more("Tell me more about it, please") -> True
    """
    return bool(_MORE.fullmatch(question))
