"""The manifest of an index: what it was built from, checked before it is used."""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from askdoc.passages import PassageSize
from askdoc.records import CATALOGUE_FILE, CLASSIFIER_FILE

FORMAT = 6
NAME = "manifest.json"
_ABSENT = ""
_HASH = "sha256"


@dataclass(frozen=True, slots=True)
class Manifest:
    """How an index was made.

    Attributes:
        model: Name or folder of the embedding model.
        fingerprint: Hash of its weights.
        size: How passages were packed.
        roots: The files and folders the documents were looked for in, when known.
        sources: SHA-256 of each file read, by absolute path; "" for a catalogue that was absent.
        build: Name of the folder that holds the index's files; "" while only in memory.
        files: SHA-256 of each of these files, by path within that folder.
        exact: Whether vectors are searched exactly, whatever their number.
        outdated: The sources that could not be read, of which the index holds an older version.
    """

    model: str
    fingerprint: str
    size: PassageSize
    sources: dict[str, str]
    roots: tuple[str, ...] = ()
    build: str = ""
    files: dict[str, str] | None = None
    exact: bool = False
    outdated: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The manifest as it is written, with a hash of its content."""
        content = {"askdoc_index": FORMAT, **asdict(self)}
        return {**content, _HASH: _hash_of(content)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Manifest":
        """Reads what `to_json` made.

        Raises:
            KeyError, ValueError: A field is missing, has another form or was altered.
        """
        content = {name: value for name, value in data.items() if name != _HASH}
        # Indexes of the same format that an older askdoc made have no hash.
        if data.get(_HASH, _hash_of(content)) != _hash_of(content):
            raise ValueError("The manifest was altered.")
        return _SHAPE.validate_python(content, strict=False)

    def changed_sources(self) -> tuple[str, ...]:
        """Files that differ from what was read, or are gone while their folder is still there.

        An index carried to a machine without its sources is complete by itself, and not stale.
        """
        return tuple(
            name
            for name, known in self.sources.items()
            if Path(name).parent.is_dir() and sha256_of(Path(name)) != known
        )


_SHAPE = TypeAdapter(Manifest)


def _hash_of(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def sources_of(paths: Iterable[str]) -> dict[str, str]:
    """Hashes of the files that documents were read from, and of the files beside them."""
    return {str(file): sha256_of(file) for file in files_beside(paths)}


def files_beside(paths: Iterable[str]) -> list[Path]:
    """Files, and the catalogue and classifier that may be beside each, existing or not."""
    files = {Path(path).resolve() for path in paths}
    files |= {file.parent / name for file in files for name in (CATALOGUE_FILE, CLASSIFIER_FILE)}
    return sorted(files)


def sha256s_of(files: Sequence[Path]) -> list[str]:
    """SHA-256 of each file, as `sha256_of`, several at a time."""
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as executor:
        return list(executor.map(sha256_of, files))


def sha256_of(file: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal; "" when it cannot be read."""
    if not file.is_file():
        return _ABSENT
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return _ABSENT
