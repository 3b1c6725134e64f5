"""Markdown (CommonMark with tables) and its front matter.

This module owns front matter and what Markdown means; the words are written by `markup`.
"""

from typing import Any

import yaml  # type: ignore[import-untyped]
from frontmatter.default_handlers import YAMLHandler
from markdown_it import MarkdownIt

from askdoc.documents.decoding import decode
from askdoc.documents.extract import Extract, UnreadableError
from askdoc.documents.html import first_heading, parse
from askdoc.documents.markup import canonical_text

_LONGEST_FRONT_MATTER = 10_000  # deep nesting costs the square of its length
_DEEPEST = 100
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FIX = "Correct it, or begin the file with an empty line if none is meant."


def extract_markdown(data: bytes) -> Extract:
    """Reads a Markdown file; `id`, `title` and `url` come from its front matter.

    Raises:
        UnreadableError: The file is not text, or its front matter is not a plain table.
    """
    stated, body = _split(decode(data))
    tree = parse(_html(body))
    title = stated["title"] or first_heading(tree)
    return Extract(canonical_text(tree), title, stated["id"], stated["url"])


def _html(text: str) -> str:
    reader = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
    tokens = reader.parse(text)
    # The library leaves out what lies deeper, without a word.
    if any(token.level >= _DEEPEST - 2 for token in tokens):
        raise UnreadableError("nests lists or quotes too deep to be read. Make them flatter.")
    return str(reader.renderer.render(tokens, reader.options, {}))


def _split(text: str) -> tuple[dict[str, str], str]:
    handler = YAMLHandler()
    nothing = dict.fromkeys(("id", "title", "url"), "")
    if not handler.detect(text):
        return nothing, text
    try:
        front, body = handler.split(text)
    except ValueError:
        return nothing, text  # a line of dashes that nothing closes
    table = _load(handler, front)
    if not isinstance(table, dict):
        return nothing, text if front.strip() else body
    return {key: _stated(table, key) for key in nothing}, body


def _load(handler: YAMLHandler, front: str) -> Any:
    if len(front) > _LONGEST_FRONT_MATTER:
        raise UnreadableError(f"has front matter of {len(front):,} characters. Shorten it.")
    try:
        # A few aliases of aliases are enough to fill the memory.
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(front, _LOADER)):
            raise UnreadableError(f"has front matter with aliases (*name). {_FIX}")
        return handler.load(front, Loader=_LOADER)
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError):
        raise UnreadableError(f"has front matter that is not valid YAML. {_FIX}") from None


def _stated(table: dict[Any, Any], key: str) -> str:
    value = table.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnreadableError(
            f"has front matter whose `{key}` is not text. Put it in quotes or leave it out."
        )
    return value.strip()
