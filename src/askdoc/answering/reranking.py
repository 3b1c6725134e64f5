"""A second look at the best hits by a cross-encoder, off by default.

This module owns loading a reranker from this machine and reordering hits by it. As with the
embedding model, nothing is downloaded and no code that comes with a model is run.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from askdoc.errors import EmbedderError
from askdoc.records import Hit

RERANKED = 20
"""How many of the best hits are looked at again."""


class Reranker(Protocol):
    """Scores how well a passage answers a query; more is better, on any scale."""

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """One score for each text."""


class CrossEncoderReranker:
    """A sentence-transformers `CrossEncoder` from a folder."""

    def __init__(self, name: str, folder: Path) -> None:
        """Loads the model.

        Raises:
            EmbedderError: The folder holds no cross-encoder with safetensors weights.
        """
        from sentence_transformers import CrossEncoder

        try:
            self._model = CrossEncoder(
                str(folder),
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except Exception as error:  # each library below has errors of its own
            reason = str(error).strip().split("\n", 1)[0] or type(error).__name__
            raise EmbedderError(
                f'The reranker "{name}" cannot be loaded: {reason}. Give --reranker the folder of '
                "a sentence-transformers cross-encoder with safetensors weights, or leave it out."
            ) from error

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """One score for each text, the model's own logit."""
        if not texts:
            return []
        logits = self._model.predict([(query, text) for text in texts], show_progress_bar=False)
        return [float(score) for score in np.asarray(logits).reshape(len(texts), -1)[:, -1]]


def load_reranker(name: str) -> Reranker:
    """Loads a cross-encoder by its folder, or by the name of one already on this machine.

    Raises:
        EmbedderError: It is not here or cannot be loaded.
    """
    if Path(name).is_dir():
        return CrossEncoderReranker(name, Path(name))
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        raise EmbedderError(
            f'The reranker "{name}" is not on this machine, and askdoc downloads nothing by '
            f"itself. Fetch it once: hf download {name}. Or give --reranker a folder."
        ) from None
    return CrossEncoderReranker(name, folder)


def rerank(query: str, hits: Sequence[Hit], reranker: Reranker) -> tuple[Hit, ...]:
    """Reorders the best hits; those beyond `RERANKED` keep their places behind them.

    Scores are replaced by ranks counted from the end, so that they still fall: a reranker's scale
    does not compare with the search's.
    """
    best = list(hits[:RERANKED])
    scores = reranker.scores(query, [f"{hit.passage.heading}\n{hit.passage.text}" for hit in best])
    order = sorted(range(len(best)), key=lambda at: -scores[at])
    reordered = [*(best[at] for at in order), *hits[RERANKED:]]
    return tuple(
        replace(hit, rank=rank, score=float(len(reordered) - rank + 1))
        for rank, hit in enumerate(reordered, start=1)
    )
