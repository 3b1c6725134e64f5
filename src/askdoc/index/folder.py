"""The folder an index lives in: files with hashes, swapped in by one atomic rename.

```
index/manifest.json        names the build in use and the hash of each of its files
index/builds/NAME/…        documents, passages, vectors and lexical index of one build
```
A build is written whole before the manifest is replaced, so that a killed one changes nothing.
Only folders that are named and filled as a build is are ever removed.
"""

import errno
import json
import os
import re
import shutil
import uuid
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from filelock import FileLock

from askdoc.errors import (
    AskdocError,
    IndexDamagedError,
    IndexFolderError,
    IndexMismatchError,
    IndexMissingError,
    IndexStaleError,
)
from askdoc.index.late_interaction import SentenceTokens
from askdoc.index.library import Library
from askdoc.index.manifest import FORMAT, NAME, Manifest, sha256s_of
from askdoc.index.store import LocalStore
from askdoc.index.vectors import Phrases, Vectors
from askdoc.lexical import LexicalIndex

_READ_ATTEMPTS = 20
_NO_BUILD = "none"
_DISK_FULL = re.compile(r"requested and \d+ written|No space left|write error", re.I)
"""Errors of numpy and FAISS on a full disk."""
_BUILD = "[0-9a-f]{12}"
_PARTS = frozenset(
    "documents.jsonl documents.ends.npy documents.ids.json documents.first.npy passages.jsonl "
    "passages.ends.npy passages.first.npy passages.faiss sentences.faiss lexical tokens.npy "
    "tokens.first.npy phrases.jsonl phrases.npy".split()
)
_HARMLESS = re.compile(r"\.|readme\b|lost\+found$", re.I)


def refuse_foreign(folder: Path) -> None:
    """Refuses a folder with files that are not askdoc's, and no index.

    Hidden files, a README and the remains of a killed build are accepted.

    Raises:
        IndexDamagedError: Its manifest cannot be read, or is not askdoc's.
        IndexFolderError: It holds other files and no index, is no folder, or cannot be read.
    """
    try:
        if (folder / NAME).exists():
            _manifest_data(folder)
        elif folder.exists() and not _is_free(folder):
            raise IndexFolderError(
                f"{folder} holds other files and no index of askdoc. Give --index a folder of its "
                "own: a new one, or an empty one."
            )
    except NotADirectoryError:
        raise _no_folder(folder) from None
    except OSError as error:
        raise IndexFolderError(
            f"{folder} cannot be looked into: {error.strerror or error}. "
            "Give --index a folder you can read and write."
        ) from None


def manifest_file(folder: Path) -> Path:
    """The file that names the build in use."""
    return folder / NAME


def recorded_sources(folder: Path) -> tuple[str, ...]:
    """The files that the index in a folder was built from; none where no index can be read."""
    try:
        return tuple(_manifest(folder).sources)
    except AskdocError:
        return ()


def recorded_roots(folder: Path) -> tuple[str, ...]:
    """The files and folders that the index in a folder was built from; none without an index."""
    try:
        return tuple(_manifest(folder).roots)
    except AskdocError:
        return ()


def write(folder: Path, index: LocalStore) -> None:
    """Writes an index beside the one in use, then swaps it in and removes the old one."""
    refuse_foreign(folder)
    try:
        _write(folder, index)
    except OSError as error:
        if _is_full(error):
            raise IndexFolderError(
                f"{folder} cannot be written: the disk is full. Make room, or give --index a "
                "folder elsewhere; what was there before is as it was."
            ) from error
        raise IndexFolderError(
            f"{folder} cannot be written: {error.strerror or error}. "
            "Give --index a folder you can write to."
        ) from error


def _is_full(error: OSError) -> bool:
    """Whether an error means a full disk: not all libraries set its number."""
    full = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    return error.errno in full or (
        error.errno is None and _DISK_FULL.search(str(error)) is not None
    )


def _write(folder: Path, index: LocalStore) -> None:
    (folder / "builds").mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        older = _files_of_older(folder)
        # The remains of killed builds would take the space that this one needs.
        _remove_all_but(_in_use(folder), older)
        build = folder / "builds" / uuid.uuid4().hex[:12]
        try:
            build.mkdir()
            _write_parts(build, index)
            manifest = replace(index.manifest, build=build.name, files=_hashes(build))
            _swap(folder, manifest)
        except BaseException:
            _remove_all_but(_in_use(folder), older)
            raise
        _remove_all_but(build, older)


def _in_use(folder: Path) -> Path:
    """The build that the manifest names, whatever its format; a path to nothing without one."""
    try:
        name = _manifest_data(folder).get("build")
    except AskdocError:
        name = None
    return folder / "builds" / (name if isinstance(name, str) and name else _NO_BUILD)


def read(folder: Path, *, stale: bool) -> LocalStore:
    """Reads the build in use, and again if it is replaced meanwhile."""
    for _ in range(_READ_ATTEMPTS):
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
    known = manifest.files or {}
    if not re.fullmatch(_BUILD, manifest.build) or not all(map(_is_inside, known)):
        raise _broken(folder, manifest, f"{folder / NAME} names files that no build has")
    build = folder / "builds" / manifest.build
    files = [build / name for name in known]
    for file, expected, found in zip(files, known.values(), sha256s_of(files), strict=True):
        if found != expected:
            raise _broken(folder, manifest, f"{file} is missing or altered")
    try:
        library = Library.load(build)
        vectors = Vectors.load(build, library.first_sentences)
        lexical = LexicalIndex.load(build / "lexical", len(library.passages))
        tokens = SentenceTokens.load(build)
        phrases = Phrases(
            [row["text"] for row in _rows(build / "phrases.jsonl")],
            np.load(build / "phrases.npy", allow_pickle=False),
        )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise _broken(folder, manifest, f"{type(error).__name__} while reading {build}") from error
    return LocalStore(manifest, library, vectors, lexical, phrases, tokens)


def _write_parts(build: Path, index: LocalStore) -> None:
    index.library.save(build)
    index.vectors.save(build)
    index.lexical.save(build / "lexical")
    if index.tokens is not None:
        index.tokens.save(build)
    phrases = (json.dumps({"text": text}, ensure_ascii=False) for text in index.phrases.texts)
    (build / "phrases.jsonl").write_text("".join(f"{row}\n" for row in phrases), encoding="utf-8")
    np.save(build / "phrases.npy", index.phrases.vectors, allow_pickle=False)


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _swap(folder: Path, manifest: Manifest) -> None:
    beside = folder / f".{NAME}.{manifest.build}"
    with beside.open("w", encoding="utf-8") as stream:
        json.dump(manifest.to_json(), stream, indent=1, ensure_ascii=False)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(folder / NAME)


def _remove_all_but(build: Path, older: Collection[str]) -> None:
    """Removes other builds and the remains of killed ones; `older` names another format's files."""
    for other in build.parent.iterdir():
        if other != build and _is_build(other, _PARTS.union(older)):
            shutil.rmtree(other, ignore_errors=True)
    for left_over in build.parent.parent.iterdir():
        if re.fullmatch(re.escape(f".{NAME}.") + _BUILD, left_over.name):
            left_over.unlink(missing_ok=True)


def _is_free(folder: Path) -> bool:
    """Whether a folder without a manifest is empty, or holds only the remains of a build."""
    names = {entry.name for entry in folder.iterdir() if not _HARMLESS.match(entry.name)}
    return names <= {"builds"} and all(
        _is_build(entry, _PARTS)
        for name in names
        for entry in (folder / name).iterdir()
        if not _HARMLESS.match(entry.name)
    )


def _is_build(folder: Path, parts: Collection[str]) -> bool:
    """Whether a folder has the name of a build, and only files of one."""
    return (
        re.fullmatch(_BUILD, folder.name) is not None
        and not folder.is_symlink()
        and folder.is_dir()
        and all(entry.name in parts for entry in folder.iterdir())
    )


def _files_of_older(folder: Path) -> Collection[str]:
    """Names of the files in the build in use, whatever its format."""
    try:
        files = _manifest_data(folder).get("files") or {}
    except IndexMissingError:
        return ()
    return {name.partition("/")[0] for name in files} if isinstance(files, dict) else ()


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
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(folder, f"{folder / NAME} does not say what it should") from error


def _manifest_data(folder: Path) -> dict[str, Any]:
    try:
        data = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except NotADirectoryError:
        raise _no_folder(folder) from None
    except FileNotFoundError:
        raise IndexMissingError(
            f"No index in {folder}. Build one: askdoc index corpus --index {folder}"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(folder, f"{folder / NAME} cannot be read") from error
    if not isinstance(data, dict) or "askdoc_index" not in data:
        raise IndexDamagedError(
            f"{folder / NAME} is not askdoc's. Choose another folder with --index."
        )
    return data


def _no_folder(folder: Path) -> IndexFolderError:
    return IndexFolderError(f"{folder} is a file. Give --index a folder.")


def _broken(folder: Path, manifest: Manifest, what: str) -> IndexDamagedError:
    roots = " ".join(manifest.roots) or "corpus"
    return IndexDamagedError(f"{what}. Rebuild it: askdoc index {roots} --index {folder}")


def _damaged(folder: Path, what: str) -> IndexDamagedError:
    return IndexDamagedError(
        f"{what}. Remove {folder / NAME} and rebuild: askdoc index corpus --index {folder}"
    )


def _rows(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]
