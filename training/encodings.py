"""Texts as the embedding model reads them, each encoded once and kept on disk.

Owns the cache's folder: one `.npz` shard for each batch of texts that were new, in half precision.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from askdoc.answering.screening import features_of
from askdoc.caveats import TextFeatures
from askdoc.embedding import TokenEmbedder, embeds_tokens, load_embedder
from askdoc.question import Encoding

BATCH = 16
SHARD = 2048
"""How many texts are encoded at once, and how many stand in one file of the cache."""


class Encodings:
    """The features of texts, by their text."""

    def __init__(self, embedder: TokenEmbedder, fingerprint: str, folder: Path) -> None:
        """Reads what the folder holds for the model of that fingerprint."""
        name = hashlib.sha256(fingerprint.encode()).hexdigest()[:16]
        self._embedder = embedder
        self.fingerprint = fingerprint
        self._folder = folder / name
        self._folder.mkdir(parents=True, exist_ok=True)
        self._known: dict[str, TextFeatures] = {}
        for shard in sorted(self._folder.glob("*.npz")):
            self._known.update(_read_shard(shard))

    def __getitem__(self, text: str) -> TextFeatures:
        """The features of a text that was read.

        Raises:
            KeyError: It was not.
        """
        return self._known[text]

    def read(self, texts: Iterable[str]) -> None:
        """Encodes those texts that are new, and keeps them."""
        new = sorted({text for text in texts if text not in self._known}, key=lambda t: (len(t), t))
        for start in range(0, len(new), SHARD):
            chunk = new[start : start + SHARD]
            found = [
                features
                for at in range(0, len(chunk), BATCH)
                for features in features_of(Encoding(self._embedder), chunk[at : at + BATCH])
            ]
            self._known.update(_write_shard(self._folder, chunk, found))


def open_encodings(folder: Path) -> Encodings:
    """The encodings of the default model that a folder keeps."""
    embedder = load_embedder()
    if not embeds_tokens(embedder):
        raise SystemExit("error: this model gives no token embeddings. Use the default model.")
    return Encodings(embedder, embedder.fingerprint, folder)


def _write_shard(
    folder: Path, texts: Sequence[str], found: Sequence[TextFeatures]
) -> dict[str, TextFeatures]:
    name = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
    path = folder / f"{name}.npz"
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        np.savez(
            file,
            texts=np.frombuffer(json.dumps(list(texts)).encode(), dtype=np.uint8),
            vectors=np.stack([features.vector for features in found]).astype(np.float16),
            lengths=np.array([len(features.tokens) for features in found]),
            pieces=np.concatenate(_of_one_width(found)).astype(np.float16),
        )
    unfinished.replace(path)
    return _read_shard(path)


def _of_one_width(found: Sequence[TextFeatures]) -> list[NDArray[np.float32]]:
    """The tokens of each; of texts that have none, an empty array as wide as the others'."""
    width = max(features.tokens.shape[1] for features in found)
    return [f.tokens if len(f.tokens) else np.zeros((0, width), np.float32) for f in found]


def _read_shard(path: Path) -> dict[str, TextFeatures]:
    with np.load(path) as stored:
        texts = json.loads(stored["texts"].tobytes())
        tokens = np.split(stored["pieces"], np.cumsum(stored["lengths"])[:-1])
        vectors = stored["vectors"].astype(np.float32)
    found = map(TextFeatures, vectors, tokens)
    return dict(zip(texts, found, strict=True))
