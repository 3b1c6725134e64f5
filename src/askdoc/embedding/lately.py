"""The texts a model read last, in memory alone: triage, topics and retrieval share them."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

from askdoc.embedding.protocol import Pieces

FEW = 16
"""A question, its clauses and the words that are searched for are seldom more texts than this."""
_REMEMBERED = 160
"""Two long messages in their windows."""


class Lately:
    """What was read of the last texts, shared by threads."""

    def __init__(self) -> None:
        """Holds nothing yet."""
        self._held: dict[str, Pieces] = {}
        self._one_at_a_time = threading.Lock()

    def of(self, texts: Iterable[str]) -> dict[str, Pieces]:
        """Those of some texts that are held."""
        return {text: pieces for text in texts if (pieces := self._held.get(text))}

    def read(
        self, texts: Sequence[str], read: Callable[[Sequence[str]], list[Pieces]]
    ) -> list[Pieces]:
        """What is held of some texts, and what `read` makes of the others, which is then held."""
        held = self.of(texts)
        if new := [text for text in dict.fromkeys(texts) if text not in held]:
            fresh = dict(zip(new, read(new), strict=True))
            self._keep(fresh)
            held |= fresh
        return [held[text] for text in texts]

    def _keep(self, read: Mapping[str, Pieces]) -> None:
        """Takes texts in, unalterable from now on; the oldest make room."""
        for pieces in read.values():
            for array in (pieces.whole, pieces.spans, pieces.vectors, pieces.layers):
                if array is not None:
                    array.flags.writeable = False
        with self._one_at_a_time:
            self._held.update(read)
            for text in list(self._held)[:-_REMEMBERED]:
                del self._held[text]
