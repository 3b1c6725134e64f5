"""Sentences and headings of an article turned into questions, by rules of English word order.

This module owns those rules. They read words alone, so some of what they make is crooked: each
question carries how sure its rule is, and a person reviews it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST_WORDS = 22
_MOST_SUBJECT_WORDS = 6
_MOST_GUESSED_SUBJECT_WORDS = 4
_MOST_OPENING_WORDS = 7

_AUXILIARIES = frozenset(
    "is are was were has have had can could will would should must may might".split()
)
_NO_SUBJECT = frozenset(
    """
    a's about according after again all also although among and another any as at because before
    both but by despite due during each either even finally first for from furthermore he her here
    his how however i if in instead it its last later like many meanwhile moreover most my neither
    next no nor not nothing now of often on once one only or other others our overall she since so
    some such than that the're their then there these they this those though through thus to today
    together under unlike until we what when where whereas whether which while who whom whose why
    with within without yet you your
    """.split()
)
_NUMBER = (
    r"(?:\d[\d.,]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|"
    r"fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|"
    r"ninety|hundreds|thousands)"
)
_ROUGHLY = r"(?:about |around |roughly |nearly |almost |some |over |at least |up to |more than )?"
_DATE = re.compile(
    r"\s*,?\s*\b(?P<how>in|on|since|until)\s+(?:the\s+)?(?:early |late |mid-?)?"
    r"(?:\d{1,2}\s+)?(?:[A-Z][a-z]+\s+)?(?:\d{1,2},\s+)?(?:1[0-9]|20)\d\d(?:s)?\b"
)
_PLACED = re.compile(
    r"(?P<word>located|situated|found|based|kept|held|native|grown|stored)\s", re.I
)
_BREAK = re.compile(
    r"[;:(]|\s[–—-]\s|,\s(?:\w+ly\s)?\w+ing\b"
    r"|,\s(?:which|who|and|but|while|although|so|or|where)\b"
)
_OFTEN = re.compile(
    r"\s*\b(?:(?:once|twice|\w+ times) (?:an?|per|every|each) \w+"
    r"|every (?:\w+ )?(?:hour|day|night|week|month|year|spring|summer|autumn|winter)s?"
    r"|daily|weekly|monthly|yearly|annually)\b"
)
_CONDITION = re.compile(
    r"\s(?:before|after|when|if|once|while|until)\s(?:you|the|it|an?|your|they)\b.*"
)
_FOLLOWS_A_VERB = frozenset(
    """
    a about after an and as at before between by during each every for from her his if in into its
    less like many more most much no of off on out over several some that the their these through
    to under up well when with
    """.split()
)
_PEOPLE = re.compile(
    r"\b(?:actor|artist|author|chemist|doctor|engineer|king|nurse|painter|philosopher|physician|"
    r"physicist|player|poet|politician|president|professional|professor|queen|researcher|"
    r"scientist|singer|specialist|writer)\b"
)
_IMPERATIVES = frozenset(
    """
    add allow apply ask avoid bring brush buy call check choose clean close consult cook cover cut
    drink dry eat feed fill find follow give hang heat inspect install keep leave let look make
    measure mix move open pack place plan plant pour press prune push put read remove repot rinse
    run save see seek select send set soak speak spread start stay stir stop store take talk test
    try turn use visit wait warm wash water wear wipe write
    """.split()
)
_GENERIC = re.compile(
    r"(?:introduction|conclusions?|summary|overview|references|sources|contents|table of contents|"
    r"see also|notes|further reading|external links|faq|frequently asked questions|abstract|"
    r"appendix|background|related articles?|about us|key takeaways)\W*",
    re.I,
)
_OBJECTS = {
    "contains": "contain",
    "includes": "include",
    "causes": "cause",
    "needs": "need",
    "requires": "require",
    "provides": "provide",
    "produces": "produce",
    "offers": "offer",
    "treats": "treat",
    "affects": "affect",
    "means": "mean",
    "covers": "cover",
    "measures": "measure",
    "eats": "eat",
    "upsets": "upset",
    "prevents": "prevent",
    "involves": "involve",
}
_TIMES = {"opens": "open", "closes": "close", "starts": "start", "begins": "begin", "ends": "end"}
_IRREGULAR = {
    "became": "become",
    "began": "begin",
    "brought": "bring",
    "built": "build",
    "chose": "choose",
    "drew": "draw",
    "fell": "fall",
    "fought": "fight",
    "gave": "give",
    "grew": "grow",
    "held": "hold",
    "led": "lead",
    "lost": "lose",
    "made": "make",
    "rose": "rise",
    "sent": "send",
    "spent": "spend",
    "took": "take",
    "went": "go",
    "won": "win",
    "wrote": "write",
}
_AMOUNTS = {
    "costs": "How much does {} cost",
    "weighs": "How much does {} weigh",
    "lasts": "How long does {} last",
    "takes": "How long does {} take",
}


@dataclass(frozen=True, slots=True)
class Turned:
    """A question, the rule that made it, and how sure that rule is, in [0, 1]."""

    question: str
    rule: str
    sureness: float


def questions_on(sentence: str, small: frozenset[str]) -> Iterator[Turned]:
    """The questions that a sentence answers, as far as rules can tell, the surest first.

    Args:
        sentence: One sentence.
        small: The words that the article also writes small, which need no capital.

    Example: next(questions_on("Milk is a drink.", frozenset(["milk"]))).question ->
        "What is milk?"
    """
    flat = " ".join(sentence.split()).rstrip(".!")
    if "?" in flat or len(flat.split()) < 3:
        return
    flat, told = _without_opening(flat)
    head = _BREAK.split(flat)[0].strip().rstrip(",") + told
    if not head:
        return
    if head.split()[0].lower() in _IMPERATIVES and head.split()[0][0].isupper():
        yield from _ordered(head)
        return
    yield from _counted(head, small)
    words = head.split()
    for at, word in enumerate(words):
        if not is_subject(words[:at]) or not words[at + 1 :]:
            continue
        subject, rest = _small(words[:at], small), " ".join(words[at + 1 :])
        if word in _AUXILIARIES:
            yield from _with_auxiliary(subject, word, rest)
            yield from _of_the_subject(words[:at], words[at:])
            return
        if word in (_OBJECTS.keys() | _TIMES.keys() | _AMOUNTS.keys()):
            yield from _with_verb(subject, word, rest)
            return
    if _AUXILIARIES & {*words}:
        return
    for at, word in enumerate(words[:_MOST_GUESSED_SUBJECT_WORDS]):
        if found := _verb(words[:at], word, words[at + 1 :]):
            yield from _with_do(_small(words[:at], small), *found, " ".join(words[at + 1 :]))
            yield from _of_the_subject(words[:at], words[at:])
            return


def _without_opening(sentence: str) -> tuple[str, str]:
    """A sentence without the phrase that opens it, and the date in that phrase, if it is one.

    Example: _without_opening("In 1973, the price rose by half") ->
        ("The price rose by half", " in 1973")
    """
    opening, comma, rest = sentence.partition(", ")
    words = opening.split()
    opens = words[0].lower() in _NO_SUBJECT or words[0].lower().endswith("ly")
    if not comma or not opens or len(words) > _MOST_OPENING_WORDS or len(rest.split()) < 3:
        return sentence, ""
    date = _DATE.fullmatch(opening[0].lower() + opening[1:])
    return rest[0].upper() + rest[1:], f" {date[0].strip()}" if date else ""


def _of_the_subject(subject: list[str], rest: list[str]) -> Iterator[Turned]:
    """A question for the subject, which needs no other word order."""
    if len(rest) > MOST_WORDS or rest[0] in {"are", "were", "have"} or len(rest) < 4:
        return
    is_person = len(subject) > 1 and all(re.match(r"[A-Z]", word) for word in subject)
    yield Turned(f"{'Who' if is_person else 'What'} {' '.join(rest)}?", "subject", 0.55)


def question_of_heading(heading: str, small: frozenset[str]) -> Turned | None:
    """A question that the section under a heading answers, or none."""
    own = re.split(r": |\s[–—]\s", heading.split(" › ")[-1].strip("#*_ \t"))[0].strip()
    if not re.search(r"[^\W\d_]{3}", own) or _GENERIC.fullmatch(own):
        return None
    if own.endswith("?"):
        return Turned(own, "heading", 0.85)
    words = own.split()
    if len(words) > 12:
        return None
    # Titles write every word large: those that the article also writes small are no names.
    words = [w.lower() if w.lower() in small or w.endswith("ing") else w for w in words]
    lowered = " ".join(words)
    if [word.lower() for word in words[:2]] == ["how", "to"]:
        return Turned(f"How do you {' '.join(words[2:])}?", "heading", 0.75)
    if words[0].lower() in {"how", "why", "what", "when", "where", "who", "which"}:
        return Turned(f"{own}?", "heading", 0.45)
    about = "What should you know about {}?" if words[0].endswith("ing") else "What about {}?"
    return Turned(about.format(lowered.removeprefix("about ")), "heading", 0.5)


def subject_of_definition(sentence: str, small: frozenset[str]) -> str:
    """What a sentence defines, as in "milk"; "" where it defines nothing."""
    for turned in questions_on(sentence, small):
        defined = re.fullmatch(r"What (?:is|are|was|were) (?!the )(?:an? )?(.+)\?", turned.question)
        if turned.rule == "definition" and defined:
            return defined[1]
    return ""


def is_subject(words: list[str]) -> bool:
    """Whether words may well be the whole subject of a sentence."""
    if not 1 <= len(words) <= _MOST_SUBJECT_WORDS:
        return False
    lowered = [word.lower() for word in words]
    if lowered[0].strip("’'\"“") in _NO_SUBJECT or lowered[0].endswith("ly"):
        return False
    told = {"that", "which", "who", "when", "if", "because", "it", "they", "there", "what"}
    return not told & {*lowered} and not any(word.endswith((",", ":", ";")) for word in words)


def _with_auxiliary(subject: str, word: str, rest: str) -> Iterator[Turned]:
    if len(rest.split()) > MOST_WORDS or rest.split()[0] in {"not", "no", "never"}:
        return
    if word in {"is", "are", "was", "were"} and re.match(r"(?:an?|the|one of|any|another)\b", rest):
        asks = (
            "Who"
            if _PEOPLE.search(rest) or re.match(r"(?:Dr|Mr|Mrs|Ms|Prof)\b", subject)
            else "What"
        )
        yield Turned(f"{asks} {word} {subject}?", "definition", 0.8)
    verb, asked = _inverted(subject, word, rest)
    if found := re.search(r"\s(?:because|due to|thanks to|owing to)\s", asked):
        yield Turned(f"Why {verb} {subject} {asked[: found.start()]}?", "reason", 0.7)
        return
    if found := _DATE.search(asked):
        before = (asked[: found.start()] + asked[found.end() :]).strip(" ,")
        asks = {"since": "Since when", "until": "Until when"}.get(found["how"], "When")
        if before:
            yield Turned(f"{asks} {verb} {subject} {before}?", "date", 0.75)
            return
    if (found := _OFTEN.search(asked)) and found.start():
        rest = (asked[: found.start()] + asked[found.end() :]).strip(" ,")
        yield Turned(f"How often {verb} {subject} {rest}?", "frequency", 0.75)
    if found := _PLACED.match(asked):
        yield Turned(f"Where {verb} {subject} {found['word']}?", "place", 0.65)
    yield Turned(f"{verb.capitalize()} {subject} {asked}?", "yes or no", 0.6)


def _inverted(subject: str, word: str, rest: str) -> tuple[str, str]:
    """The word that comes first, and what follows the subject; `have` as a verb takes `do`."""
    first = next((w for w in rest.split() if not w.endswith("ly")), "")
    is_perfect = re.search(r"(?:ed|en|wn|been|become|gone|led|made|had|put|seen|set)$", first)
    if word in {"has", "have", "had"} and not is_perfect:
        return {"has": "does", "have": "do", "had": "did"}[word], f"have {rest}"
    return word, rest


def _with_verb(subject: str, word: str, rest: str) -> Iterator[Turned]:
    if word in _OBJECTS and rest:
        yield Turned(f"What does {subject} {_OBJECTS[word]}?", "object", 0.7)
    elif word in _TIMES and re.match(r"(?:at|on|in)\b", rest):
        yield Turned(f"When does {subject} {_TIMES[word]}?", "time", 0.8)
    elif word in _AMOUNTS and re.search(rf"\b{_NUMBER}\b", rest, re.I):
        yield Turned(_AMOUNTS[word].format(subject) + "?", "amount", 0.8)


def _ordered(head: str) -> Iterator[Turned]:
    """Of "Look under the leaves once a week": how often should you look under the leaves?"""
    told = head[0].lower() + head[1:]
    if len(told.split()) > MOST_WORDS:
        return
    if found := _OFTEN.search(told):
        rest = (told[: found.start()] + told[found.end() :]).strip(" ,")
        yield Turned(f"How often should you {rest}?", "frequency", 0.75)
    if found := _CONDITION.search(told):
        yield Turned(f"What should you do{found[0].rstrip(' ,')}?", "advice", 0.6)
    yield Turned(f"Should you {told}?", "yes or no", 0.55)


def _verb(subject: list[str], word: str, rest: list[str]) -> tuple[str, str] | None:
    """`do` and the plain form of a word that is likely the verb; none where it is not."""
    if not is_subject(subject) or not re.fullmatch(r"[a-z]+", word) or not rest:
        return None
    if word in _FOLLOWS_A_VERB | _NO_SUBJECT or subject[-1].lower() in _FOLLOWS_A_VERB:
        return None
    if any(one in {"of", "in", "for", "to"} or one.endswith("ed") for one in subject):
        return None
    if word in _IRREGULAR:
        return "did", _IRREGULAR[word]
    is_number = bool(re.fullmatch(_NUMBER, rest[0]))
    if word.endswith("ed") and len(word) > 4:
        has_object = is_number or rest[0] in {"a", "an", "the", "his", "her", "its", "their"}
        return ("did", _plain_of_past(word)) if has_object else None
    if rest[0] not in _FOLLOWS_A_VERB and not is_number:
        return None
    is_plural = subject[-1].endswith("s") and not subject[-1].endswith(
        ("ss", "us", "is", "’s", "'s")
    )
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and not is_plural:
        return "does", _plain(word)
    is_plain = not word.endswith(("s", "ing", "ly", "al", "ic", "ive", "ous", "ful", "able"))
    return ("do", word) if is_plural and is_plain else None


def _plain(verb: str) -> str:
    """Of "catches", "catch"; of "tries", "try"."""
    if verb.endswith("ies") and len(verb) > 4:
        return f"{verb[:-3]}y"
    return re.sub(r"(?:(?<=ss)|(?<=[xzo])|(?<=ch)|(?<=sh))es$|s$", "", verb)


def _plain_of_past(verb: str) -> str:
    """Of "stopped", "stop"; of "used", "use"; of "tried", "try"; by the ending alone."""
    if verb.endswith("ied"):
        return f"{verb[:-3]}y"
    stem = verb[:-2]
    if re.search(r"([bdgmnprt])\1$", stem):
        return stem[:-1]
    silent = (
        r"(?:[aiou][bcdgkmpsvz]|[aeiou]ir|uc|ur|[au]t|[^aeiou][lu]|rg|dg|ng|rs|ns|lv|rv|[iy]n)$"
    )
    return f"{stem}e" if re.search(silent, stem) else stem


def _with_do(subject: str, does: str, verb: str, rest: str) -> Iterator[Turned]:
    if len(rest.split()) > MOST_WORDS:
        return
    for pattern, asks, rule in ((_DATE, "When", "date"), (_OFTEN, "How often", "frequency")):
        if found := pattern.search(f" {rest}"):
            left = (f" {rest}"[: found.start()] + f" {rest}"[found.end() :]).strip(" ,")
            yield Turned(f"{asks} {does} {subject} {verb} {left}".rstrip() + "?", rule, 0.7)
    yield Turned(f"{does.capitalize()} {subject} {verb} {rest}?", "yes or no", 0.5)


def _counted(head: str, small: frozenset[str]) -> Iterator[Turned]:
    """Of "Cats sleep sixteen hours a day": how many hours a day do cats sleep?"""
    found = re.match(
        rf"(?P<subject>.+?) (?P<verb>[a-z]+) {_ROUGHLY}{_NUMBER} (?P<noun>[a-z]+s)\b(?P<rest>.*)",
        head,
    )
    if not found or len(found["rest"].split()) > 8:
        return
    subject, verb = found["subject"].split(), found["verb"]
    if not is_subject(subject) or verb in _AMOUNTS or re.search(r"(?:ed|ing|ly)$", verb):
        return
    told = _small(subject, small)
    what = f"How many {found['noun']}{found['rest']}".rstrip(" ,")
    if verb in {"has", "have", "had"}:
        does = {"has": "does", "have": "do", "had": "did"}[verb]
        yield Turned(f"How many {found['noun']} {does} {told} have{found['rest']}?", "number", 0.7)
    elif verb in _AUXILIARIES or verb in {"of", "for", "in", "to", "than", "and", "or", "by", "at"}:
        return
    elif subject[-1].endswith("s") and not verb.endswith("s"):
        yield Turned(f"{what} do {told} {verb}?", "number", 0.65)
    elif verb.endswith("s") and not verb.endswith("ss"):
        base = _plain(verb)
        yield Turned(f"{what} does {told} {base}?", "number", 0.65)


def _small(words: list[str], small: frozenset[str]) -> str:
    """Words as they stand within a sentence: the first one small, unless it is a name."""
    if not words:
        return ""
    first = words[0]
    lowered = first[:1].lower() + first[1:]
    known = re.sub(r"['’]s$", "", lowered).strip("’'\"“")
    is_name = first[1:] != first[1:].lower() or not (known in small or known.endswith("ing"))
    return " ".join([first if is_name else lowered, *words[1:]])
