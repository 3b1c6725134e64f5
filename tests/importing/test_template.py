"""A new article passes the check at the first try, and the check names lines."""

import re

import pytest

from askdoc.caveats import parse_catalogue
from askdoc.caveats.places import line_of, line_of_id
from askdoc.check import check
from askdoc.documents import read_documents
from askdoc.errors import CatalogueError, ImportingError
from askdoc.importing import add_bytes, new_article


def findings(folder):
    return [f for f in check([folder]) if not f.where.startswith("crisis.toml")]


def uncommented(text):
    """The catalogue with all its examples in force."""
    heads = r"# (?=\[|\w+ = )"
    return re.sub(rf"(?m)^{heads}", "", text)


def test_a_new_article_passes_the_check_but_for_being_the_template(tmp_path):
    new_article("green-tea", tmp_path)
    (finding,) = findings(tmp_path)
    assert finding.severity == "due"
    assert "still holds the example text" in finding.message


@pytest.mark.parametrize(
    "title", ["Tea: a “short” guide", 'Say "tea"', "Tea\nleaves", "Tea \\ {title}"]
)
def test_any_title_passes_the_check(tmp_path, title):
    new_article("tea", tmp_path, title=title)
    assert {finding.severity for finding in findings(tmp_path)} == {"due"}
    assert read_documents(tmp_path)[0].title == " ".join(title.split())


def test_the_examples_in_the_catalogue_pass_when_they_are_put_in_force(tmp_path):
    new_article("tea", tmp_path)
    file = tmp_path / "tea" / "caveats.toml"
    file.write_text(uncommented(file.read_text()))
    assert "[[topics]]" in file.read_text().splitlines()
    assert [finding for finding in findings(tmp_path) if finding.severity != "due"] == []


def test_an_article_that_was_added_gets_a_catalogue_with_its_title(tmp_path):
    add_bytes(b"# Black tea\n\nIt is fully oxidised.\n", tmp_path, name="tea")
    (written,) = new_article("tea", tmp_path)
    assert "Black tea" in written.read_text()
    assert findings(tmp_path) == []


def test_nothing_is_overwritten(tmp_path):
    new_article("tea", tmp_path)
    (tmp_path / "tea" / "article.md").write_text("# Mine\n\nMy own words.\n")
    with pytest.raises(ImportingError, match="already"):
        new_article("tea", tmp_path)
    assert "My own words" in (tmp_path / "tea" / "article.md").read_text()


@pytest.mark.parametrize("name", ["", "../tea", "/tmp/tea", "Tea Time", "tea/"])
def test_a_name_that_is_none_writes_nothing(tmp_path, name):
    with pytest.raises(ImportingError, match="name for an article"):
        new_article(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


BROKEN = '''\
[banner]
text = """
[[claims]]
id = "no claim"
"""

[sources.BOOK]
name = "A book"
url = "nowhere"

[[topics]]
id = "one"
topic = "One"
severity = "info"
text = "One."

[[topics]]
id = "two"
topic = "Two"
severity = "grave"
[[topics.wordings]]
when = ["two"]
text = 2

[[claims]]
id = "N1"
quote = "These words do not stand in the article."
classification = "overstated"
note = "No."
'''


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("topics", 1, "severity"), 20),
        (("topics", 1, "wordings", 0, "text"), 23),
        (("topics", 0, "sources"), 11),
        (("claims", 0), 25),
        (("sources", "BOOK", "url"), 9),
        (("nowhere",), None),
    ],
)
def test_every_place_of_a_catalogue_has_its_line(place, line):
    assert line_of(BROKEN, place) == line


@pytest.mark.parametrize(("id", "line"), [("two", 18), ("N1", 26), ("source BOOK", 7), ("x", None)])
def test_every_id_of_a_catalogue_has_its_line(id, line):
    assert line_of_id(BROKEN, id) == line


def test_a_catalogue_that_breaks_the_rules_is_told_with_its_lines():
    with pytest.raises(CatalogueError, match="line 20, topics 2 severity") as caught:
        parse_catalogue(BROKEN, "caveats.toml")
    assert "line 23, topics 2 wordings 1 text" in str(caught.value)


GOOD = """\
[sources.BOOK]
name = "A book"
url = "nowhere"

[[claims]]
id = "N1"
quote = "These words do not stand in the article."
classification = "overstated"
note = "No."

[[topics]]
id = "two"
topic = "Two"
severity = "info"
text = "Two."
fires = ["two"]
"""


def checked(folder, text):
    """What the check finds in a catalogue, by its line and id."""
    new_article("tea", folder)
    file = folder / "tea" / "caveats.toml"
    file.write_text(text)
    return {f.where.removeprefix(file.as_posix()): f.message for f in findings(folder)}


def test_check_names_the_line_of_what_it_finds(tmp_path):
    found = checked(tmp_path, GOOD)
    assert "quote not found" in found[":6 N1"]
    assert "date" in found[":1 source BOOK"]
    assert "source" in found[":12 two"]


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        ('severity = "info"\n', "", 12),
        ('"Two."', '"Call {nobody}."', 12),
        ('"overstated"', '"odd"', 6),
        ('fires = ["two"]', 'fires = ["two .."]', 16),
        ('id = "two"', 'id = "N1"', 6),
        ('note = "No."', 'note = "No."\nsources = ["LOST"]', 6),
    ],
    ids="no-severity no-number class pattern twice no-source".split(),
)
def test_check_names_the_line_of_a_mistake(tmp_path, right, wrong, line):
    assert f":{line}" in checked(tmp_path, GOOD.replace(right, wrong))
