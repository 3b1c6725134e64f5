"""The country that help is for, and a file's texts for readers there.

Owns `ASKDOC_REGION`, an ISO 3166 country code. Without it, and in the United States, texts stay as
they are written: with US numbers, and what to do elsewhere. What becomes of them in another country
is told in the files themselves, under `[[abroad]]`.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from askdoc.caveats.schema import AbroadTable, CatalogueFile, CrisisFile
from askdoc.errors import SettingError
from askdoc.i18n import is_country

_HOME = "US"
_UNKNOWN = {"emergency": "your local emergency number", "emergencia": "el número local"}
_FileT = TypeVar("_FileT", CatalogueFile, CrisisFile)


def region(environment: Mapping[str, str] = os.environ) -> str:
    """The country's code in capitals, or "" where none is set."""
    return environment.get("ASKDOC_REGION", "").strip().upper()


def checked_region(environment: Mapping[str, str] = os.environ) -> str:
    """The country's code, or "", for whoever runs askdoc and can put a wrong one right.

    `region` itself refuses none: a person in danger is helped whatever is set.

    Raises:
        SettingError: It is no country's.
    """
    code = region(environment)
    if code and not is_country(code):
        raise SettingError(
            f'ASKDOC_REGION is "{code}", which is no country. Give the two letters of ISO 3166, '
            "such as US, GB or DE."
        )
    return code


def regional(
    file: _FileT, country: str, abroad: Iterable[AbroadTable], countries: Mapping[str, str]
) -> _FileT:
    """A file whose texts are for readers in a country.

    Args:
        file: The file as written.
        country: A code, or "".
        abroad: What becomes of words outside the United States, in order.
        countries: Emergency numbers by code.

    Example: with "GB", "call {emergency_us} or your local number" -> "call {emergency}", and
        `numbers` gives 999 for `emergency`.
    """
    if country in ("", _HOME):
        return file
    pairs = [(entry.here, entry.there) for entry in abroad]
    number = countries.get(country)
    own = dict.fromkeys(_UNKNOWN, number) if number else _UNKNOWN
    kept = {"abroad", "countries", "groups", "sources"}
    changed = {name: _replaced(value, pairs) for name, value in file if name not in kept}
    return file.model_copy(update=changed | {"numbers": {**file.numbers, **own}})


def _replaced(value: Any, pairs: Iterable[tuple[str, str]]) -> Any:
    """A value of a file with every text in it changed."""
    if isinstance(value, str):
        for here, there in pairs:
            value = value.replace(here, there)
        return value
    if isinstance(value, tuple):
        return tuple(_replaced(each, pairs) for each in value)
    if isinstance(value, AbroadTable) or not hasattr(value, "model_copy"):
        return value
    return value.model_copy(update={name: _replaced(each, pairs) for name, each in value})
