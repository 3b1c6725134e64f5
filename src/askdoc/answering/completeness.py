"""Whether every note of a catalogue stands beside its claim, and what is said where one does not.

A claim that is not found in its article is quoted bare, which nobody sees. So it is told: when an
index is built or opened, by `/readyz`, and in a banner over whatever the article answers.
"""

from collections.abc import Mapping
from weakref import WeakKeyDictionary

from askdoc.answering.screening import catalogue_of
from askdoc.caveats import Misplaced, misplaced_claims
from askdoc.index import PassageIndex
from askdoc.records import Caveat, Document

INCOMPLETE = Caveat(
    "notes_incomplete",
    "banner",
    "caution",
    "Notes on this article are incomplete: what it says may be wrong with no word beside it.",
)
_MOST_ARTICLES = 1000
"""Of more articles, claims are looked for by `askdoc check` alone: opening would take minutes."""
_known: WeakKeyDictionary[PassageIndex, Mapping[str, tuple[Misplaced, ...]]] = WeakKeyDictionary()


def misplaced(index: PassageIndex) -> Mapping[str, tuple[Misplaced, ...]]:
    """For each catalogue of an index, by its text, the claims that are not found word for word."""
    if index not in _known:
        few = len(index.documents) <= _MOST_ARTICLES
        _known[index] = misplaced_claims(index.documents.values()) if few else {}
    return _known[index]


def notes_complete(index: PassageIndex) -> bool:
    """Whether each claim of each catalogue has a sentence that its note stands beside."""
    return all(claim.nearly for claims in misplaced(index).values() for claim in claims)


def banners_of(index: PassageIndex, document: Document) -> tuple[Caveat, ...]:
    """What stands over all that an article answers."""
    banner = catalogue_of(document).banner
    lost = any(not claim.nearly for claim in misplaced(index).get(document.catalogue, ()))
    return (banner, INCOMPLETE) if lost else (banner,)
