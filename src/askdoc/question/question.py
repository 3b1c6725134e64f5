"""A question as one value: cleaned and read once, then carried through every step.

This module also owns what may come in, how much of it is read, and what an embedding model makes of
it: each of its texts is encoded once.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from askdoc.embedding import QUESTION_TEXTS, Embedder, TokenEmbeddings, encode_with_tokens
from askdoc.errors import QuestionError
from askdoc.i18n import _
from askdoc.question.followups import Continued, continued, in_context, resolve
from askdoc.question.forms import Form, asks_what_it_is_about
from askdoc.question.language import language_of
from askdoc.text import MAX_CHARACTERS, Token, both_ends, scrub, tokenize, visible

MAX_HISTORY = 50
"""Earlier questions that are read: the last ones."""
MAX_HISTORY_CHARACTERS = 10_000
"""Characters of them all together."""
_MAX_RAW_CHARACTERS = 4 * MAX_CHARACTERS
"""Characters with those that are not seen."""
CLASSIFIED_TOKENS = 512
"""Tokens of a question and its history that the crisis classifier reads.

So many have 2,000 characters of English. A token takes a quarter of a millisecond of a core.
"""
CLASSIFIED_NOISE_TOKENS = 128
"""Of these, tokens of texts whose words the model does not know."""
NOISE_TOKENS_PER_CHARACTER = 0.45
"""English has .22, with a slip of the keyboard in each word .35; letters at random .55."""
SEARCHED_TOKENS = 128
"""Tokens that are searched for; so many have a hundred words of English."""


class Encoding:
    """The vectors and token embeddings of one question's texts, made when first asked for.

    A question is read whole, clause by clause, in windows if it is long, and as it is searched.

    Attributes:
        embedder: The model.
    """

    def __init__(self, embedder: Embedder) -> None:
        """Encodes nothing yet."""
        self.embedder = embedder
        self._encoded: dict[str, TokenEmbeddings] = {}
        self._left = CLASSIFIED_TOKENS
        self._noise_left = CLASSIFIED_NOISE_TOKENS

    def of(self, texts: Sequence[str]) -> list[TokenEmbeddings]:
        """The encodings of some texts; without tokens where the model gives none."""
        new = [text for text in dict.fromkeys(texts) if text not in self._encoded]
        for start in range(0, len(new), QUESTION_TEXTS):
            part = new[start : start + QUESTION_TEXTS]
            self._encoded |= zip(part, encode_with_tokens(self.embedder, part), strict=True)
        return [self._encoded[text] for text in texts]

    def affordable(self, *choices: Sequence[str]) -> list[str]:
        """The first choice of texts whose tokens are left; where none is, what fits of the last.

        Those with the fewest tokens for their length come first: the model knows their words. Of
        noise little is taken. What is encoded already costs nothing.
        """
        for texts in choices:
            sizes = self._sizes(texts)
            if sum(sizes) <= self._left:
                break
        taken: set[int] = set()
        for at in sorted(range(len(texts)), key=lambda at: sizes[at] / len(texts[at])):
            if sizes[at] <= self._left_for(texts[at], sizes[at]):
                self._spend(texts[at], sizes[at], sizes[at])
                taken.add(at)
        return [text for at, text in enumerate(texts) if at in taken]

    def granted(self, text: str) -> int:
        """How many of a text's tokens may be read by another model, which then are spent."""
        [size] = self.embedder.count([text])
        granted = min(size, self._left_for(text, size))
        self._spend(text, size, granted)
        return granted

    def _left_for(self, text: str, size: int) -> int:
        return min(self._left, self._noise_left) if _is_noise(text, size) else self._left

    def _spend(self, text: str, size: int, tokens: int) -> None:
        self._left -= tokens
        self._noise_left -= tokens if _is_noise(text, size) else 0

    def _sizes(self, texts: Sequence[str]) -> list[int]:
        counted = zip(texts, self.embedder.count(texts), strict=True)
        return [0 if t in self._encoded else min(n, self.embedder.window) for t, n in counted]

    def searched(self, text: str) -> str:
        """What is searched for of a text: of one beyond `SEARCHED_TOKENS` both ends."""
        if len(text) <= SEARCHED_TOKENS:
            return text
        [tokens] = self.embedder.count([text])
        if tokens <= SEARCHED_TOKENS:
            return text
        return both_ends(text, len(text) * SEARCHED_TOKENS // tokens)


def _is_noise(text: str, size: int) -> bool:
    """Whether a text has so many tokens that the model hardly knows its words."""
    return size > NOISE_TOKENS_PER_CHARACTER * len(text)


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


def clean_question(question: str) -> str:
    """Makes a question fit to search with: NFC, one line, no control or invisible characters.

    Raises:
        QuestionError: It is empty, too long, or holds broken characters. The message never
            repeats the question.
    """
    if len(question) > _MAX_RAW_CHARACTERS:
        raise _too_long(len(question))
    if any("\ud800" <= character <= "\udfff" for character in question):
        raise QuestionError(
            _(
                "The question holds broken characters (lone surrogates). "
                "Type it again as plain text."
            )
        )
    text = visible(unicodedata.normalize("NFC", question))
    if len(text) > MAX_CHARACTERS:
        raise _too_long(len(text))
    if not any(character.isalnum() for character in text):
        raise QuestionError(_("The question is empty. Ask something in words."))
    return text


def _too_long(characters: int) -> QuestionError:
    return QuestionError(
        _(
            "The question has {count} characters; at most {most} fit. Ask it in a sentence or two.",
            count=f"{characters:,}",
            most=f"{MAX_CHARACTERS:,}",
        )
    )


def bounded(history: Iterable[str]) -> tuple[str, ...]:
    """The last entries of a history, as much of each as all together may hold.

    The longest are cut first, each to its two ends; the last one is never cut below
    `MAX_CHARACTERS`.
    """
    texts = tuple(history)[-MAX_HISTORY:]
    shares = (MAX_CHARACTERS, 1000, 500, MAX_HISTORY_CHARACTERS // MAX_HISTORY)
    fits = (s for s in shares if sum(min(len(t), s) for t in texts) <= MAX_HISTORY_CHARACTERS)
    share = next(fits, shares[-1])
    earlier = (both_ends(text, share) for text in texts[:-1])
    return (*earlier, *(both_ends(text) for text in texts[-1:]))
