"""Markdown (CommonMark with tables, footnotes and definition lists).

This module owns what Markdown means, and the marks of its dialects that are no words of a text;
front matter is left to `frontmatter`, the words are written by `markup`.
"""

import re
from collections.abc import Iterator

from bs4.element import NavigableString, Tag
from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from askdoc.documents.decoding import decode
from askdoc.documents.extract import Extract, UnreadableError, checked_length
from askdoc.documents.formulas import tex_text
from askdoc.documents.frontmatter import split_front_matter
from askdoc.documents.html import drop_marks, first_heading, parse, write_formulas
from askdoc.documents.markup import canonical_text

_DEEPEST = 100
_MOST_MARKS = 100_000  # a cell or a mark of emphasis takes some 4 KB of memory
_FENCE = re.compile(r"[ \t]*(?:```|~~~)")
_DIALECT = re.compile(
    r"[ \t]*(?::{3,}.*|\{:[^{}]*\}|\{%.*%\}|\{\{[<%].*[>%]\}\}|<!--\s*(?:more|toc)\s*-->)[ \t]*"
)
_ANCHOR = re.compile(r"(?<=\S)[ \t]*\{#[\w-]+\}[ \t]*$")
_NOTE = re.compile(r"^[ ]{0,3}\[\^([^\]\s]+)\]:[ \t]*")
_NOTE_MARK = re.compile(r"[ \t]?\[\^[^\]\s]{1,40}\](?!:)")
# Possessive, so that no sign is looked at twice.
_FORMULA = re.compile(
    r"\$\$?((?:[^$\n\\]|\\(?![a-zA-Z]))*+\\[a-zA-Z][^$\n]*+)\$\$?"
    r"|\\\(((?:[^\\\n]|\\(?![()]))++)\\\)"
)
_CALLOUT = re.compile(r"\s*\[!\w+\][+-]?[ \t]*")


def extract_markdown(data: bytes) -> Extract:
    """Reads a Markdown file; `id`, `title` and `url` come from its front matter.

    Raises:
        UnreadableError: The file is not text, or too large or too deep to be read.
    """
    stated, body = split_front_matter(checked_length(decode(data)))
    if sum(body.count(mark) for mark in "|*_[`<") > _MOST_MARKS:
        raise UnreadableError(f"holds more than {_MOST_MARKS:,} cells and marks. Split it.")
    tree = parse(_html(_plain(body)))
    write_formulas(tree)
    drop_marks(tree)
    _drop_dialect(tree)
    title = stated.title or first_heading(tree)
    return Extract(canonical_text(tree), title, stated.id, stated.url)


def _html(text: str) -> str:
    reader = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
    reader.use(footnote_plugin, inline=False).use(deflist_plugin)
    tokens = reader.parse(text)
    # The library leaves out what lies deeper, without a word.
    if any(token.level >= _DEEPEST - 2 for token in tokens):
        raise UnreadableError("nests lists or quotes too deep to be read. Make them flatter.")
    return str(reader.renderer.render(tokens, reader.options, {}))


def _plain(text: str) -> str:
    """The text without lines that only steer a generator of pages, formulas in plain signs."""
    marks = set(re.findall(r"\[\^([^\]\s]{1,200})\](?!:)", text))
    return "\n".join(_plain_line(line, marks) for line in _outside_code(text))


def _outside_code(text: str) -> Iterator[tuple[str, bool]]:
    """Lines, and whether they are code."""
    fenced = False
    for line in text.split("\n"):
        fence = bool(_FENCE.match(line))
        yield line, fenced or fence or line.startswith(("    ", "\t"))
        fenced ^= fence


def _plain_line(numbered: tuple[str, bool], marks: set[str]) -> str:
    line, code = numbered
    if code:
        return line
    if _DIALECT.fullmatch(line):
        return ""
    if (note := _NOTE.match(line)) and note[1] not in marks:
        line = "\n" + line[note.end() :]  # the library leaves out a note that nothing refers to
    line = _FORMULA.sub(lambda found: tex_text(found[1] or found[2]), line)
    return _ANCHOR.sub("", line)


def _drop_dialect(tree: Tag) -> None:
    for node in tree.find_all(string=re.compile(r"\[[\^!]")):
        if node.find_parent(["code", "pre"]) is None:
            words = _NOTE_MARK.sub("", str(node))
            if node.find_parent("blockquote"):
                words = _CALLOUT.sub("", words, count=1)
            node.replace_with(NavigableString(words))
