"""The catalogue of the real article, which takes a third of a second to parse."""

from functools import cache
from pathlib import Path

from askdoc.caveats import parse_catalogue

FILE = Path(__file__).parents[2] / "corpus/kratom/caveats.toml"


@cache
def kratom_catalogue():
    return parse_catalogue(FILE.read_text("utf-8"), "kratom")
