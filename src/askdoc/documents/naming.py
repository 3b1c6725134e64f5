"""What documents are called that do not say so themselves: by their files, and folders if need be.

This module owns the choice of words from a path, which depends on the other paths read with it but
not on their order.
"""

import os
from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path

from askdoc.documents.making import slug

_GENERIC = frozenset("article content document index main page readme text".split())


def names_of(paths: Iterable[Path]) -> dict[Path, str]:
    """The words each of some files is called by.

    That is the file's name, or its folder's when every folder could hold a file so named. Files in
    different folders that would be called alike take in the names of their folders, as few as
    tell them apart; files in one folder stay alike.

    Example: names_of([Path("2023/report.pdf"), Path("2024/report.pdf"), Path("2024/plan.pdf")]) ->
        {Path("2023/report.pdf"): "2023 report", Path("2024/report.pdf"): "2024 report",
        Path("2024/plan.pdf"): "plan"}
    """
    parts = {path: _parts(path) for path in paths}
    taken = dict.fromkeys(parts, 1)
    unsettled = _alike(parts, parts, taken)
    while unsettled:
        for path in unsettled:
            taken[path] += 1
        unsettled = _alike(parts, parts, taken)
    return {path: _joined(parts[path], taken[path]) for path in parts}


def id_of(name: str) -> str:
    """The id of a document of that name."""
    return slug(name) or "document"


def _alike(
    paths: Iterable[Path], parts: dict[Path, tuple[str, ...]], taken: dict[Path, int]
) -> list[Path]:
    """Paths that need one more folder's name to be told apart, and have one."""
    groups = defaultdict(list)
    for path in paths:
        groups[id_of(_joined(parts[path], taken[path]))].append(path)
    return [
        path
        for group in groups.values()
        if len({parts[path][:-1] for path in group}) > 1
        for path in _lengthened(group, taken)
        if taken[path] < len(parts[path])
    ]


def _lengthened(group: Collection[Path], taken: dict[Path, int]) -> Iterable[Path]:
    """Those with a folder's name in theirs, before a file that is called by its own alone."""
    longer = [path for path in group if taken[path] > 1]
    return longer or group


def _parts(path: Path) -> tuple[str, ...]:
    """The folders a file lies in and its name; without the name when it says nothing."""
    folders = tuple(part for part in Path(os.path.realpath(path)).parent.parts if part != os.sep)
    return folders if folders and path.stem.lower() in _GENERIC else (*folders, path.stem)


def _joined(parts: tuple[str, ...], count: int) -> str:
    return " ".join(parts[-count:])
