"""What CONTRIBUTING names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACES = (ROOT, ROOT / "src/askdoc", ROOT / "src/askdoc/locales")
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PATH = r"[\w.-]+(?:/[\w.-]+)*(?:/|\.(?:py|toml|md|css|js|json|jsonl|po))"
EXAMPLES = {"documents/KIND.py", "fr.po"}


def found(name):
    """The file or folder of a name, or none; a bare name may lie anywhere."""
    paths = [place / name for place in PLACES if (place / name).exists()]
    return next(iter(paths or ROOT.glob(f"[!.]*/**/{name}")), None)


def test_every_file_and_room_it_names_exists():
    named = set(re.findall(rf"`({PATH})`", TEXT)) - EXAMPLES
    assert len(named) > 40
    assert [name for name in sorted(named) if found(name) is None] == []


def test_every_name_it_puts_in_a_file_is_in_that_file():
    placed = re.findall(rf"`(\w+)`(?: and `(\w+)`)? in `({PATH})`", TEXT)
    assert len(placed) > 3
    for first, second, name in placed:
        assert {first, second} - {""} <= set(re.findall(r"\w+", found(name).read_text())), name
