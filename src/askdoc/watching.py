"""Tells when what a served index was made of has changed on disk.

This room owns which files count and how a change is noticed: by their metadata, for some
microseconds a file. Reading, building and serving are other rooms'.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from askdoc.documents import article_files
from askdoc.errors import DocumentError
from askdoc.index import files_beside, manifest_file, recorded_sources

Stamp: TypeAlias = tuple[int, int, int] | None
"""Time of the last change in nanoseconds, size in bytes, inode; None where there is no file."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the files looked like at one moment; equal to another if nothing has changed."""

    stamps: dict[str, Stamp]


class IndexWatch:
    """Watches an index folder, its articles, and the catalogues and classifiers beside these."""

    def __init__(self, folder: str | Path, paths: Iterable[str | Path] = ()) -> None:
        """Watches `folder`; while it holds no index, the articles below `paths`."""
        self._folder = Path(folder)
        self._paths = tuple(paths)
        self._manifest: Stamp = None
        self._sources: tuple[str, ...] = ()

    def snapshot(self) -> Snapshot:
        """Looks at every file."""
        manifest = manifest_file(self._folder)
        stamp = _stamp(manifest)
        if stamp is None:
            self._sources = self._articles()
        elif stamp != self._manifest:
            self._sources = recorded_sources(self._folder) or self._articles()
        self._manifest = stamp
        return Snapshot({str(manifest): stamp, **{name: _stamp(name) for name in self._sources}})

    def _articles(self) -> tuple[str, ...]:
        if not self._paths:
            return ()
        try:
            return tuple(map(str, files_beside(article_files(self._paths))))
        except DocumentError:
            return ()


def _stamp(file: str | Path) -> Stamp:
    try:
        status = Path(file).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
