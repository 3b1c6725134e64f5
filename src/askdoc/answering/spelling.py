"""A question's slips of the keyboard put right, for search alone."""

from collections.abc import Iterator

from askdoc.caveats import ordinary_words
from askdoc.index import PassageIndex
from askdoc.lexical import content_spans, tokens

_ENDINGS = (
    ("s", ""),
    ("es", ""),
    ("ies", "y"),
    ("ing", ""),
    ("ing", "e"),
    ("ed", ""),
    ("ed", "e"),
    ("er", ""),
    ("er", "e"),
    ("est", ""),
    ("ly", ""),
    ("y", ""),
)


def respell(query: str, index: PassageIndex) -> str:
    """Puts the documents' own stem in the place of a word that is none.

    Words of the English language stay, whether the documents hold them or not; so do words that
    resemble nothing in them.

    Example: respell("is it adictive?", index) -> "is it addict?"
    """
    parts: list[str] = []
    end_of_last = 0
    for start, end in content_spans(query):
        parts += [query[end_of_last:start], _meant(query[start:end], index)]
        end_of_last = end
    return "".join([*parts, query[end_of_last:]])


def is_ordinary(word: str) -> bool:
    """Whether a word is English, in this form or without its ending; a name is not.

    Example: is_ordinary("tripping"), not is_ordinary("ketamine")
    """
    typed = word.lower()
    return any(stem in ordinary_words() for stem in (typed, *_without_ending(typed)))


def _without_ending(word: str) -> Iterator[str]:
    for ending, instead in _ENDINGS:
        if word.endswith(ending):
            rest = word.removesuffix(ending)
            yield rest + instead
            if rest[-1:] == rest[-2:-1]:
                yield rest[:-1]


def _meant(word: str, index: PassageIndex) -> str:
    if word.lower() in ordinary_words():
        return word
    stems = tokens(word)
    if len(stems) != 1 or index.lexical.knows(stems[0]):
        return word
    return next(iter(index.lexical.meant(stems[0])), word)
