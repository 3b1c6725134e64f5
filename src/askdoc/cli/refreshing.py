"""What the hook of a running server sets off: fetch again what has changed, then index."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from askdoc.cli.app import CORPUS
from askdoc.errors import AskdocError

if TYPE_CHECKING:
    from askdoc.importing import Change


def refresher(
    folder: Path, store: str | None, model: str | None
) -> Callable[[Collection[str]], list[str]] | None:
    """What refreshes an index's articles and then the index; None for a store.

    What it gives takes the names of articles, or none for all, and gives lines for the log.
    """
    if store:
        return None

    def refreshed(names: Collection[str]) -> list[str]:
        from askdoc.index import recorded_roots
        from askdoc.refresh import refresh

        roots = recorded_roots(folder) or tuple(map(str, CORPUS))
        lines = [line for root in roots for line in _renewed(Path(root), names)]
        failures: list[AskdocError] = []
        refresh(roots, folder, model=model, on_error=failures.append)
        return lines + [str(failure) for failure in failures]

    return refreshed


def _renewed(root: Path, names: Collection[str]) -> list[str]:
    """Fetches again what was fetched below a root; what is told of names that it does not hold."""
    from askdoc.importing import has_sources, renew

    if not has_sources(root):
        return []
    try:
        return [line for change in renew(root, names) for line in _told(change)]
    except AskdocError as error:
        return [str(error)]


def _told(change: "Change") -> list[str]:
    if change.what == "unchanged":
        return []
    return [f"{change.what}: {change.name}: {change.detail}", *change.lost]
