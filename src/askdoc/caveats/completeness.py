"""Which claims of the catalogues that came with articles do not stand in them word for word."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from askdoc.caveats.catalogue import Catalogue, parse_catalogue
from askdoc.caveats.locating import find_all, find_near
from askdoc.caveats.topics import name_beside
from askdoc.records import Document


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A claim whose quote is not found in its articles.

    With `nearly` its note is still shown, beside the sentence that is most like it.
    """

    catalogue: str
    claim: str
    quote: str
    nearly: bool

    def __str__(self) -> str:
        """What is amiss, and the way out."""
        shown = "its note stands beside the sentence most like it"
        lost = "its note is shown nowhere, and notes on this article are incomplete"
        return (
            f'{self.catalogue}: the quote of claim "{self.claim}" is not in the article word for '
            f'word; {shown if self.nearly else lost}. Correct it: "{self.quote}"'
        )


def misplaced_claims(documents: Iterable[Document]) -> Mapping[str, tuple[Misplaced, ...]]:
    """The misplaced claims of each catalogue that came with some articles, by its text.

    A claim may stand in any of the articles that share the catalogue.

    Raises:
        CatalogueError: A catalogue does not parse.
    """
    groups: defaultdict[str, list[Document]] = defaultdict(list)
    for document in documents:
        if document.catalogue:
            groups[document.catalogue].append(document)
    found = {
        text: _misplaced(parse_catalogue(text, name_beside(held[0], "caveats.toml")), held)
        for text, held in groups.items()
    }
    return {text: claims for text, claims in found.items() if claims}


def _misplaced(catalogue: Catalogue, documents: list[Document]) -> tuple[Misplaced, ...]:
    texts = [document.text for document in documents]
    return tuple(
        Misplaced(
            catalogue.name,
            claim.id,
            claim.quote,
            any(find_near(text, claim.quote) is not None for text in texts),
        )
        for claim in catalogue.claims
        if not any(find_all(text, claim.quote) for text in texts)
    )
