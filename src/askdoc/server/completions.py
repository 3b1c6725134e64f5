"""What a request in OpenAI's protocol may ask for: honoured, without effect, or refused.

Answers are quotes and reviewed caveats, the same each time, so settings that steer how a model
samples have no effect. What would cut a caveat or promise what is not done is refused in words.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from askdoc.records import Answer
from askdoc.server.api import Text
from askdoc.server.stuffed import asked_in

_TOKEN = re.compile(r"\w+|[^\w\s]")
_Role = Literal["user", "system", "developer", "assistant", "tool", "function"]
_Penalty = Annotated[float | None, Field(ge=-2, le=2)]
_Length = Annotated[int | None, Field(ge=1)]


class Part(BaseModel):
    """A part of a message."""

    type: str
    text: Text = ""


class Message(BaseModel):
    """One message of the conversation."""

    role: _Role
    content: Text | list[Part] | None = None

    def words(self) -> str:
        """Its text."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""

    def is_text(self) -> bool:
        """Whether it has no part but text."""
        return not isinstance(self.content, list) or all(p.type == "text" for p in self.content)


class StreamOptions(BaseModel):
    """How a reply is streamed; `include_obfuscation` has no effect."""

    model_config = ConfigDict(extra="forbid")
    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class Completion(BaseModel):
    """A request for a reply. The settings of the last group have no effect."""

    model_config = ConfigDict(extra="allow")
    model: str
    messages: list[Message]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: _Length = None
    max_completion_tokens: _Length = None

    n: Annotated[int | None, Field(ge=1)] = None
    tools: list[Any] | None = None
    tool_choice: Any = None
    functions: list[Any] | None = None
    function_call: Any = None
    response_format: dict[str, Any] | None = None
    stop: str | list[str] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    logit_bias: dict[str, float] | None = None
    modalities: list[str] | None = None
    audio: Any = None
    web_search_options: Any = None
    store: bool | None = None

    temperature: Annotated[float | None, Field(ge=0, le=2)] = None
    top_p: Annotated[float | None, Field(ge=0, le=1)] = None
    presence_penalty: _Penalty = None
    frequency_penalty: _Penalty = None
    repetition_penalty: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    seed: int | None = None
    user: str | None = None
    metadata: dict[str, str] | None = None
    parallel_tool_calls: bool | None = None
    prediction: Any = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: str | None = None
    reasoning_effort: str | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    verbosity: str | None = None

    @property
    def most_tokens(self) -> int | None:
        """How long a reply may be."""
        return self.max_completion_tokens or self.max_tokens

    def questions(self) -> list[str]:
        """What the person said, oldest first, without what a front end put around it."""
        return [asked_in(message.words()) for message in self.messages if message.role == "user"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What cannot be honoured, and why; `parameter` is "" for one that is not known here."""

    parameter: str
    words: str


_NO_TOOL = "No tool is called here. Leave it out, or set tool_choice to none."
_NOT_CUT = "A reply is not cut, since its caveats belong to it. Leave it out."
_TEXT_ALONE = "Only text is read and written here."
_NO_CHANCE = "Replies are not drawn by chance, so their words have no probabilities. Leave it out."
_REFUSED: tuple[tuple[str, Callable[[Completion], bool], str], ...] = (
    ("messages", lambda asked: not asked.questions(), "There is no message of the role user."),
    (
        "messages",
        lambda asked: not all(m.is_text() for m in asked.messages if m.role == "user"),
        _TEXT_ALONE,
    ),
    ("n", lambda asked: (asked.n or 1) > 1, "A question has one answer here. Set n to 1."),
    ("tools", lambda asked: bool(asked.tools) and asked.tool_choice != "none", _NO_TOOL),
    ("tool_choice", lambda asked: asked.tool_choice not in (None, "none", "auto"), _NO_TOOL),
    ("functions", lambda asked: bool(asked.functions) and asked.function_call != "none", _NO_TOOL),
    ("function_call", lambda asked: asked.function_call not in (None, "none", "auto"), _NO_TOOL),
    (
        "response_format",
        lambda asked: (asked.response_format or {}).get("type", "text") != "text",
        "Replies are Markdown. The answer as JSON is in the field askdoc of every reply.",
    ),
    ("stop", lambda asked: bool(asked.stop), _NOT_CUT),
    ("logprobs", lambda asked: bool(asked.logprobs), _NO_CHANCE),
    ("top_logprobs", lambda asked: bool(asked.top_logprobs), _NO_CHANCE),
    ("logit_bias", lambda asked: bool(asked.logit_bias), _NO_CHANCE),
    ("modalities", lambda asked: asked.modalities not in (None, [], ["text"]), _TEXT_ALONE),
    ("audio", lambda asked: asked.audio is not None, _TEXT_ALONE),
    (
        "web_search_options",
        lambda asked: asked.web_search_options is not None,
        "Answers come from the articles alone. Leave it out.",
    ),
    ("store", lambda asked: bool(asked.store), "Nothing is stored here. Leave it out."),
    (
        "stream_options",
        lambda asked: asked.stream_options is not None and not asked.stream,
        "They are for a stream. Set stream to true, or leave them out.",
    ),
    (
        "",
        lambda asked: any(value is not None for value in (asked.model_extra or {}).values()),
        "A parameter is not known here. Leave out what OpenAI's protocol does not have.",
    ),
)


def refusal(asked: Completion) -> Refusal | None:
    """What a request wants that it cannot have, the first such thing."""
    fitting = (Refusal(name, words) for name, wanted, words in _REFUSED if wanted(asked))
    return next(fitting, None)


def count_tokens(text: str) -> int:
    """Words and marks, which stand for the tokens of a language model.

    Example: count_tokens("Cats, dogs.") -> 4
    """
    return sum(1 for _ in _TOKEN.finditer(text))


def shorter(answer: Answer) -> Iterator[Answer]:
    """An answer, and it without related passages, without its last quote, and so on to one quote.

    A quote goes together with its notes; no other caveat ever goes.
    """
    yield answer
    if answer.status != "emergency" and answer.passages:
        yield replace(answer, passages=())
    for left in range(len(answer.citations) - 1, 0, -1):
        gone = {citation.number for citation in answer.citations[left:]}
        kept = tuple(caveat for caveat in answer.caveats if caveat.citation not in gone)
        yield replace(answer, citations=answer.citations[:left], caveats=kept, passages=())
