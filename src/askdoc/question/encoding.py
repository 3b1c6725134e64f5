"""What an embedding model makes of a question: each of its texts is encoded once."""

from collections.abc import Sequence

from askdoc.embedding import CACHED_CALL_TEXTS, Embedder, TokenEmbeddings, encode_with_tokens


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

    def of(self, texts: Sequence[str]) -> list[TokenEmbeddings]:
        """The encodings of some texts; without tokens where the model gives none."""
        new = [text for text in dict.fromkeys(texts) if text not in self._encoded]
        for start in range(0, len(new), CACHED_CALL_TEXTS):
            part = new[start : start + CACHED_CALL_TEXTS]
            self._encoded |= zip(part, encode_with_tokens(self.embedder, part), strict=True)
        return [self._encoded[text] for text in texts]
