"""The folder an index lives in: files with hashes, swapped in by one atomic rename.

```
index/manifest.json        names the build in use and the hash of each of its files
index/builds/NAME/…        documents, passages, vectors and lexical index of one build
```
A build is written whole before the manifest is replaced, so that a killed one changes nothing.
"""

import json
import os
import shutil
import uuid
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from askdoc.errors import (
    IndexDamagedError,
    IndexFolderError,
    IndexMismatchError,
    IndexMissingError,
    IndexStaleError,
)
from askdoc.index.library import Library
from askdoc.index.local import LocalStore
from askdoc.index.manifest import FORMAT, NAME, Manifest, sha256s_of
from askdoc.index.pieces import SentencePieces
from askdoc.index.vectors import Phrases, Vectors
from askdoc.lexical import LexicalIndex

_ATTEMPTS = 20


def write(folder: Path, index: LocalStore) -> None:
    """Writes an index beside the one in use, then swaps it in and removes the old one."""
    try:
        _write(folder, index)
    except OSError as error:
        raise IndexFolderError(
            f"{folder} cannot be written: {error.strerror or error}. "
            "Give --index a folder you can write to."
        ) from error


def _write(folder: Path, index: LocalStore) -> None:
    (folder / "builds").mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        if (folder / NAME).exists():
            _manifest_data(folder)
        build = folder / "builds" / uuid.uuid4().hex[:12]
        build.mkdir()
        _write_parts(build, index)
        manifest = replace(index.manifest, build=build.name, files=_hashes(build))
        _swap(folder, manifest)
        _remove_all_but(build)


def read(folder: Path, *, stale: bool) -> LocalStore:
    """Reads the build in use. A swap in the middle of reading is met by reading again."""
    for _ in range(_ATTEMPTS):
        manifest = _manifest(folder)
        if not stale:
            _refuse_stale(folder, manifest)
        try:
            return _read_build(folder, manifest)
        except IndexDamagedError:
            if _manifest(folder).build == manifest.build:
                raise
    raise IndexDamagedError(f"{folder} is being rebuilt over and over. Try again in a moment.")


def _refuse_stale(folder: Path, manifest: Manifest) -> None:
    if changed := manifest.changed_sources():
        roots = manifest.roots or (str(Path(changed[0]).parent),)
        raise IndexStaleError(
            f"{changed[0]} has changed since {folder} was built.",
            roots,
            f"Refresh it: askdoc index {' '.join(roots)} --index {folder}",
        )


def _read_build(folder: Path, manifest: Manifest) -> LocalStore:
    build = folder / "builds" / manifest.build
    known = manifest.files or {}
    files = [build / name for name in known]
    for file, expected, found in zip(files, known.values(), sha256s_of(files), strict=True):
        if found != expected:
            raise _broken(folder, manifest, f"{file} is missing or altered")
    try:
        library = Library.load(build)
        vectors = Vectors.load(build, library.first_sentences)
        lexical = LexicalIndex.load(build / "lexical", len(library.passages))
        pieces = SentencePieces.load(build)
        phrases = Phrases(
            [row["text"] for row in _rows(build / "phrases.jsonl")],
            np.load(build / "phrases.npy", allow_pickle=False),
        )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise _broken(folder, manifest, f"{type(error).__name__} while reading {build}") from error
    return LocalStore(manifest, library, vectors, lexical, phrases, pieces)


def _write_parts(build: Path, index: LocalStore) -> None:
    index.library.save(build)
    index.vectors.save(build)
    index.lexical.save(build / "lexical")
    if index.pieces is not None:
        index.pieces.save(build)
    _write_rows(build / "phrases.jsonl", ({"text": text} for text in index.phrases.texts))
    np.save(build / "phrases.npy", index.phrases.vectors, allow_pickle=False)


def _swap(folder: Path, manifest: Manifest) -> None:
    beside = folder / f".{NAME}.{manifest.build}"
    with beside.open("w", encoding="utf-8") as stream:
        json.dump(manifest.to_json(), stream, indent=1, ensure_ascii=False)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(folder / NAME)


def _remove_all_but(build: Path) -> None:
    for other in build.parent.iterdir():
        if other != build:
            shutil.rmtree(other, ignore_errors=True)
    for left_over in build.parent.parent.glob(f".{NAME}.*"):
        left_over.unlink(missing_ok=True)


def _hashes(build: Path) -> dict[str, str]:
    files = sorted(file for file in build.rglob("*") if file.is_file())
    return {
        file.relative_to(build).as_posix(): digest
        for file, digest in zip(files, sha256s_of(files), strict=True)
    }


def _manifest(folder: Path) -> Manifest:
    data = _manifest_data(folder)
    if data["askdoc_index"] != FORMAT:
        raise IndexMismatchError(
            f"{folder} has format {data['askdoc_index']}, this askdoc reads {FORMAT}. "
            f"Rebuild it: askdoc index corpus --index {folder}"
        )
    try:
        return Manifest.from_json(data)
    except (KeyError, TypeError) as error:
        raise _damaged(folder, f"{folder / NAME} lacks what it should say") from error


def _manifest_data(folder: Path) -> dict[str, Any]:
    try:
        data = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except NotADirectoryError:
        raise IndexFolderError(f"{folder} is a file. Give --index a folder.") from None
    except FileNotFoundError:
        raise IndexMissingError(
            f"No index in {folder}. Build one: askdoc index corpus --index {folder}"
        ) from None
    except (OSError, ValueError) as error:
        raise _damaged(folder, f"{folder / NAME} cannot be read") from error
    if not isinstance(data, dict) or "askdoc_index" not in data:
        raise IndexDamagedError(
            f"{folder / NAME} is not askdoc's. Choose another folder with --index."
        )
    return data


def _broken(folder: Path, manifest: Manifest, what: str) -> IndexDamagedError:
    roots = " ".join(manifest.roots) or "corpus"
    return IndexDamagedError(f"{what}. Rebuild it: askdoc index {roots} --index {folder}")


def _damaged(folder: Path, what: str) -> IndexDamagedError:
    return IndexDamagedError(
        f"{what}. Remove {folder / NAME} and rebuild: askdoc index corpus --index {folder}"
    )


def _write_rows(file: Path, rows: Iterable[dict[str, Any]]) -> None:
    with file.open("w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def _rows(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]
