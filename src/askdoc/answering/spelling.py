"""A question's slips of the keyboard put right, for search alone."""

from askdoc.caveats import ordinary_words
from askdoc.index import PassageIndex
from askdoc.lexical import content_spans, tokens


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


def _meant(word: str, index: PassageIndex) -> str:
    if word.lower() in ordinary_words():
        return word
    stems = tokens(word)
    if len(stems) != 1 or index.lexical.knows(stems[0]):
        return word
    return next(iter(index.lexical.meant(stems[0])), word)
