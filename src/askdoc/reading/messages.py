"""The shipped reader of long messages: which part of one says that somebody is in danger.

It reads the whole message, so that each part is judged by what stands around it: the same words are
a cry for help, the plot of a film, or an accident of ten years ago.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from askdoc.reading.encoder import Encoder, mean_and_maximum
from askdoc.records import Span

Array = NDArray[np.float32]

MAX_TOKENS = 192
"""Tokens that are read at once; it was trained on as many."""
READ_AGAIN_TOKENS = 48
"""Of a longer message, so many of the last tokens are read again with the next."""
UNREAD = -20.0
"""The log odds of a part that is not read."""


class OnnxMessageReader:
    """A `MessageReader` over an exported graph."""

    def __init__(self, graph: Path, head: Path, model_folder: Path) -> None:
        """Loads a graph, its head, and what the encoder needs of a model's folder."""
        with np.load(head, allow_pickle=False) as arrays:
            self._weight = arrays["weight"].astype(np.float32)
            self._bias = arrays["bias"].astype(np.float32)
            rows = arrays["thresholds"].astype(float).tolist()
            self.thresholds: Mapping[str, tuple[float, float, float]] = {
                str(name): (row[0], row[1], row[2])
                for name, row in zip(arrays["blocks"], rows, strict=True)
            }
        self._encoder = Encoder(graph, model_folder)

    def read(self, text: str, spans: Sequence[Span], most_tokens: int) -> Array:
        """Reads a message in stretches that overlap, as `MessageReader.read` says."""
        ids, places = self._encoder.tokens_of(text, spans)
        read = affordable(places, spans, most_tokens)
        left, moved = _only(ids, [places[at] for at in read])
        scores = np.full((len(spans), len(self._bias)), UNREAD, np.float32)
        scores[read] = self._scores(left, moved)
        return scores

    def _scores(self, ids: Sequence[int], places: Sequence[Span]) -> Array:
        best = np.full((len(places), len(self._bias)), UNREAD, np.float32)
        for first, last in stretches(places):
            kept, inside = tokens_within(ids, places[first:last])
            hidden = self._encoder.hidden([self._encoder.cls, *kept, self._encoder.sep])
            for at, (start, end) in enumerate(inside, start=first):
                pooled = mean_and_maximum(hidden[start:end])
                best[at] = np.maximum(best[at], pooled @ self._weight.T + self._bias)
        return best


def affordable(places: Sequence[Span], spans: Sequence[Span], most_tokens: int) -> list[int]:
    """Which parts of a message are read: all, or those with the fewest tokens for their length.

    Args:
        places: The tokens of each part.
        spans: Its characters.
        most_tokens: How many tokens the parts that are read may have together.
    """
    sizes = [end - start for start, end in places]
    lengths = [end - start for start, end in spans]
    kept: list[int] = []
    covered: set[int] = set()
    for at in sorted(range(len(places)), key=lambda at: sizes[at] / lengths[at]):
        tokens = covered.union(range(*places[at]))
        if len(tokens) <= most_tokens:
            covered = tokens
            kept.append(at)
    return sorted(kept)


def _only(ids: Sequence[int], places: Sequence[Span]) -> tuple[list[int], list[Span]]:
    """The tokens that stand in some place, and where the places are among these."""
    within = np.zeros(len(ids) + 1, bool)
    for start, end in places:
        within[start:end] = True
    before = np.concatenate([[0], np.cumsum(within)])
    moved = [(int(before[start]), int(before[end])) for start, end in places]
    return [one for one, kept in zip(ids, within, strict=False) if kept], moved


def tokens_within(
    ids: Sequence[int], places: Sequence[Span]
) -> tuple[Sequence[int], tuple[Span, ...]]:
    """The tokens of parts that are read together, and where each part is behind a first token."""
    start = places[0][0]
    kept = ids[start : places[-1][1]][: MAX_TOKENS - 2]
    shifted = ((a - start + 1, min(b - start, len(kept)) + 1) for a, b in places)
    return kept, tuple((a, max(a + 1, b)) for a, b in shifted)


def stretches(places: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """Which parts are read together: as many as fit, some of the last ones again with the next.

    Args:
        places: The tokens of each part, in order.

    Yields:
        The first part of a stretch, and the one after its last.
    """
    first = 0
    while first < len(places):
        start, last = places[first][0], first + 1
        while last < len(places) and places[last][1] - start <= MAX_TOKENS - 2:
            last += 1
        yield first, last
        if last == len(places):
            return
        again = last
        while again > first + 1 and places[last - 1][1] - places[again - 1][0] < READ_AGAIN_TOKENS:
            again -= 1
        first = again
