"""A question as one value: made once, then carried through every step."""

from collections.abc import Sequence
from dataclasses import dataclass

from askdoc.question.cleaning import clean_question
from askdoc.question.encoding import Encoding
from askdoc.question.followups import Continued, continued, in_context, resolve
from askdoc.question.forms import Form, asks_what_it_is_about
from askdoc.question.language import language_of
from askdoc.text import Token, scrub, tokenize


@dataclass(frozen=True, slots=True)
class Question:
    """What is known of a question before any article is searched.

    Attributes:
        raw: The person's words.
        text: The same on one line, without characters that are not seen.
        history: What they asked before, oldest first.
        standalone: The question made to stand alone; where more is asked for, the question that
            is gone on with.
        in_context: The question as the reader is given it, with what it leans on.
        more: How many times in a row more is asked for; 0 for a question of its own.
        form: The form of `text`.
        language: The two letters of the language of `text`.
        tokens: The words of `standalone`, without stop words: offsets and stems.
        encoding: What the index's model makes of it; None where there is no index.
    """

    raw: str
    text: str
    history: tuple[str, ...]
    standalone: str
    in_context: str
    more: int
    form: Form
    language: str
    tokens: tuple[Token, ...]
    encoding: Encoding | None = None

    @classmethod
    def of(
        cls, raw: str, history: Sequence[str] = (), encoding: Encoding | None = None
    ) -> "Question":
        """Reads a question.

        Raises:
            QuestionError: It is empty, too long, or holds broken characters.
        """
        text = clean_question(raw)
        more = continued(text, history)
        standalone = _standalone(text, history, more)
        return cls(
            raw,
            text,
            tuple(history),
            standalone,
            standalone if more else in_context(text, history),
            more.times if more else 0,
            Form.of(text),
            language_of(text),
            tokenize(standalone),
            encoding,
        )


def _standalone(text: str, history: Sequence[str], more: Continued | None) -> str:
    if more is not None:
        return resolve(scrub(more.question), more.history)
    return text if asks_what_it_is_about(text) else resolve(text, history)
