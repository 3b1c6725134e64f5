"""The index a verb works on, brought up to date first."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from askdoc.cli.app import CORPUS, INDEX
from askdoc.cli.printing import note, progress

if TYPE_CHECKING:
    from askdoc.index import PassageIndex


def open_index_or_build(
    folder: Path, model: str | None, store: str | None = None
) -> "PassageIndex":
    """The index in a store, as it is; or that in a folder, up to date.

    The folder by default is built from corpus/ if need be; a store never is.
    """
    if store:
        from askdoc.milvus import open_store

        return open_store(store, model=model)
    from askdoc.refresh import open_index

    corpus = _corpus()
    with progress("Encoding") as advance:
        return open_index(
            folder,
            paths=corpus if folder == INDEX else (),
            model=model,
            on_refresh=lambda reason: note(f"{reason} Building it."),
            on_error=lambda error: note(f"warning: {error}"),
            on_progress=advance,
        )


def look_at_index(folder: Path, store: str | None = None) -> Callable[[], object] | None:
    """What tells whether a folder's index, or its files, have changed; a store needs none."""
    if store:
        return None
    from askdoc.watching import IndexWatch

    return IndexWatch(folder, _corpus() if folder == INDEX else ()).snapshot


def _corpus() -> list[Path]:
    return [path for path in CORPUS if path.is_dir()]
