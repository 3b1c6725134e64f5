"""The language of the interface: which one a reader wants, and askdoc's fixed words in it.

English is the words in the code. Every other language is a file `locales/CODE.po` in gettext's
format, which translators' tools open and Babel reads. What an article says and what reviewers wrote
stays as it is.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.resources import files

from askdoc.resources import loaded

ENGLISH = "en"
_LOCALES = files("askdoc").joinpath("locales")
_LANGUAGE = ContextVar("askdoc.language", default=ENGLISH)
_CATALOGUES = sorted(file.name for file in _LOCALES.iterdir() if file.name.endswith(".po"))


def languages() -> tuple[str, ...]:
    """The codes of all languages there are."""
    return (ENGLISH, *(name.removesuffix(".po") for name in _CATALOGUES))


def language() -> str:
    """The code of the language that is spoken."""
    return _LANGUAGE.get()


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speaks a language meanwhile, in this thread or task and those that it starts."""
    token = _LANGUAGE.set(code)
    try:
        yield
    finally:
        _LANGUAGE.reset(token)


def _(text: str, **values: object) -> str:
    """A fixed text in the language that is spoken, its names in braces filled in.

    Example: _("Ask about {articles}.", articles="cats") -> "Pregunte sobre cats."
    """
    said = translations(language()).get(text, text)
    return said.format_map(values) if values else said


def N_(text: str) -> str:  # noqa: N802  (gettext's own name)
    """Marks a text that is translated where it is shown."""
    return text


def translations(code: str) -> Mapping[str, str]:
    """All fixed texts of a language by the English ones; none for English."""
    return loaded(_translations_in, code)


def _translations_in(code: str) -> Mapping[str, str]:
    if code not in languages() or code == ENGLISH:
        return {}
    from babel.messages.pofile import read_po  # only the server speaks other languages

    with _LOCALES.joinpath(f"{code}.po").open("rb") as file:
        catalogue = read_po(file, locale=code)
    return {str(m.id): str(m.string) for m in catalogue if m.id and m.string and not m.fuzzy}


def wanted(accepted: str, asked: str = "") -> str:
    """The best of our languages for a reader.

    Args:
        accepted: What the browser accepts, as in the header Accept-Language.
        asked: What the address or the page asks for; unknown languages do not count.

    Example: wanted("pt, es-MX;q=0.8, en;q=0.5") -> "es"
    """
    from babel import negotiate_locale

    prefered = [asked, *_by_weight(accepted)]
    found = negotiate_locale(filter(None, prefered), languages(), sep="-")
    return found or ENGLISH


def is_country(code: str) -> bool:
    """Whether ISO 3166 has such a code; without the server's libraries, any two letters are one."""
    try:
        from babel import Locale
    except ImportError:
        return len(code) == 2 and code.isalpha()
    return len(code) == 2 and code in Locale("en").territories


def _by_weight(accepted: str) -> list[str]:
    weighed = []
    for entry in accepted[:1000].split(","):
        code, _sep, parameter = entry.partition(";")
        weight = _weight(parameter)
        if weight > 0:
            weighed.append((weight, code.strip()))
    return [code for _weight_of, code in sorted(weighed, key=lambda pair: -pair[0])]


def _weight(parameter: str) -> float:
    try:
        return float(parameter.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0
