"""The language of a question, told by py3langid, and the fixed line for who writes in another."""

import re
from typing import TYPE_CHECKING

from askdoc.caveats.blocks import crisis
from askdoc.caveats.wordings import pick_sources
from askdoc.caveats.words import words_of
from askdoc.records import Caveat
from askdoc.resources import loaded
from askdoc.text import ordinary_words

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

LANGUAGE_LINE = "language_line"
"""The id of the line."""
LANGUAGE_THRESHOLD = 0.8
"""The probability from which a language counts: of 1,500 English questions of `evals/safety` none
is then taken for another language, and of 500 in the eight others 98 % are recognised."""
_MIN_WORDS = 2
_LONG_WORD_LETTERS = 4
_ENGLISH_SHARE = 2 / 3
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
    "ru": "Статья на английском, и askdoc отвечает по-английски. Экстренная помощь: {emergency_us} "
    "(США), {emergency_eu} (ЕС) или местный номер.",
    "ar": "المقال بالإنجليزية ويجيب askdoc بالإنجليزية. الطوارئ: "
    "{emergency_us} (الولايات المتحدة)، {emergency_eu} (الاتحاد الأوروبي) أو الرقم المحلي.",
    "hi": "लेख अंग्रेज़ी में है और askdoc अंग्रेज़ी में जवाब देता है। आपातकाल: {emergency_us} (अमेरिका), "
    "{emergency_eu} (यूरोपीय संघ) या स्थानीय नंबर।",
    "zh": "文章是英文的,askdoc 用英文回答。"
    "紧急情况:{emergency_us}(美国)、{emergency_eu}(欧盟)或当地号码。",
}
"""By language; `{emergency_us}` and `{emergency_eu}` are numbers of `crisis.toml`."""

_OTHER_LETTERS = ("ru", "uk", "bg", "el", "he", "ar", "fa", "hi", "zh", "ja", "ko")
"""Languages that are told apart where most letters are not Latin."""
_UNKNOWN = "und"
"""Any other language in such letters: the code that BCP 47 has for it."""
_LATIN = re.compile("[a-z\u00c0-\u024f]", re.IGNORECASE)
_SPANISH_MARK = re.compile("[¿¡]")
"""What no other of these languages writes, however few the words are."""


def line_in(language: str) -> Caveat | None:
    """The line in a language, or None for English and those that have none.

    Example: line_in(language_of("¿es legal el kratom en españa?")).id -> "language_line"
    """
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
    if _is_in_other_letters(question):
        language, _ = loaded(_identifier).classify(question)
        return language if language in _OTHER_LETTERS else _UNKNOWN
    if len(question.split()) < _MIN_WORDS or _is_plain_english(question):
        return "en"
    language, probability = loaded(_identifier).classify(question)
    return language if probability >= LANGUAGE_THRESHOLD else "en"


def _is_in_other_letters(question: str) -> bool:
    letters = [letter for letter in question if letter.isalpha()]
    return 2 * sum(map(bool, map(_LATIN.match, letters))) < len(letters)


def _is_plain_english(question: str) -> bool:
    """Whether most longer words are English ones: then the model is not even loaded."""
    if any(letter.isalpha() and not letter.isascii() for letter in question):
        return False
    longer = [word for word in words_of(question) if len(word) >= _LONG_WORD_LETTERS]
    known = sum(word in ordinary_words() for word in longer)
    return bool(longer) and known / len(longer) >= _ENGLISH_SHARE


def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([*dict.fromkeys(("en", *LINES, *_OTHER_LETTERS))])
    return identifier
