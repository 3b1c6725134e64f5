"""Pages as systems that people publish with make them: all of the article, and nothing else."""

from pathlib import Path

import pytest

from askdoc.documents import document_from_bytes

PAGES = Path(__file__).parent / "pages"
READ = {
    "wordpress": [
        "costs 3.50 euros",
        "Bikes: 2 euros",
        "Dogs: 1 euro",
        "Boat: First | Leaves: 7.10",
        "Boat: Last | Leaves: 18.40",
        "Times in summer",
        "No, smoking is forbidden on deck 2.",
    ],
    "drupal": ["3.50 €", "Adult fare", "Monday", "Tuesday", "costs 3.50 euros"],
    "mediawiki": [
        "carries 120 people.",
        "24 m long and has 2 engines",
        "Length: 24 m (79 ft)",
        "Built: 1887",
        "Year: 1950 | Passengers, Summer: 12,000 | Passengers, Winter: 800",
    ],
    "notion": [
        "Capacity: 120",
        "Adults pay 3.50 euros.",
        "Dogs must wear a muzzle.",
        "Bring 2 coins",
        "Winter: closed",
        "Summer: 8 to 20",
    ],
    "google-docs": [
        "3 × 10⁹ litres",
        "Adults pay 3.50 euros.",
        "2. Board at pier 4",
        "Age: 6 to 12 | Fare: 1.20",
    ],
    "confluence": [
        "Who: Adult | Pays: 3.50 (return 6.00)",
        "Pregnant women must not board after 20.00.",
        "The last boat leaves at 18.40.",
    ],
    "docusaurus": [
        "may send 120 requests",
        "Never send more than 300.",
        "Wait 5 s.",
        "Wait 9 s.",
        "limit = 120\n",
        "Linux",
        "macOS",
    ],
    "sphinx": [
        "dose(age=12)",
        "Returns 10 mg for an adult.",
        "Never above 40 mg.",
        "Age: 6 | Dose: 5 mg",
        "5 m²",
        "Version: 2.4",
    ],
    "github": [
        "Do not exceed 40 mg.",
        "Option: --limit | Default: 120",
        "ferry run --limit 120",
        "3 euros.",
    ],
    "govuk": [
        "fined up to £5,000",
        "Fee: £43.50",
        "Lasts: 3 years",
        "Everyone over 16 pays.",
        "It takes 8 weeks.",
    ],
}
LEFT_OUT = {
    "wordpress": ["I paid 9", "powered by", "Skip to", "Blog", "2 eurosDogs"],
    "drupal": ["fare3.50", "MondayTuesday", "9 euros", "Breadcrumb"],
    "mediawiki": ["[edit]", "citation needed", "Categories", "people.1", "18871", "1887["],
    "notion": ["closedSummer"],
    "google-docs": ["9 euros", "109 litres", "1. Board"],
    "confluence": ["3.50(return"],
    "docusaurus": ["Copy", "Next page", "Intro page", "limit = 120wait", "Costs#"],
    "sphinx": ["¶", "Navigation", "5 m2"],
    "github": ["24 h"],
    "govuk": ["Crown", "Skip to", "£43.503"],
}


@pytest.fixture(scope="module")
def texts():
    pages = {file.stem: file.read_bytes() for file in PAGES.glob("*.html")}
    texts = {name: document_from_bytes(data, f"{name}.html").text for name, data in pages.items()}
    return {name: text.replace("\xa0", " ") for name, text in texts.items()}


@pytest.mark.parametrize("name", READ)
def test_a_page_holds_its_article(texts, name):
    assert [words for words in READ[name] if words not in texts[name]] == []


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_page_holds_nothing_but_its_article(texts, name):
    assert [words for words in LEFT_OUT[name] if words in texts[name]] == []
