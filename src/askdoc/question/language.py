"""The language of a question, and the one line to who does not write in English.

Owns the fixed lines and when one is shown; which language a question is in is py3langid's to say.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

from askdoc.caveats.triage import crisis
from askdoc.caveats.wordings import pick_sources
from askdoc.caveats.words import words_of
from askdoc.records import Caveat
from askdoc.text import ordinary_words

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

LANGUAGE_LINE = "language_line"
"""The id of the line."""
SURE = 0.8
"""The probability from which a language counts: of 1,500 English questions of `evals/safety` none
is then taken for another language, and of 500 in the eight others 98 % are recognised."""
_LEAST_WORDS = 2
_LONGER = 4
_PLAIN = 2 / 3
"""Of questions in English 78 % have so many English words among those of four letters or more, of
others 0.4 %."""
_SOURCES = ("EU-112",)
_TURKISH_SOURCES = ("TR-112",)

LINES = {
    "es": "El artículo está en inglés y askdoc responde en inglés. Emergencia: {emergency_us} "
    "(EE. UU.), {emergency_eu} (UE) o el número local.",
    "pt": "O artigo está em inglês e o askdoc responde em inglês. Emergência: {emergency_eu} "
    "(Portugal, UE) ou o número local.",
    "fr": "L’article est en anglais et askdoc répond en anglais. Urgence : {emergency_eu} (UE) ou "
    "le numéro local.",
    "de": "Der Artikel ist auf Englisch, und askdoc antwortet auf Englisch. Notruf: "
    "{emergency_eu} (EU) oder die örtliche Nummer.",
    "it": "L’articolo è in inglese e askdoc risponde in inglese. Emergenza: {emergency_eu} (UE) o "
    "il numero locale.",
    "nl": "Het artikel is in het Engels en askdoc antwoordt in het Engels. Noodgeval: "
    "{emergency_eu} (EU) of het lokale nummer.",
    "pl": "Artykuł jest po angielsku i askdoc odpowiada po angielsku. Nagły wypadek: "
    "{emergency_eu} (UE) lub numer lokalny.",
    "tr": "Makale İngilizce ve askdoc İngilizce yanıt verir. Acil durum: {emergency_eu} "
    "(Türkiye, AB) veya yerel numara.",
}
"""By language; `{emergency_us}` and `{emergency_eu}` are numbers of `crisis.toml`."""

_SPANISH_MARK = re.compile("[¿¡]")
"""What no other of these languages writes, however few the words are."""


def language_line(question: str) -> Caveat | None:
    """The line in a question's language, or None for English and what is not plainly another.

    Example: language_line("¿es legal el kratom en españa?").id -> "language_line"
    """
    return line_in(language_of(question))


def line_in(language: str) -> Caveat | None:
    """The line in a language, or None for English and those that have none."""
    if language not in LINES:
        return None
    known = crisis().file
    text = LINES[language].format_map(known.numbers)
    names = _TURKISH_SOURCES if language == "tr" else _SOURCES
    return Caveat(
        LANGUAGE_LINE, "topic", "info", text, pick_sources(names, known.sources, LANGUAGE_LINE)
    )


def language_of(question: str) -> str:
    """The two letters of a question's language; "en" where none of the others is plain."""
    if _SPANISH_MARK.search(question):
        return "es"
    if len(question.split()) < _LEAST_WORDS or _is_plain_english(question):
        return "en"
    language, probability = _identifier().classify(question)
    return language if probability >= SURE else "en"


def _is_plain_english(question: str) -> bool:
    """Whether most longer words are English ones: then the model is not even loaded."""
    if any(letter.isalpha() and not letter.isascii() for letter in question):
        return False
    longer = [word for word in words_of(question) if len(word) >= _LONGER]
    known = sum(word in ordinary_words() for word in longer)
    return bool(longer) and known / len(longer) >= _PLAIN


@cache
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(["en", *LINES])
    return identifier
