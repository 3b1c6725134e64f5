"""What CONTRIBUTING and the docs name is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACES = (ROOT, ROOT / "src/askdoc", ROOT / "src/askdoc/locales")
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PATH = r"[\w.-]+(?:/[\w.-]+)*(?:/|\.(?:py|toml|md|css|js|json|jsonl|po))"
EXAMPLES = {"documents/KIND.py", "fr.po"}
RULED_OUT = re.compile(r"(?i)courtes|word.?piece|rarity|shel[fv]|recogniser|judgement|lately|spool")
"""Words of the glossary's third column that mean nothing else anywhere."""


def found(name):
    """The file or folder of a name, or none; a bare name may lie anywhere."""
    paths = [place / name for place in PLACES if (place / name).exists()]
    return next(iter(paths or ROOT.glob(f"[!.]*/**/{name}")), None)


def test_every_file_and_room_it_names_exists():
    named = set(re.findall(rf"`({PATH})`", TEXT)) - EXAMPLES
    assert len(named) > 40
    assert [name for name in sorted(named) if found(name) is None] == []


def test_every_module_that_the_docs_name_exists():
    pages = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    named = {
        (page.name, name)
        for page in pages
        for name in re.findall(r"`((?:\w+/)+\w+\.(?:py|js|css))`", page.read_text("utf-8"))
    }
    assert len(named) > 5
    assert [one for one in sorted(named) if found(one[1]) is None] == []


def test_every_name_it_puts_in_a_file_is_in_that_file():
    placed = re.findall(rf"`(\w+)`(?: and `(\w+)`)? in `({PATH})`", TEXT)
    assert len(placed) > 3
    for first, second, name in placed:
        assert {first, second} - {""} <= set(re.findall(r"\w+", found(name).read_text())), name


def test_no_code_uses_a_word_that_the_glossary_rules_out():
    names = [one for name in ("src", "training") for one in (ROOT / name).rglob("*.py")]
    texts = {
        file.relative_to(ROOT).as_posix(): file.read_text().replace("recogniser.json", "")
        for file in names
    }
    found = {file: sorted(set(RULED_OUT.findall(text))) for file, text in texts.items()}
    assert {file: words for file, words in found.items() if words} == {}
