"""Front matter: the id, title and url that a Markdown file states above its text.

This module owns YAML between lines of `---`, TOML between lines of `+++` and JSON in braces. Front
matter is somebody else's: what is odd in it is left out, and never keeps an article from being
read.
"""

import json
import re
import tomllib
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml  # type: ignore[import-untyped]

from askdoc.documents.extract import UnreadableError
from askdoc.documents.making import is_web_address, slug

_LONGEST = 10_000  # characters; deep nesting costs the square of its length
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FENCED = re.compile(
    r"\A\s*?^(?:(---|\+\+\+)[ \t]*\n(?:(.*?)\n)??(?:\1|(?<=\n)\.\.\.)[ \t]*(?:\n|\Z)"
    r"|(?=(\{)\n)(.*?\n\})[ \t]*(?:\n|\Z))",
    re.DOTALL | re.MULTILINE,
)
_LINE = re.compile(r"(?m)^(id|title|url)[ \t]*[:=][ \t]*(.*?)[ \t]*$")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a file states of itself. Fields it does not state are ""."""

    id: str = ""
    title: str = ""
    url: str = ""


def split_front_matter(text: str) -> tuple[FrontMatter, str]:
    """A file's front matter, and its text below.

    A number or a date is taken as text, an id of several words joined by dashes; an address that
    is none is left out.

    Raises:
        UnreadableError: The front matter is too long.
    """
    found = _FENCED.match(text)
    if not found:
        return FrontMatter(), text
    fence, front = found[1] or found[3], found[2] or found[4] or ""
    if len(front) > _LONGEST:
        raise UnreadableError(f"has front matter of {len(front):,} characters. Shorten it.")
    table = {"---": _yaml, "+++": _toml, "{": _json}[fence](front)
    if not isinstance(table, dict):
        return FrontMatter(), text if front.strip() else text[found.end() :]
    url = _words(table.get("url"))
    return (
        FrontMatter(
            _id(_words(table.get("id"))),
            _words(table.get("title")),
            url if is_web_address(url) else "",
        ),
        text[found.end() :],
    )


def _yaml(front: str) -> Any:
    try:
        # A few aliases of aliases are enough to fill the memory.
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(front, _LOADER)):
            return _by_line(front)
        return yaml.load(front, Loader=_LOADER)
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError):
        return _by_line(front)


def _toml(front: str) -> Any:
    try:
        return tomllib.loads(front)
    except (tomllib.TOMLDecodeError, RecursionError):
        return _by_line(front)


def _json(front: str) -> Any:
    try:
        return json.loads(front)
    except (ValueError, RecursionError):
        return None


def _by_line(front: str) -> dict[str, str]:
    """The fields of front matter that is no valid table, each on its line ("title: A: b")."""
    return {key: value.strip("'\"") for key, value in _LINE.findall(front)}


def _words(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | date):
        return ""
    return str(value).strip()


def _id(words: str) -> str:
    return words if re.fullmatch(r"\S{1,200}", words) and words.isprintable() else slug(words)
