"""Sentences of an article turned into questions, by rules of English word order.

This module owns those rules. They read words alone, so some of what they make is crooked: each
question carries how sure its rule is, and a person reviews it.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.resources import files

MOST_WORDS = 22
_LEAST_WORDS = 4
_LEAST_ORDERED = 3
_AFTER_NO_SUBJECT = frozenset("never no not of that through to".split())
_MOST_SUBJECT_WORDS = 6
_MOST_GUESSED_SUBJECT_WORDS = 4
_MOST_OPENING_WORDS = 7

WORDS = tomllib.loads(
    files("askdoc.evaluation").joinpath("turning.toml").read_text(encoding="utf-8")
)


def _set(name: str) -> frozenset[str]:
    return frozenset(WORDS[name].split())


AUXILIARIES = _set("auxiliaries")
NOT_FIRST_IN_A_SUBJECT = _set("not_first_in_a_subject")
_NOT_IN_A_SUBJECT = _set("not_in_a_subject")
_FOLLOWS_A_VERB = _set("follows_a_verb")
_SAME_IN_THE_PAST = _set("same_in_the_past")
_IMPERATIVES = _set("imperatives")
_PARTICIPLES = _set("participles")
_ADVERBS = frozenset(("often", "since", "sometimes"))
_PEOPLE = re.compile(rf"\b(?:{'|'.join(_set('people'))})\b(?!['’])")
_NUMBER = rf"(?:\d[\d.,]*|{'|'.join(sorted(_set('numbers')))})"
_ROUGHLY = r"(?:about |around |roughly |nearly |almost |some |over |at least |up to |more than )?"
_DATE = re.compile(
    r"\s*,?\s*\b(?P<how>in|on|since|until)\s+(?:the\s+)?(?:early |late |mid-?)?"
    r"(?:\d{1,2}\s+)?(?:[A-Z][a-z]+\s+)?(?:\d{1,2},\s+)?(?:1[0-9]|20)\d\d(?:s)?\b"
)
_PLACED = re.compile(
    r"(?P<word>located|situated|found|based|kept|held|native|grown|stored)"
    rf"\s(?:{'|'.join(_set('before_a_place'))})\s",
    re.I,
)
_BREAK = re.compile(
    r"[;:(|]|\s[–—-]\s|,\s(?:\w+ly\s)?\w+ing\b"
    r"|,\s(?:which|who|and|but|while|although|so|or|where|however)\b"
    r"|\sand\s(?:the|it|they|you|he|she|we|this|(?:is|are|was|were|may|can|must|should|will|has|had"
    r"|have|does|do|did)(?:\snot)?|(?:not\s)?\w+(?:s|ed)\s(?:about|an?|its|no|only|the|\w+ly))(?:\s|$)"
)
NUMBERED = re.compile(
    r"^(?:(?:Appendix|Chapter|Part|Section|Step)\s)?"
    r"(?:\(?(?:\d{1,2}(?:\.\d{1,2})*|[a-z])[.):]|\d{1,2}(?:\.\d{1,2})+)\s+(?=\S)"
)
"""The number of a clause, a step or a section: "4.2 ", "Chapter 3. ", "(b) "."""
_ASIDE = re.compile(
    rf"\s?\([^()]*\)|,? \b(?:{'|'.join(WORDS['asides'].strip().splitlines())})\b,?(?=\s|$)", re.I
)
_ENTRY = re.compile(r"(?P<term>[^\W_][^:;,.!?|]{0,40}): (?=[^:]*$)")
"""What a list explains before the explanation: "Deadline: The date and hour shown …"."""
_REMARK = re.compile(r"(?:caution|example|hint|important|note|tip|warning)s?\b", re.I)
_CLAUSE = re.compile(r"\d+(?:\.\d+)+")
_PERIOD_OF_A_SENTENCE = re.compile(r"(?<![ap]\.m)(?<!\betc)[.!]+$")
LEANS = re.compile(r"\b(?:it|they|them|he|she|him)\b", re.I)
_POINTS = re.compile(
    r"\b(?:this|these|those|such|the (?:above|following|former|latter|\w+ one)"
    r"|I|me|my|our|us|we)\b",
    re.I,
)
"""Words that point at the text around a sentence, which a question does not have."""
_ADDED = re.compile(rf", (?=(?:{'|'.join(_set('begins_an_addition'))}|\w+ing)\b)")
_OPEN_END = re.compile(r"\b(?:an?|and|by|by \w+ing|for|from|of|or|the|with)\?$", re.I)
_OFTEN = re.compile(
    r"\s*\b(?<!of )(?:(?:once|twice|\w+ times) (?:an?|per|every|each) \w+"
    r"|every (?:\w+ )?(?:hour|day|night|week|month|year|spring|summer|autumn|winter)s?"
    r"|daily|weekly|monthly|yearly|annually)\b"
)
_CONDITION = re.compile(r"\s(?:before|after|when|if|once|while)\s(?:you|the|an?|your)\b.*")


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
    for one in _questions(sentence, small):
        asked = _shortened(one.question)
        is_whole = asked.count('"') % 2 == 0 and not _OPEN_END.search(asked)
        if is_whole and not _POINTS.search(asked):
            yield replace(one, question=asked)


def _shortened(question: str) -> str:
    """A question up to what its sentence adds after a comma.

    Example: _shortened("Who built the mill, a ruin by then?") -> "Who built the mill?"
    """
    asked = _ADDED.split(question, maxsplit=1)[0]
    return f"{(asked if len(asked.split()) >= _LEAST_WORDS else question).rstrip(' ,;?')}?"


def _questions(sentence: str, small: frozenset[str]) -> Iterator[Turned]:
    flat = _PERIOD_OF_A_SENTENCE.sub("", NUMBERED.sub("", " ".join(sentence.split())))
    if "?" in flat or len(flat.split()) < 3:
        return
    if (entry := _ENTRY.match(flat)) and not _REMARK.match(flat):
        term = _small(entry["term"].split(), small)
        inner = {*term.lower().split()[1:]} - {"and", "of"}
        is_clause = inner & (_FOLLOWS_A_VERB | AUXILIARIES) or "(" in term
        if is_subject(term.split()) and not _is_name(term.split()) and not is_clause:
            yield Turned(f"What is {term}?", "entry", 0.5)
        return
    flat, opening = _without_opening(_ASIDE.sub("", flat))
    if not (head := _head(flat)):
        return
    head += opening
    if _is_imperative(head.split()):
        yield from _ordered(head)
        return
    yield from _counted(head, small)
    words = head.split()
    for at, word in enumerate(words):
        if not is_subject(words[:at]) or not words[at + 1 :]:
            continue
        subject, rest = _small(words[:at], small), " ".join(words[at + 1 :])
        if word in AUXILIARIES:
            yield from _with_auxiliary(subject, word, rest)
            yield from _of_the_subject(words[:at], words[at:])
            return
        if word in (WORDS["objects"].keys() | WORDS["times"].keys() | WORDS["amounts"].keys()):
            yield from _with_verb(subject, word, rest)
            return
    if AUXILIARIES & {word.strip('"“') for word in words}:
        return
    for at, word in enumerate(words[:_MOST_GUESSED_SUBJECT_WORDS]):
        if found := _verb(words[:at], word, words[at + 1 :]):
            yield from _with_do(_small(words[:at], small), *found, " ".join(words[at + 1 :]))
            if found[0] != "do":
                yield from _of_the_subject(words[:at], words[at:])
            return


def _head(sentence: str) -> str:
    """The sentence up to where something else begins; "" where what is left is no whole.

    A list or a clause with "that" which is cut off in the middle is left out.

    Example: _head("The demands were bread, salt, and peace") -> "The demands were bread"
    """
    head = _BREAK.split(sentence)[0]
    if len(head) == len(sentence):
        return sentence
    if sentence[len(head)] == "," and "," in head:
        head = head[: head.index(",")]
    return "" if re.search(r"\b(?:that|whether)\b", head) else head.strip().rstrip(",")


def _is_imperative(words: list[str]) -> bool:
    """Whether a sentence begins with an order, and not with a noun, as in "Water taken out"."""
    first, second = words[0], words[1] if len(words) > 1 else ""
    is_noun = bool(re.search(r"(?:ed|en)$|^not$", second) or AUXILIARIES & {*words[1:3]})
    return first[0].isupper() and first.lower() in _IMPERATIVES and not is_noun


def _without_opening(sentence: str) -> tuple[str, str]:
    """A sentence without the phrase that opens it, and the date in that phrase, if it is one.

    Example: _without_opening("In 1973, the price rose by half") ->
        ("The price rose by half", " in 1973")
    """
    opening, comma, rest = sentence.partition(", ")
    words = opening.split()
    opens = words[0].lower() in NOT_FIRST_IN_A_SUBJECT or words[0].lower().endswith("ly")
    if not comma or not opens or len(words) > _MOST_OPENING_WORDS or len(rest.split()) < 3:
        return sentence, ""
    date = _DATE.fullmatch(opening[0].lower() + opening[1:])
    return rest[0].upper() + rest[1:], f" {date[0].strip()}" if date else ""


def _of_the_subject(subject: list[str], rest: list[str]) -> Iterator[Turned]:
    """A question for the subject, which needs no other word order."""
    if not 4 <= len(rest) <= MOST_WORDS or rest[0] in {"are", "were", "have"}:
        return
    leans = LEANS.search(" ".join(rest)) or _POINTS.search(" ".join(subject))
    if leans or rest[1].strip('"“') in _AFTER_NO_SUBJECT:
        return
    defines = rest[0] in {"is", "was"} and rest[1] in {"a", "an", "one", "the"}
    is_name = _PEOPLE.search(_noun_phrase(" ".join(rest))) if defines else _is_name(subject)
    asks = "Who" if is_name or _PEOPLE.search(subject[-1]) else "What"
    yield Turned(f"{asks} {' '.join(rest)}?", "subject", 0.55)


def _is_name(words: list[str]) -> bool:
    return len(words) > 1 and all(re.match(r"[A-Z]", word) for word in words)


def is_subject(words: list[str]) -> bool:
    """Whether words may well be the whole subject of a sentence."""
    if not 1 <= len(words) <= _MOST_SUBJECT_WORDS:
        return False
    lowered = [word.lower() for word in words]
    first = lowered[0].strip("’'\"“")
    if first in NOT_FIRST_IN_A_SUBJECT or first.endswith("ly") or _NOT_IN_A_SUBJECT & {*lowered}:
        return False
    ends = (",", ":", ";")
    is_owner = lowered[-1].endswith(("'s", "’s"))
    has_verb = (
        len(words) > 2 and re.search(r"..ed$", words[1]) and lowered[0] not in _FOLLOWS_A_VERB
    )
    cut = any(word.endswith(ends) or _CLAUSE.fullmatch(word) for word in words)
    return not (is_owner or has_verb or cut)


def _with_auxiliary(subject: str, word: str, rest: str) -> Iterator[Turned]:
    if len(rest.split()) > MOST_WORDS or rest.split()[0] in {"not", "no", "never"}:
        return
    defines = word in {"is", "are", "was", "were"} and not re.fullmatch(r"the [a-z]+", subject)
    if defines and re.match(r"(?:an?|the|one of|any|another)\b", rest):
        is_titled = re.match(r"(?:Dr|Mr|Mrs|Ms|Prof)\b", subject)
        is_person = is_titled or _PEOPLE.search(_noun_phrase(rest))
        yield Turned(f"{'Who' if is_person else 'What'} {word} {subject}?", "definition", 0.8)
    verb, asked = _inverted(word, rest)
    if found := re.search(
        r"(?:\b(?:only|mainly) )?\b(?:because|due to|thanks to|owing to) ", asked
    ):
        if action := asked[: found.start()].strip():
            yield Turned(f"Why {verb} {subject} {action}?", "reason", 0.7)
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
    if not (verb in {"are", "were"} and asked.startswith("the ")):
        yield Turned(f"{verb.capitalize()} {subject} {asked}?", "yes or no", 0.6)


def _noun_phrase(text: str) -> str:
    """A noun with what stands before it, without what follows."""
    return re.split(r",|\s(?:for|from|in|of|on|that|to|which|who|with)\s", text)[0]


def _inverted(word: str, rest: str) -> tuple[str, str]:
    """The word that comes first, and what follows the subject; `have` as a verb takes `do`."""
    verbs = (w for w in rest.split() if not w.endswith("ly") and w not in _ADVERBS)
    first = next(verbs, "")
    is_perfect = first.endswith(("ed", "en", "wn")) or first in _PARTICIPLES
    if word in {"has", "have", "had"} and not is_perfect:
        return {"has": "does", "have": "do", "had": "did"}[word], f"have {rest}"
    return word, rest


def _with_verb(subject: str, word: str, rest: str) -> Iterator[Turned]:
    if word in WORDS["objects"] and rest:
        yield Turned(f"What does {subject} {WORDS['objects'][word]}?", "object", 0.7)
    elif word in WORDS["times"] and re.match(r"(?:at|on|in)\b", rest):
        yield Turned(f"When does {subject} {WORDS['times'][word]}?", "time", 0.8)
    elif word in WORDS["amounts"] and re.search(rf"\b{_NUMBER}\b", rest, re.I):
        yield Turned(WORDS["amounts"][word].format(subject) + "?", "amount", 0.8)


def _ordered(head: str) -> Iterator[Turned]:
    """Of "Look under the leaves once a week": how often should you look under the leaves?"""
    order = head[0].lower() + head[1:]
    if not _LEAST_ORDERED <= len(order.split()) <= MOST_WORDS or LEANS.search(
        " ".join(order.split()[:3])
    ):
        return
    if found := _OFTEN.search(order):
        rest = (order[: found.start()] + order[found.end() :]).strip(" ,")
        yield Turned(f"How often should you {rest}?", "frequency", 0.75)
    if found := _CONDITION.search(order):
        yield Turned(f"What should you do{found[0].rstrip(' ,')}?", "advice", 0.6)
    yield Turned(f"Should you {order}?", "yes or no", 0.55)


def _verb(subject: list[str], word: str, rest: list[str]) -> tuple[str, str] | None:
    """`do` and the plain form of a word that is likely the verb; none where it is not."""
    if not is_subject(subject) or not re.fullmatch(r"[a-z]+", word) or not rest:
        return None
    if word in _FOLLOWS_A_VERB | NOT_FIRST_IN_A_SUBJECT | _SAME_IN_THE_PAST:
        return None
    last = subject[-1].lower()
    if last in _FOLLOWS_A_VERB or re.fullmatch(_NUMBER, last):
        return None
    if any(one in {"of", "in", "for", "to"} or one.endswith("ed") for one in subject):
        return None
    if len(subject) == 1 and last.endswith("ing"):
        return None
    if word in WORDS["past"]:
        return "did", WORDS["past"][word]
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
    # Of more words, the last may be the verb: "The pump lifts water to a height …".
    is_short = len(subject) == 1 + (subject[0].lower() in {"the", "a", "an"})
    return ("do", word) if is_plural and is_plain and is_short else None


def _plain(verb: str) -> str:
    """Of "catches", "catch"; of "tries", "try"."""
    if verb.endswith("ies") and len(verb) > 4:
        return f"{verb[:-3]}y"
    return re.sub(r"(?:(?<=ss)|(?<=zz)|(?<=cus)|(?<=[xo])|(?<=ch)|(?<=sh))es$|s$", "", verb)


def _plain_of_past(verb: str) -> str:
    """Of "stopped", "stop"; of "used", "use"; of "tried", "try"; by the ending alone."""
    if verb.endswith("ied"):
        return f"{verb[:-3]}y"
    stem = verb[:-2]
    if re.search(r"([bdgmnprt])\1$", stem):
        return stem[:-1]
    silent = (
        r"(?:[aiou][bcdgkmpsvz]|[aeiou]ir|uc|ur|[au]t|[^aeiou][lu]|[dnr]g|[nr]s|[lr]v|"
        r"(?<![aeou])in|yn)$"
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
    """Of "Cats sleep sixteen hours a day": how many hours do cats sleep a day?"""
    found = re.match(
        rf"(?P<subject>.+?) (?P<verb>[a-z]+) {_ROUGHLY}{_NUMBER} (?P<noun>[a-z]+s)\b(?P<rest>.*)",
        head,
    )
    if not found or len(found["rest"].split()) > 8:
        return
    subject, verb = found["subject"].split(), found["verb"]
    if not is_subject(subject) or verb in WORDS["amounts"].keys() | _SAME_IN_THE_PAST:
        return
    if re.search(r"(?:ed|ing|ly)$", verb):
        return
    doer, rest = _small(subject, small), found["rest"].rstrip(" ,")
    asks = f"How many {found['noun']}"
    if verb in {"has", "have", "had"}:
        does = {"has": "does", "have": "do", "had": "did"}[verb]
        yield Turned(f"{asks} {does} {doer} have{rest}?", "number", 0.7)
    elif verb in AUXILIARIES or verb in {"of", "for", "in", "to", "than", "and", "or", "by", "at"}:
        return
    elif verb in WORDS["past"]:
        yield Turned(f"{asks} did {doer} {WORDS['past'][verb]}{rest}?", "number", 0.65)
    elif subject[-1].endswith("s") and not verb.endswith("s"):
        yield Turned(f"{asks} do {doer} {verb}{rest}?", "number", 0.65)
    elif verb.endswith("s") and not verb.endswith("ss"):
        yield Turned(f"{asks} does {doer} {_plain(verb)}{rest}?", "number", 0.65)


def _small(words: list[str], small: frozenset[str]) -> str:
    """Words as they stand within a sentence: the first one small, unless it is a name."""
    first = words[0]
    lowered = first[:1].lower() + first[1:]
    known = re.sub(r"['’]s$", "", lowered).strip("’'\"“")
    is_common = known in small or known.endswith("ing") or re.fullmatch(_NUMBER, known)
    is_name = first[1:] != first[1:].lower() or not is_common
    return " ".join([first if is_name else lowered, *words[1:]])
