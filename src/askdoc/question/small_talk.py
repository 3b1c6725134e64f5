"""What people type into any chat and no article answers: greetings, thanks, and "who are you".

Retrieval finds something for "thanks", too. Here such words are known by a closed list and get a
fixed reply; crisis rules have looked at them before. A word that asks something, "why?", is none.
"""

import re

from askdoc.i18n import N_, _
from askdoc.text import all_words

GREETED = N_(
    "Ask me about the article. I answer in its own words, or tell you that it does not answer."
)
WHO = N_(
    "I am askdoc, a program and not a person. I look for the sentences of the article that answer "
    "your question, quote them word for word, and show what reviewers noted on them. I do not "
    "know more than the article, and I cannot advise you."
)

_SMALL_TALK = frozenset(
    """
    afternoon ah aha alright amazing awesome bot bye cheers cool dear evening excellent fine
    good gotcha great greetings ha haha hello helpful hey hi hiya hm hmm k kk lol lovely many
    mate morning much nah nice night no nope oh ok okay okey okie oops perfect please pls really
    right so sorry sure thank thanks thankyou that's thats there thx ty u understood very
    welcome well wonderful wow yay yeah yep yes yo you you're your youre
    """.split()
)
# One of these must be there: the others alone may be half of a question.
_BY_ITSELF = _SMALL_TALK - frozenset(
    "bot dear good many mate much please really right so that's thats there u very you your".split()
)
_BEFORE = r"\W*(?:(?:hi|hey|hello|ok|okay|so|and|but|wait|sorry)\W+)*"
_YOU = "(?:you|u)"
_PROGRAM = (
    r"(?:(?:an?|the|just|only|really|actually)\W+)*"
    r"(?:bot|chat ?bot|robot|machine|program|computer|ai|chat ?gpt|gpt|llm|language model"
    r"|human(?: being)?|(?:real |actual |live )?person)"
)
_PROGRAMS = rf"{_PROGRAM}(?: or {_PROGRAM})?"
_CALLING = "(?:doctor|physician|nurse|therapist|pharmacist|lawyer)"


def _any_of(*phrases: str) -> re.Pattern[str]:
    after = r"(?:\W+(?:please|pls|then|exactly|anyway))?\W*"
    return re.compile(rf"{_BEFORE}(?:{'|'.join(phrases)}){after}", re.IGNORECASE)


_PHRASES = _any_of(
    r"how(?:[’']?s| is) (?:it going|life|your day)",
    rf"how (?:are|r) {_YOU}(?: doing)?(?: today)?",
    "how do you do",
    r"what(?:[’']?s| is) up|wh?assup",
    "sup",
    rf"nice to meet {_YOU}",
    "good to know",
    r"i see|(?:i )?got it|makes sense|that (?:helps|helped|is helpful|was helpful)",
    r"never ?mind|no (?:problem|worries)|that(?:[’']?s| is| will be|[’']ll be) all",
    r"have a (?:nice|good|great) (?:day|evening|night|weekend|one)",
    r"see (?:you|ya)(?: later)?|take care|bye bye|test|testing",
    rf"can {_YOU} hear me|is (?:any|some)(?:one|body) (?:there|here)",
)
_THANKS = (
    r"(?:thanks?(?: you| everyone| all| for (?:the help|everything))?|thx|ty|cheers|ok(?:ay)?|cool"
    r"|great|peace|all good)"
)
_IM = r"(?:i[’']?m|i am)"
_LEAVING = rf"""(?:{
    "|".join(
        (
            r"(?:good ?)?bye+(?: bye)?|good ?night|farewell|so long|cya|ttyl|laters?|peace",
            r"(?:see|talk to|catch) (?:you|ya|u)(?: later| soon| around| tomorrow| never)?",
            rf"take care|until (?:next time|tomorrow|then)|{_IM} (?:out|off)|leaving now",
            rf"{_IM} (?:leaving|going) (?:now|for today)|(?:signing|logging) off",
            r"(?:i(?:[’']ve)? )?(?:gotta|got to|have to|need to|must) (?:go|run)(?: now)?",
            r"that(?:[’']?s| is) (?:it|all) (?:from me|for (?:today|now))|back (?:later|tomorrow)",
        )
    )
})"""
_WHOM = "(?: (?:to )?(?:everyone|everybody|all|guys|folks|then|now|for now|bot|friends?))?"
_FAREWELL = re.compile(
    rf"\W*(?:{_THANKS}\W+)*{_LEAVING}{_WHOM}(?:\W+(?:{_THANKS}|{_LEAVING}){_WHOM})*\W*",
    re.IGNORECASE,
)
_WHO = _any_of(
    rf"(?:who|what) (?:are|r) {_YOU}",
    rf"(?:are|r) {_YOU} (?:{_PROGRAMS}|real|alive|(?:an?\W+)?(?:real )?{_CALLING})",
    rf"am i (?:talking|speaking|chatting|writing) (?:to|with) {_PROGRAMS}",
    rf"is (?:this|that) {_PROGRAMS}",
    r"(?:who|what) am i (?:talking|speaking|chatting) (?:to|with)",
    r"what(?:[’']?s| is) your name",
    rf"what can (?:{_YOU} (?:do|help with)|i ask)(?: here| me| {_YOU})?",
    rf"what (?:do|should) i (?:ask|type|say)(?: here| {_YOU})?",
    rf"how (?:do|does) (?:{_YOU}|askdoc|(?:this|the) (?:chat|bot|chatbot)) work",
    "(?:what|who) is askdoc",
    "help",
)
_MAX_WORDS = 6


def small_talk_reply(question: str) -> str | None:
    """The fixed reply to words that ask nothing of an article, or None for all others.

    Example: small_talk_reply("ok thanks") -> GREETED
    """
    if _WHO.fullmatch(question):
        return _(WHO)
    return _(GREETED) if _is_small_talk(question) else None


def is_farewell(question: str) -> bool:
    """Whether a question is a plain goodbye, and nothing else.

    Example: is_farewell("ok thx, bye everyone") -> True
    """
    return bool(_FAREWELL.fullmatch(question))


def _is_small_talk(question: str) -> bool:
    words = all_words(question)
    if 0 < len(words) <= _MAX_WORDS and set(words) <= _SMALL_TALK and set(words) & _BY_ITSELF:
        return True
    return bool(_PHRASES.fullmatch(question)) or is_farewell(question)
