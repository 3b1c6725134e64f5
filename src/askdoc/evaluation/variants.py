"""What can be compared in one table: signals alone, models, passage sizes.

This module owns the names of variants and what they stand for.
"""

from dataclasses import dataclass

from askdoc.errors import EvaluationError
from askdoc.index import FUSION, Fusion
from askdoc.passages import PassageSize

_SIGNALS = {
    "dense": Fusion(passage=0.5, sentence=0.5, lexical=0, pieces=0, adapter=0),
    "passages": Fusion(passage=1, sentence=0, lexical=0, pieces=0, adapter=0),
    "sentences": Fusion(passage=0, sentence=1, lexical=0, pieces=0, adapter=0),
    "lexical": Fusion(passage=0, sentence=0, lexical=1, pieces=0, adapter=0),
    "no-pieces": Fusion(passage=0.5, sentence=0.5, lexical=0.03, pieces=0),
    "no-adapter": FUSION.adapted(0),
    "fusion": FUSION,
}
DEFAULT_VARIANTS = ("dense", "lexical", "no-pieces", "fusion")


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to search: the weights, and, when they differ from the default, model and size."""

    name: str
    fusion: Fusion = FUSION
    model: str | None = None
    size: PassageSize | None = None


def parse_variant(name: str) -> Variant:
    """Reads a variant: a signal's name, `model=NAME_OR_FOLDER` or `passages=WORD_PIECES`.

    Raises:
        EvaluationError: It is none of these.

    Example: parse_variant("passages=40").size -> PassageSize(window=256, merge_below=40)
    """
    kind, equals, value = name.partition("=")
    if not equals and name in _SIGNALS:
        return Variant(name, fusion=_SIGNALS[name])
    if kind == "model" and value:
        return Variant(name, model=value)
    if kind == "passages" and value.isdecimal() and int(value) > 0:
        return Variant(name, size=PassageSize(merge_below=int(value)))
    raise EvaluationError(
        f'"{name}" is no variant. Give {", ".join(_SIGNALS)}, model=NAME or passages=WORD_PIECES.'
    )
