"""Which kind of thing a question asks for, and whether a sentence holds one.

The kinds are those of Li and Roth, "Learning Question Classifiers" (2002), that show by form alone:
times, counts, prices, names, addresses. A question of another form asks for nothing in particular.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_UNIT = r"(?:second|minute|hour|day|night|week|month|year|decade|centur)"
_NUMBER = (
    r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|twenty|thirty|forty"
    r"|fifty|sixty|hundreds?|thousands?|millions?|billions?)"
)
_NO_YEAR = r"(?!(?:1\d|20)\d\d\b)"
_MONTH = r"(?:January|February|March|April|June|July|August|September|October|November|December)"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of answer: how questions ask for it, and what a sentence that holds one has."""

    name: str
    asked: re.Pattern[str]
    held: re.Pattern[str]

    def in_any(self, *sentences: str) -> bool:
        """Whether any of some sentences holds one."""
        return any(_holds(self.held, sentence) for sentence in sentences)


@lru_cache(maxsize=4096)
def _holds(held: re.Pattern[str], sentence: str) -> bool:
    return bool(held.search(sentence))


def _kind(name: str, asked: str, held: str, flags: re.RegexFlag = re.IGNORECASE) -> Kind:
    return Kind(name, re.compile(asked, re.IGNORECASE), re.compile(held, flags))


KINDS = (
    _kind(
        "duration",
        rf"\bhow long\b(?! ago)|\bhow many {_UNIT}|\bhalf[- ]?life\b|\bhow (?:quick|fast|soon)",
        rf"\b{_UNIT}(?:s|ies|y)?\b|\b(?:since|until|from) (?:[\w ]{{1,15}} )?\d{{4}}|overnight"
        r"|immediate|instant|lifelong|permanent|temporar|forever",
    ),
    _kind(
        "age",
        r"\bhow old\b|\b(?:what|which) age\b",
        r"\bage[sd]?\b|\bold\b|\byears?\b",
    ),
    _kind(
        "date",
        r"\b(?:what|which) (?:year|date|month|day|century|decade)\b|\bwhen (?:was|were|did)\b"
        r"|\bhow long ago\b",
        rf"\b\d{{3,4}}s?\b|\b\d+ (?:AD|BCE?|CE)\b|\b{_MONTH}\b|\bMay \d|\bcentur|\b\d+ years ago\b",
        re.RegexFlag(0),
    ),
    _kind(
        "price",
        r"\bhow much\b.*\b(?:cost|price|charge|sell|pay)|\bhow much money\b|\bhow expensive\b"
        r"|\bwhat(?:'s| is| are)? (?:the |its )?(?:price|cost)\b"
        r"|\bwhat (?:do|does|would|will|did)\b.*\bcost\b",
        r"[$€£¥]\s?\d|\d\s?[$€£¥]|\b(?:dollars?|euros?|pounds?|cents?|USD|EUR|GBP)\b"
        r"|\bfree\b|\bmillions?\b",
    ),
    _kind(
        "share",
        r"\b(?:what|which) (?:percent|percentage|share|proportion|fraction)\b",
        r"%|\bper ?cent|\b(?:half|third|quarter|majority|most|one in|out of)\b",
    ),
    _kind(
        "count",
        r"\bhow many\b|\b(?:what|which)(?:'s| is| was)? (?:the )?(?:number|population|total)\b",
        rf"\b{_NO_YEAR}\d|\b{_NUMBER}\b|\b(?:one|single|several|few|small|large|many|countless|numerous|both"
        r"|couple|rare|rarely|common|frequent|unknown)\b",
    ),
    _kind(
        "amount",
        r"\b(?:what|which)(?:'s| is| are| was)? (?:the )?(?:\w+ )?(?:dose|dosage|amount|quantity)\b"
        r"|\bhow much\b.*\b(?:take|taken|given|gave|drink|eat|consume|contain|weigh|swallow)\b"
        r"|\bhow (?:tall|high|deep|wide|far|heavy)\b"
        r"|\b(?:what|which) (?:height|weight|depth|temperature)\b",
        rf"\b{_NO_YEAR}\d|\b{_NUMBER}\b"
        r"|\b(?:once|twice|half|double|daily|cups?|spoons?|tablets?|handful)\b",
    ),
    _kind("email", r"\be-?mail\b", r"\S@\S+\.\w|\be-?mail\b"),
    _kind(
        "phone",
        r"\b(?:tele)?phone\b|\bfax\b|\bnumber (?:to|can i|do i) call\b",
        r"(?:\d[- .()]*){6,}|\b(?:tele)?phone\b",
    ),
    _kind(
        "author",
        r"\bwho (?:wrote|authored)\b|\bwho(?:[’']?s| is| are| was) (?:the |its |this )?"
        r"(?:author|writer)|\bauthor(?:[’']?s)? name|\bnames? of the (?:author|writer)",
        r"\b(?:Dr|Prof|Mr|Mrs|Ms)\b\.? [A-Z]\w+|\b[Bb]y [A-Z]\w+ [A-Z]\w+",
        re.RegexFlag(0),
    ),
    _kind(
        "name",
        r"\b(?:what|which)(?:'s| is| was| were| are)? (?:the |his |her |their )?names? of\b"
        r"|\bwho (?:paid|funded|financed|sponsored|invented|discovered"
        r"|founded|designed|built|created|led|won)\b",
        r"(?<=[\w,] )[A-Z][a-z]+|\b(?:Dr|Prof|Mr|Mrs|Ms)\.? [A-Z]|\b[A-Z]{2,}\b",
        re.RegexFlag(0),
    ),
)


# Abstention and quoting ask it of the same question; in memory alone.
@lru_cache(maxsize=64)
def kind_asked(question: str) -> Kind | None:
    """The kind of thing that a question asks for; none when its form does not say.

    Example: kind_asked("How long do cats sleep?").name -> "duration"
    """
    return next((kind for kind in KINDS if kind.asked.search(question)), None)
