"""What became of an article: new, changed, kept or gone, and what its text gained and lost."""

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from askdoc.caveats import misplaced_claims
from askdoc.errors import AskdocError
from askdoc.records import Document

FEWEST_WORDS = 100
SMALLEST_SHARE = 0.5
"""A new version with a smaller share of the old one's words is held back."""
LEAST_KEPT = 0.1
"""A new version that keeps a smaller share of the old one's paragraphs is held back."""
_FEWEST_PARAGRAPHS = 5
_PROSE = 5  # words of a paragraph; headings stay when a site sells its address


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one article.

    Attributes:
        name: Its folder below the corpus.
        what: `kept` is an article whose new version could not be taken.
        detail: More in words, or the reason and the way out.
        lost: Claims whose notes do not stand beside their sentence any longer, in words.
        added: Paragraphs that are new.
        removed: Paragraphs that are gone.
    """

    name: str
    what: Literal["new", "changed", "unchanged", "kept", "gone", "failed"]
    detail: str = ""
    lost: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody has to look at it."""
        return self.what in {"kept", "failed"} or bool(self.lost)


def added(name: str, document: Document) -> Change:
    """That an article is new, and how long it is."""
    return Change(name, "new", f"“{document.title}”, {len(document.text.split()):,} words")


def changed(name: str, before: Document, after: Document) -> Change:
    """What a new version of an article adds and takes away, and which notes it loses."""
    old, new = _paragraphs(before), _paragraphs(after)
    steps = [step for step in difflib.ndiff(old, new) if step[:2] in {"+ ", "- "}]
    added = tuple(step[2:] for step in steps if step.startswith("+ "))
    removed = tuple(step[2:] for step in steps if step.startswith("- "))
    detail = f"{_counted(len(added))} new, {_counted(len(removed))} gone"
    return Change(name, "changed", detail, lost_claims(after), added, removed)


def suspicion(before: Document, after: Document) -> str:
    """Why a new version may be no version of the article at all, or "".

    A page that asks for a login, a notice of a fault and an address that was sold are all sent as
    if they were the article.
    """
    words_before, words_after = len(before.text.split()), len(after.text.split())
    if words_before >= FEWEST_WORDS and words_after < SMALLEST_SHARE * words_before:
        return f"has {words_after:,} words where it had {words_before:,}"
    old = [paragraph for paragraph in _paragraphs(before) if len(paragraph.split()) >= _PROSE]
    if len(old) >= _FEWEST_PARAGRAPHS:
        new = set(_paragraphs(after))
        if sum(paragraph in new for paragraph in old) < LEAST_KEPT * len(old):
            return "has next to no paragraph of the older one"
    return ""


def lost_claims(document: Document) -> tuple[str, ...]:
    """Claims of the catalogue beside an article that are not found in it word for word."""
    try:
        found = misplaced_claims([document])
    except AskdocError as error:
        return (str(error),)
    return tuple(str(claim) for claims in found.values() for claim in claims)


def name_of(folder: Path, corpus: Path) -> str:
    """A folder's name below the corpus."""
    try:
        return folder.relative_to(corpus).as_posix()
    except ValueError:
        return folder.name


def _paragraphs(document: Document) -> list[str]:
    return [line for line in document.text.splitlines() if line.strip()]


def _counted(number: int) -> str:
    return f"{number:,} paragraph{'' if number == 1 else 's'}"
