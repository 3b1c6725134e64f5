"""Where a sentence stands on the page it was published on: an address with a text fragment.

This room owns the words that a text fragment names (`#:~:text=prefix-,start,end,-suffix`), so that
a browser that looks for them finds the sentence and no other one. It follows
https://wicg.github.io/scroll-to-text-fragment/: each term stands within one block of the page, and
the first place where all terms fit is the one that is shown. What follows after `&text=` is shown
where nothing before it fits.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from askdoc.records import Document, Span

_WHOLE_WORDS = 8
"""Up to how many words a quote is named in whole; of a longer one, its first and last words are.

A page may have a mark of a footnote or a picture between them.
"""
_FALLBACK_WORDS = 3
"""Of how many words at least the beginning or the end of a sentence is looked for alone."""
_TERM_WORDS = (4, 6, 8, 12, 20, 40)
_CONTEXT_WORDS = (3, 6, 12)
_AROUND_CHARACTERS = 2000
"""How far from a quote its neighbouring blocks are looked for."""
_WORD = re.compile(r"\S+")
_CELL = re.compile(r"(?:(?! \| )[^\n])+")
_MARK = re.compile(r"[\s|]*(?:#{1,6}[ \t]+|(?:[-*+•◦‣]|\d{1,3}[.)])[ \t]+)?")
_HEAD = re.compile(r"[^:|\n]{1,80}:[ \t]+(?=\S)")
"""What a cell is named by, which on a page stands above its column."""
_TERM = re.compile(r"(?:[^\s.:|]+[ \t]+){0,3}[^\s.:|]+:[ \t]+(?=\S)")
"""A term before its definition, which on a page is a block of its own."""
_BETWEEN = r"(?:[\s|#*+•◦‣-]|\d{1,3}[.)]\s)*(?:[^:|\n]{1,80}:\s+)?"
"""What may stand between two blocks in a text, and not on the page."""
_OVERLOOKED = re.compile("[\u00c0-\u024f\u1e00-\u1eff‘’‚‛“”„‟]")
_PUNCTUATION = " .,;:!?…–—\"'“”‘’«»()[]"


@dataclass(frozen=True, slots=True)
class _Terms:
    """The terms of a text fragment, as stretches of a document's text."""

    start: Span
    end: Span | None = None
    prefix: Span | None = None
    suffix: Span | None = None

    @property
    def whole(self) -> Span:
        """The stretch that they name."""
        return self.start[0], (self.end or self.start)[1]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The words of a stretch in its first and in its last block, and those around it.

    `before` and `after` stand in the same blocks, `above` and `below` in the neighbouring ones.
    """

    first: Sequence[Span]
    last: Sequence[Span]
    one_block: bool
    before: Sequence[Span]
    after: Sequence[Span]
    above: Sequence[Span]
    below: Sequence[Span]


def published_at(document: Document, start: int, end: int) -> str:
    """The address of `document.text[start:end]` on the publisher's page; "" where there is none.

    Example: "https://example.org/cats#:~:text=Cats%20sleep%20all%20day"
    """
    if not document.url:
        return ""
    base, _, fragment = document.url.partition("#")
    kept = fragment.partition(":~:")[0]
    terms = _terms(document.text, start, end)
    if terms is None:
        return document.url
    named = (terms, *_fallbacks(document.text, terms))
    directives = "&".join(f"text={_directive(document.text, one)}" for one in named)
    return f"{base}#{kept}:~:{directives}"


def _fallbacks(text: str, terms: _Terms) -> Iterator[_Terms]:
    """The beginning and the end of what some terms name, each where it names that place alone.

    A browser shows the first directive that fits. A page may have what no text of it tells: a
    footnote's digit at the last word, a line broken inside a sentence, a drop cap.
    """
    if terms.prefix or terms.suffix:
        return
    first = _words(text, *terms.start)
    half = len(first) // 2
    parts = (first, _words(text, *terms.end)) if terms.end else (first[:half], first[half:])
    for words in parts:
        if len(words) < _FALLBACK_WORDS:
            continue
        one = _trimmed(text, _Terms(_over(words)))
        if _first_fit(_folded(text), one) == one.whole:
            yield one


def _directive(text: str, terms: _Terms) -> str:
    parts = [_encoded(text, terms.start)]
    if terms.end:
        parts.append(_encoded(text, terms.end))
    if terms.prefix:
        parts.insert(0, f"{_encoded(text, terms.prefix)}-")
    if terms.suffix:
        parts.append(f"-{_encoded(text, terms.suffix)}")
    return ",".join(parts)


def _encoded(text: str, span: Span) -> str:
    """A term as an address writes it; a dash would be taken for the mark of a prefix or suffix."""
    return quote(" ".join(text[slice(*span)].split()), safe="").replace("-", "%2D")


def _terms(text: str, start: int, end: int) -> _Terms | None:
    """The shortest terms whose first fit is the stretch; without any, those that name it whole."""
    stretch = _stretch(text, start, end)
    if stretch is None:
        return None
    bare = list(_bare_terms(stretch))
    trimmed = [_trimmed(text, terms) for terms in bare]
    folded = _folded(text)
    for terms in (*trimmed, *_terms_in_context(stretch, bare)):
        if _first_fit(folded, terms) == terms.whole:
            return terms
    return trimmed[-1]


def _stretch(text: str, start: int, end: int) -> _Stretch | None:
    blocks = [block for block in _blocks(text, start, end) if _words(text, *block)]
    held = [
        number
        for number, (left, right) in enumerate(blocks)
        if _words(text, max(left, start), min(right, end))
    ]
    if not held:
        return None
    (head, tail) = blocks[held[0]], blocks[held[-1]]
    above = blocks[held[0] - 1 : held[0]]
    below = blocks[held[-1] + 1 : held[-1] + 2]
    return _Stretch(
        first=_words(text, max(head[0], start), min(head[1], end)),
        last=_words(text, max(tail[0], start), min(tail[1], end)),
        one_block=head == tail,
        before=_words(text, head[0], start),
        after=_words(text, end, tail[1]),
        above=_words(text, *above[0]) if above else (),
        below=_words(text, *below[0]) if below else (),
    )


def _blocks(text: str, start: int, end: int) -> Iterator[Span]:
    """The lines and cells on and around a stretch, without marks and labels."""
    left = text.rfind("\n", 0, max(0, start - _AROUND_CHARACTERS)) + 1
    right = text.find("\n", end + _AROUND_CHARACTERS)
    for line in re.finditer(r"[^\n]+", text[left : right if right >= 0 else None]):
        label = _HEAD if " | " in line.group() else _TERM
        for cell in _CELL.finditer(text, left + line.start(), left + line.end()):
            yield _without_label(text, cell.span(), label), cell.end()


def _without_label(text: str, cell: Span, label: re.Pattern[str]) -> int:
    mark = _MARK.match(text, *cell)
    at = mark.end() if mark else cell[0]
    named = label.match(text, at, cell[1])
    return named.end() if named else at


def _words(text: str, start: int, end: int) -> list[Span]:
    return [found.span() for found in _WORD.finditer(text, start, max(start, end))]


def _bare_terms(stretch: _Stretch) -> Iterator[_Terms]:
    """Terms without context, from few words to all."""
    first, last = stretch.first, stretch.last
    whole = _Terms(_over(first))
    if stretch.one_block and len(first) <= _WHOLE_WORDS:
        yield whole
        return
    for number in _TERM_WORDS:
        if stretch.one_block and 2 * number > len(first):
            yield whole
            return
        yield _Terms(_over(first[:number]), _over(last[-number:]))


def _terms_in_context(stretch: _Stretch, bare: Sequence[_Terms]) -> Iterator[_Terms]:
    """Terms with the words before or behind them: of their own block, else of the next one."""
    terms = bare[min(2, len(bare) - 1)]
    own = stretch.before, stretch.after
    beyond = own[0] or stretch.above, own[1] or stretch.below
    for before, after in (own, beyond):
        for number in _CONTEXT_WORDS:
            prefix = _over(before[-number:]) if before else None
            suffix = _over(after[:number]) if after else None
            yield replace(terms, suffix=suffix)
            yield replace(terms, prefix=prefix)
            yield replace(terms, prefix=prefix, suffix=suffix)


def _over(words: Sequence[Span]) -> Span:
    return words[0][0], words[-1][1]


def _trimmed(text: str, terms: _Terms) -> _Terms:
    """Terms without punctuation at their ends, which a page may set otherwise."""
    return replace(
        terms,
        start=_without_punctuation(text, terms.start),
        end=_without_punctuation(text, terms.end) if terms.end else None,
    )


def _without_punctuation(text: str, span: Span) -> Span:
    words = text[slice(*span)]
    left = len(words) - len(words.lstrip(_PUNCTUATION))
    right = len(words.rstrip(_PUNCTUATION))
    return (span[0] + left, span[0] + right) if left < right else span


def _first_fit(folded: str, terms: _Terms) -> Span | None:
    """What a browser finds first in a page of this text."""
    words = _pattern(folded, terms.start)
    if terms.end:
        words += f".*?{_pattern(folded, terms.end)}"
    pattern = f"(?P<fit>{words})"
    if terms.prefix:
        pattern = _pattern(folded, terms.prefix) + _BETWEEN + pattern
    if terms.suffix:
        pattern += _BETWEEN + _pattern(folded, terms.suffix)
    found = re.search(pattern, folded, re.DOTALL)
    return found.span("fit") if found else None


def _pattern(folded: str, span: Span) -> str:
    """A term with any white space between its words, at the edges of words.

    It begins with a literal, which is looked for some twenty times faster than anything else.
    """
    first, *others = (re.escape(word) for word in folded[slice(*span)].split())
    left = rf"(?<!\w{first})" if re.match(r"\w", folded[span[0]]) else ""
    right = r"(?!\w)" if re.match(r"\w", folded[span[1] - 1]) else ""
    return r"\s+".join([f"{first}{left}", *others]) + right


def _folded(text: str) -> str:
    """A text of the same length without what browsers overlook: accents, case, forms of quotes."""
    if not text.isascii():
        text = _OVERLOOKED.sub(lambda found: _FOLDS[found.group()], text)
    return text.lower()


def _letters_without_accents() -> dict[str, str]:
    letters = map(chr, (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)))
    bases = {letter: unicodedata.normalize("NFD", letter)[0] for letter in letters}
    return bases | dict.fromkeys("‘’‚‛", "'") | dict.fromkeys("“”„‟", '"')


_FOLDS = _letters_without_accents()
