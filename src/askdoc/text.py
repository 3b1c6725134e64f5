"""English text: words with their offsets and stems, stop words, ordinary words, forms of questions.

This room owns every list of English words that is not data of one article, and the cutting of a
text into words. Search, questions, caveats and answers take them from here.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import Stemmer

from askdoc.resources import loaded

MAX_CHARACTERS = 2000
"""Of one question."""
MAX_RULED = 8000
"""Characters of one text that the crisis rules read: half at its beginning, half at its end."""

_WORD = re.compile(r"\d[\d,.]*\d|[^\W_]+(?:'[^\W_]+)*")
_SPACE = re.compile(r"\s+")
_KEPT_CONTROLS = "\t\n\r"
_STEMMER = Stemmer.Stemmer("english")

QUESTION_WORDS = "what|how|why|when|where|who|whom|whose|which"
AUXILIARIES = "is|are|was|were|do|does|did|can|could|will|would|should|may|has|have|had"
"""What questions begin with, as alternatives of a regular expression."""
STOP_WORDS = frozenset(
    """
    a about all also am an and any are as at be been being but by can could did do does doing done
    for from had has have having he her here his how i if in into is it it's its just may me might
    must my no not of on or our s shall she should so some such t than that that's the their them
    then there these they this those to us was we were what what's when where which who whom whose
    why will with would you your
    """.split()
)
"""Words that search leaves out."""
SUBJECTLESS_WORDS = STOP_WORDS - {"doing", "done", "having", "s", "t", "that's"} | frozenset(
    """
    article both either else exactly him many more most much one ones other others over please
    really said same say says tell they're too under very whats who's
    """.split()
)
"""Words that name no subject in a question. What is done or had is one."""
COMMON_WORDS = frozenset(
    """
    amount amounts arrive arrived arrives biggest call called calls cheapest highest largest longest
    lowest newest number oldest shortest smallest sort
    actually already always another anybody anyone anything around ask asked away back bad been
    before begin being best better bit both bring call came can't cannot cause come coming cut day
    days did didn't different doesn't don't done easy else end even ever every everybody everyone
    everything explain feel feeling few find first fix found gave get gets getting give given go
    goes going gone good got great guy guys happen happened happens hard hear heard hello help hey
    hold instead isn't keep kind knew know known last later least leave left less let let's like
    little long look looking lot lots made make makes making many matter mean means mention
    mentions more most much name need needs never next nobody none nothing often okay old once one
    ones only own part people person please point pretty put quick quite read reading real really
    right said same saw say saying says see seen seems sentence set shouldn't show since somebody
    someone something soon start started still stop stuff such sum summarise summarize supposed
    sure take taken takes taking talk talking tell tells text thanks thing things think thought
    time times today told tomorrow took tried true false try trying turn two until use used uses
    using very wanna want wanted wants wasn't way ways week weeks went won't word words work worked
    working works worse worst worth would wouldn't write writes written wrong wrote year years yes
    yesterday yet
    """.split()
)
"""Words of which nobody is helped to learn that an article lacks them."""
LIST_WORDS = frozenset("all complete every full list lists please step steps whole".split())
"""Words that ask for the whole of something, and name no subject."""
FUNCTION_WORDS = (
    COMMON_WORDS
    | frozenset(word for word in STOP_WORDS if len(word) > 3 and "'" not in word)
    - {"also", "some"}  # one letter from names of things, such as "soma"
    | frozenset(
        """
        above after again against along although among because below between down during each
        either enough except however neither off ought over perhaps rather though through till
        together toward under unless upon whether while within without yours
        """.split()
    )
)
"""Common words, and what joins them: a word that is nearly one of these is that one misspelt."""
CHAT_WORDS = frozenset(
    """
    bcoz bcuz coz cos cud cuz dat dem dis doin dunno gimme gonna gotta havent imma ive kinda lemme
    lol ngl nvm obv omg outta pls plz ppl prob probs rly shud sorta sth tbh thx til thru tmrw tonite
    wat wen wer wich wid wiv wot wud yall yea yeah yep yup
    """.split()
)
"""Function words as they are written in chats."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text that is no stop word: where it stands, and its stem."""

    start: int
    end: int
    stem: str


def words(text: str) -> list[str]:
    """A text's words in lower case, in order, without stop words.

    Example: words("Is 7,000 mg addictive?") -> ["7,000", "mg", "addictive"]
    """
    return [word for word in all_words(text) if word not in STOP_WORDS]


def all_words(text: str) -> list[str]:
    """A text's words in lower case, in order.

    Example: all_words("It’s 7,000 mg.") -> ["it's", "7,000", "mg"]
    """
    return _WORD.findall(text.lower().replace("’", "'"))


def tokens(text: str) -> list[str]:
    """The stems of a text's words, in order, without stop words.

    Example: tokens("Is it addictive?") -> ["addict"]
    """
    return list(_STEMMER.stemWords(words(text)))


def stems(text: str) -> frozenset[str]:
    """Each stem of a text's words once, without stop words."""
    return frozenset(tokens(text))


def tokenize(text: str) -> tuple[Token, ...]:
    """The words of a text that are no stop words, with where they stand.

    Example: tokenize("Is it new?") -> (Token(6, 9, "new"),)
    """
    found = list(_matches(text))
    stems = _STEMMER.stemWords([match.group() for match in found])
    return tuple(Token(*match.span(), stem) for match, stem in zip(found, stems, strict=True))


def content_spans(text: str) -> list[tuple[int, int]]:
    """Where the words of a text stand that are no stop words.

    Example: content_spans("Is it new?") -> [(6, 9)]
    """
    return [match.span() for match in _matches(text)]


def _matches(text: str) -> Iterator[re.Match[str]]:
    folded = text.lower()
    if len(folded) != len(text):
        folded = "".join(c if len(c) == 1 else " " for c in map(str.lower, text))
    found = _WORD.finditer(folded.replace("’", "'"))
    return (match for match in found if match.group() not in STOP_WORDS)


def ordinary_words() -> frozenset[str]:
    """Ordinary English words, never taken for a misspelling of something else.

    They are the whole words of four letters or more in the vocabulary of BERT (uncased,
    Apache-2.0).
    """
    return loaded(_words_in, "english.txt")


def _words_in(name: str) -> frozenset[str]:
    return frozenset(files("askdoc").joinpath(name).read_text(encoding="utf-8").split())


def both_ends(text: str, most: int = MAX_CHARACTERS) -> str:
    r"""A text, or of one with more characters its beginning and its end, on two lines.

    Example: both_ends("0123456789", 5) -> "01\n89"
    """
    half = (most - 1) // 2
    return text if len(text) <= most else f"{text[:half]}\n{text[-half:]}"


def scrub(text: str) -> str:
    """Any string as safe, single-line text, without complaint: what crisis rules read."""
    whole = "".join(" " if "\ud800" <= c <= "\udfff" else c for c in text)
    return visible(unicodedata.normalize("NFKC", whole))


def visible(text: str) -> str:
    """Drops controls and format characters (bidi, zero width), folds white space."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = (
        character
        for character in text
        if character in _KEPT_CONTROLS or unicodedata.category(character) not in {"Cc", "Cf"}
    )
    return _SPACE.sub(" ", "".join(kept)).strip()
