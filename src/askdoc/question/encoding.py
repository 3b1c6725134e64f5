"""What an embedding model makes of a question: each of its texts is encoded once."""

from collections.abc import Sequence

from askdoc.embedding import QUESTION_TEXTS, Embedder, TokenEmbeddings, encode_with_tokens
from askdoc.text import both_ends

JUDGED_TOKENS = 512
"""Tokens of a question and its history that are read to judge it by its meaning.

So many have 2,000 characters of English. A token takes a quarter of a millisecond of a core.
"""
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
        self._left = JUDGED_TOKENS

    def of(self, texts: Sequence[str]) -> list[TokenEmbeddings]:
        """The encodings of some texts; without tokens where the model gives none."""
        new = [text for text in dict.fromkeys(texts) if text not in self._encoded]
        for start in range(0, len(new), QUESTION_TEXTS):
            part = new[start : start + QUESTION_TEXTS]
            self._encoded |= zip(part, encode_with_tokens(self.embedder, part), strict=True)
        return [self._encoded[text] for text in texts]

    def affordable(self, *choices: Sequence[str]) -> list[str]:
        """The first choice of texts whose tokens are left; where none is, what fits of the last.

        Those with the fewest tokens for their length come first: the model knows their words. What
        is encoded already costs nothing.
        """
        for texts in choices:
            sizes = self._sizes(texts)
            if sum(sizes) <= self._left:
                break
        taken: set[int] = set()
        for at in sorted(range(len(texts)), key=lambda at: sizes[at] / len(texts[at])):
            if sizes[at] <= self._left:
                self._left -= sizes[at]
                taken.add(at)
        return [text for at, text in enumerate(texts) if at in taken]

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
