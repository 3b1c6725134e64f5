"""The form of a question: a list, yes or no, the whole article in short, more, an answer type.

The answer types are those of Li and Roth, "Learning Question Classifiers" (2002), that show by form
alone: times, counts, prices, names, addresses. A question of another form has none.
"""

import re
from dataclasses import dataclass

from askdoc.text import AUXILIARIES, QUESTION_WORDS

_UNIT = r"(?:second|minute|hour|day|night|week|month|year|decade|centur)"
_NUMBER = (
    r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|twenty|thirty|forty"
    r"|fifty|sixty|hundreds?|thousands?|millions?|billions?)"
)
_NO_YEAR = r"(?!(?:1\d|20)\d\d\b)"
_MONTH = r"(?:January|February|March|April|June|July|August|September|October|November|December)"
_LIST = re.compile(
    r"\b(list|what (all|are|kinds?|types?|sorts?)|which (ones|are|things)|"
    r"name (all|the|some|every)|how many (kinds|types|ways)|all (the|of)|every|examples?)\b",
    re.I,
)
_SEVERAL = re.compile(
    r"\b(?:steps?|ingredients|equipment|tools?|materials|supplies|requirements|features"
    r"|instructions|checklist|packing)\b"
    r"|\bhow (?:do|can|should|must|would|to)\b"
    r"|\bwhat (?:\w+ )?(?:do|does|should|must|shall|can|will) (?:i|we|you|one|\w+)"
    r" (?:\w+ )?(?:need|bring|pack|take|wear|buy|do|check|use|have|get|include)\b"
    r"|\bwhat(?:['’]?s| is| comes| are)? (?:in|inside|included|needed|required)\b"
    r"|\bwhat are the \w+s\b",
    re.I,
)
_YES_NO = re.compile(
    rf"\s*(so |and |but |ok |well )*({AUXILIARIES}|am|might|must|isn't|aren't|doesn't|don't|can't"
    r"|won't)\b",
    re.I,
)
_ASKS = re.compile(
    rf"\?|^\s*(and |so |but )*({QUESTION_WORDS}|whats|{AUXILIARIES}|tell|explain|describe|list|name"
    r"|give)\b",
    re.I,
)
_THING = r"(?:article|page|text|document|site|website|post|piece|blog)"
_THIS = rf"(?:(?:this|the|that|your|ur) )?{_THING}"
_THESE = rf"(?:(?:these|those|the|your|ur) )?{_THING}s"
_GIST = (
    r"(?:summary|gist|overview|tl;?dr|take[- ]?home message|(?:main|key) (?:points?|idea|message"
    r"|takeaways?))"
)
_ABOUT = re.compile(
    r"\W*(?:(?:so|and|ok|okay|well|hi|hey|hello|please|pls|can you|could you)\W+)*"
    rf"(?:what(?:[’']?s| is) (?:{_THIS}|this) (?:all )?about|what are {_THESE} (?:all )?about"
    rf"|what (?:does {_THIS}|do {_THESE}) (?:say|tell(?: me)?|cover|discuss|talk about|explain)"
    rf"|(?:summari[sz]e|sum up) (?:{_THIS}|{_THESE}|this)"
    rf"|(?:(?:give me|what(?:[’']?s| is| are)) )?(?:(?:a|the) )?(?:(?:short|quick|brief) )?{_GIST}"
    rf"(?: of (?:{_THIS}|{_THESE}))?)"
    r"(?:\W+(?:please|pls|then|exactly))?\W*",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\W*(?:(?:please|ok|okay|yes|and|so|can you|could you)\b[ ,]*)*"
    r"(?:(?:tell|show|give|say|read)(?: me| us)? (?:some |a bit |a little )?more(?: details?)?|"
    r"(?:some )?more(?: details?| information| info)?|go on|continue|keep going|"
    r"(?:is there |do you have )?anything else|"
    r"what (?:else|more)(?: (?:does|do) (?:it|they|the article) say)?)"
    r"(?: (?:about|on) (?:it|this|that|them))?(?: please)?\W*",
    re.I,
)


@dataclass(frozen=True, slots=True)
class AnswerType:
    """A type of answer: how questions ask for it, and what a sentence that holds one has."""

    name: str
    asked: re.Pattern[str]
    held: re.Pattern[str]

    def in_any(self, *sentences: str) -> bool:
        """Whether any of some sentences holds one."""
        return any(self.held.search(sentence) for sentence in sentences)


def _type(name: str, asked: str, held: str, flags: re.RegexFlag = re.IGNORECASE) -> AnswerType:
    return AnswerType(name, re.compile(asked, re.IGNORECASE), re.compile(held, flags))


ANSWER_TYPES = (
    _type(
        "duration",
        rf"\bhow long\b(?! ago)|\bhow many {_UNIT}|\bhalf[- ]?life\b|\bhow (?:quick|fast|soon)",
        rf"\b{_UNIT}(?:s|ies|y)?\b|\b(?:since|until|from) (?:[\w ]{{1,15}} )?\d{{4}}|overnight"
        r"|immediate|instant|lifelong|permanent|temporar|forever"
        r"|\d ?(?:km|kilomet|miles?|met(?:re|er)s?|m|cm|inch|feet|ft)\b",
    ),
    _type(
        "frequency",
        r"\bhow (?:often|frequently|regularly)\b",
        rf"\b(?:every|each|once|twice|hourly|daily|weekly|monthly|yearly|annual(?:ly)?|times|per"
        rf"|never|always|rarely|seldom|often|regularly|when(?:ever)?|as soon as|until|before|after"
        rf"|{_UNIT}s?)\b",
    ),
    _type(
        "clock",
        r"\b(?:what|which) time\b",
        r"\b\d{1,2}(?:[.:]\d\d)? ?(?:[ap]\.?m\b|o['’]clock)|\b\d{1,2}[.:]\d\d\b"
        r"|\b(?:noon|midday|midnight|dawn|dusk|sunrise|sunset|mornings?|afternoons?|evenings?)\b",
    ),
    _type(
        "age",
        r"\bhow old\b|\b(?:what|which) age\b",
        r"\bage[sd]?\b|\bold\b|\byears?\b",
    ),
    _type(
        "date",
        r"\b(?:what|which) (?:year|date|month|day|century|decade)\b|\bwhen (?:was|were|did)\b"
        r"|\bhow long ago\b",
        rf"\b\d{{3,4}}s?\b|\b\d+ (?:AD|BCE?|CE)\b|\b{_MONTH}\b|\bMay \d|\bcentur|\b\d+ years ago\b",
        re.RegexFlag(0),
    ),
    _type(
        "price",
        r"\bhow much\b.*\b(?:cost|price|charge|sell|pay)|\bhow much money\b|\bhow expensive\b"
        r"|\bwhat(?:'s| is| are)? (?:the |its )?(?:price|cost)\b"
        r"|\bwhat (?:do|does|would|will|did)\b.*\bcost\b",
        r"[$€£¥]\s?\d|\d\s?[$€£¥]|\b(?:dollars?|euros?|pounds?|cents?|USD|EUR|GBP)\b"
        r"|\bfree\b|\bmillions?\b|\b\d+[.,]\d\d\b|\d ?%|\bper ?cent\b"
        r"|\b(?:weeks?|months?)['’]",
    ),
    _type(
        "share",
        r"\b(?:what|which) (?:percent|percentage|share|proportion|fraction)\b",
        r"%|\bper ?cent|\b(?:half|third|quarter|majority|most|one in|out of)\b",
    ),
    _type(
        "count",
        r"\bhow many\b|\b(?:what|which)(?:'s| is| was)? (?:the )?(?:number|population|total)\b",
        rf"\b{_NO_YEAR}\d|\b{_NUMBER}\b|\b(?:one|single|several|few|small|large|many|countless|numerous|both"
        r"|couple|rare|rarely|common|frequent|unknown)\b",
    ),
    _type(
        "amount",
        r"\b(?:what|which)(?:'s| is| are| was)? (?:the )?(?:\w+ )?(?:dose|dosage|amount|quantity)\b"
        r"|\bhow much\b.*\b(?:take|taken|given|gave|drink|eat|consume|contain|weigh|swallow)\b"
        r"|\bhow (?:tall|high|deep|wide|far|heavy)\b"
        r"|\b(?:what|which) (?:height|weight|depth|temperature)\b",
        rf"\b{_NO_YEAR}\d|\b{_NUMBER}\b"
        r"|\b(?:once|twice|half|double|daily|cups?|spoons?|tablets?|handful)\b",
    ),
    _type("email", r"\be-?mail\b", r"\S@\S+\.\w|\be-?mail\b"),
    _type(
        "phone",
        r"\b(?:tele)?phone\b|\bfax\b|\bnumber (?:to|can i|do i) call\b",
        r"(?:\d[- .()]*){6,}|\b(?:tele)?phone\b",
    ),
    _type(
        "author",
        r"\bwho (?:wrote|authored)\b|\bwho(?:[’']?s| is| are| was) (?:the |its |this )?"
        r"(?:author|writer)|\bauthor(?:[’']?s)? name|\bnames? of the (?:author|writer)",
        r"\b(?:Dr|Prof|Mr|Mrs|Ms)\b\.? [A-Z]\w+|\b[Bb]y [A-Z]\w+ [A-Z]\w+",
        re.RegexFlag(0),
    ),
    _type(
        "name",
        r"\b(?:what|which)(?:'s| is| was| were| are)? (?:the |his |her |their )?names? of\b"
        r"|\bwho (?:paid|funded|financed|sponsored|invented|discovered"
        r"|founded|designed|built|created|led|won)\b",
        r"(?<=[\w,] )[A-Z][a-z]+|\b(?:Dr|Prof|Mr|Mrs|Ms)\.? [A-Z]|\b[A-Z]{2,}\b",
        re.RegexFlag(0),
    ),
)


@dataclass(frozen=True, slots=True)
class Form:
    """How a question is put.

    Attributes:
        asks: Whether it has the form of a question or a request, not of a statement.
        yes_or_no: Whether it begins as those do that are answered with yes or no.
        listing: Whether it asks for several things.
        several: Whether a list may answer it: of things, of steps, of what is needed.
    """

    asks: bool
    yes_or_no: bool
    listing: bool
    several: bool = False

    @classmethod
    def of(cls, question: str) -> "Form":
        """Reads the form of a question."""
        yes_or_no = is_yes_or_no(question)
        listing = bool(_LIST.search(question))
        several = not yes_or_no and (listing or bool(_SEVERAL.search(question)))
        return cls(is_put_as_a_question(question), yes_or_no, listing, several)


def answer_type(question: str) -> AnswerType | None:
    """The type of answer that a question asks for; None when its form does not say.

    Example: answer_type("How long do cats sleep?").name -> "duration"
    """
    return next((one for one in ANSWER_TYPES if one.asked.search(question)), None)


def is_yes_or_no(question: str) -> bool:
    """Whether a question begins as those do that are answered with yes or no."""
    return bool(_YES_NO.match(question))


def is_put_as_a_question(words: str) -> bool:
    """Whether words have the form of a question or a request, not of a statement.

    Example: is_put_as_a_question("my husband hides it") -> False
    """
    return bool(_ASKS.search(words))


def asks_what_it_is_about(question: str) -> bool:
    """Whether a question asks for the whole article in short, and for nothing in it.

    Example: asks_what_it_is_about("whats this article about?") -> True
    """
    return bool(_ABOUT.fullmatch(question))


def asks_for_more(question: str) -> bool:
    """Whether a question names nothing and asks for more.

    Example: asks_for_more("Tell me more about it, please") -> True
    """
    return bool(_MORE.fullmatch(question))
