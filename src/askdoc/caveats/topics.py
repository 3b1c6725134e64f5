"""Which topics of a catalogue a question brings up.

The reviewed lexicon decides; meaning backs it up: a classifier fitted to the catalogue, or else its
`examples`. Owns the choice, its order and its cap. The text of caveats is the catalogue's.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from askdoc.caveats.catalogue import Catalogue, Topic
from askdoc.caveats.patterns import Reading, Rules
from askdoc.caveats.recogniser import Judgement
from askdoc.caveats.triage import CrisisReading, read_crisis, short_line, with_lines
from askdoc.caveats.wordings import worded
from askdoc.records import SEVERITIES, Caveat

_SENTENCE = re.compile(r"(?<=[.!?;:\n])\s+")
_ASKS = (
    r"(?:is|are|was|were|do|does|did|can|could|will|would|should|may|has|have"
    r"|what|how|why|when|where|who|which)\b"
)
_QUESTION = re.compile(rf"\W*(?:(?:so|and|but|ok|hi|hey|please)\W+)*{_ASKS}", re.IGNORECASE)
_BETWEEN_QUESTIONS = re.compile(
    r"(?:\s*,\s*(?:and |but |or |also |then )?|\s+(?:and|but|or|also)\s+(?:also )?)"
    rf"(?={_ASKS})",
    re.IGNORECASE,
)
_MOST_CLAUSES = 8

NOT_JUDGED = Judgement()
MOST_TOPICS = 2
"""Topic caveats shown besides emergency and urgent ones."""

_RULE_WORTH, _WEAK_WORTH, _MEANING_WORTH, _URGENT_WORTH = 7.0, 4.0, 0.75, 1.5
"""How far another topic's score may be ahead of a caution that a rule, only weak words or only its
meaning brings up, and of an urgent topic that only its meaning does.

Chosen on the 2,714 rows in English of `evals/safety/dev.jsonl` with networks fitted to
`train.jsonl` alone. Topics that nobody asked about fall from .57 a question to .32 by these and by
`_BLOCK_LEADS`; of those asked for 1 of 425 emergencies, 9 of 591 urgent topics and 9 of 507 others
are lost.
"""
_BLOCK_LEADS = {"self_harm": (math.inf, 0.5), "overdose_emergency": (1.0, 2.0)}
"""Of a crisis block that only its meaning suspects: the margin below which it gives way, and the
lead of another topic from which it does."""
_CRISIS_WEIGHT = 2.0
"""What the lead of a crisis over a caution counts."""
_BLOCK_MARGIN = 2.0
"""What a crisis block counts as, of which a catalogue's recogniser knows nothing."""
_UNKNOWN_MARGIN = 3.0
"""The same of a topic that came later than the recogniser and that a rule brings up."""
_UNKNOWN_WORTH = 3.0
"""How far ahead of such a caution another topic may be. Of those asked for in `train.jsonl` none is
more than 2 behind."""


@dataclass(frozen=True, slots=True)
class Screening:
    """What a question calls for.

    Attributes:
        caveats: Crisis blocks and topic caveats, severest first, each id once, and at most
            `MOST_TOPICS` below urgent.
        silent: Ids of the topics brought up of which the article says nothing, or nothing of what
            is asked; "unanswered" where the catalogue says so of such a question on any topic.
            Where there is one, the question is `not_in_article`.
        yielding: Crisis blocks that only meaning suspected, of a question that is plainly on
            something else; the short line of the severest stands among `caveats` in their place.
    """

    caveats: tuple[Caveat, ...] = ()
    silent: tuple[str, ...] = ()
    yielding: frozenset[str] = frozenset()

    @property
    def emergency(self) -> bool:
        """Whether only the block may be shown."""
        return any(caveat.severity == "emergency" for caveat in self.caveats)


def screen(
    question: str,
    catalogue: Catalogue,
    judged: Judgement = NOT_JUDGED,
    blocks: Sequence[Caveat] | None = None,
    crisis: CrisisReading | None = None,
    suspected: Judgement = NOT_JUDGED,
) -> Screening:
    """Find what a question calls for.

    Args:
        question: The question, made to stand alone if it was a follow-up.
        catalogue: The article's.
        judged: What its meaning says, by a recogniser or `judge_by_examples`; without it the
            lexicon decides alone.
        blocks: Crisis blocks already raised; by default those that the rules raise.
        crisis: What the crisis rules found in the question, if they have read it already.
        suspected: What the question's meaning says of crises that no rule finds words for.

    Returns:
        Crisis blocks and topics together. Where a block and a topic share an id, the topic's
        text is shown, being written for this article, unless it would be less severe.
    """
    crisis = crisis or read_crisis(question)
    raised = crisis.blocks() if blocks is None else blocks
    reading = catalogue.reader.read(question)
    fired = _fired(reading, catalogue, judged, raised)
    margins = _margins(fired, raised, judged, suspected)
    asked = [topic for topic in fired if _is_asked_about(topic, margins, reading, judged)]
    yielding = _yielding(suspected, margins) if _same_texts(judged, suspected) else frozenset()
    said = [worded(topic.caveat, topic.wordings, reading) for topic in asked]
    caveats = _once_each([caveat for caveat in raised if caveat.id not in yielding], said)
    certain = [t for t in fired if _is_certain(reading, t, judged, raised)]
    gave_way = [caveat for caveat in raised if caveat.id in yielding]
    lines = (short_line(gave_way),) if gave_way else ()
    shown = with_lines((*_capped(caveats), *lines), crisis.alone)
    return Screening(shown, _silent(reading, catalogue, certain), yielding)


def _is_certain(
    reading: Reading, topic: Topic, judged: Judgement, raised: Sequence[Caveat]
) -> bool:
    """Whether a topic may silence the article: more than a likely meaning speaks for it."""
    if topic.id in judged.certain:
        return True
    own = {caveat.id: caveat for caveat in raised}.get(topic.id)
    if own and _gravity(own) >= _gravity(topic.caveat):
        return True
    likely = Judgement(ruled_out=judged.ruled_out)
    return _is_on(reading, topic, likely)


def _silent(reading: Reading, catalogue: Catalogue, certain: Sequence[Topic]) -> tuple[str, ...]:
    silent = tuple(t.id for t in certain if _is_silent(reading, t))
    return (*silent, "unanswered") if reading.fires(catalogue.unanswered) else silent


def _is_silent(reading: Reading, topic: Topic) -> bool:
    if topic.covered:
        return reading.fires(topic.unanswered)
    return not _answered(reading, topic)


def _answered(reading: Reading, topic: Topic) -> bool:
    """Whether the article answers all that a question asks on an uncovered topic."""
    besides = Rules(topic.rules.fires, (*topic.rules.never, *topic.answered.fires))
    return reading.fires(topic.answered) and not reading.fires(besides)


def _fired(
    reading: Reading, catalogue: Catalogue, judged: Judgement, raised: Sequence[Caveat]
) -> list[Topic]:
    # A block that is only suspected does not bring up the topic of its name in full severity.
    held = {caveat.id: _gravity(caveat) for caveat in raised}
    return [
        topic
        for topic in catalogue.topics
        if held.get(topic.id, -1) >= _gravity(topic.caveat) or _is_on(reading, topic, judged)
    ]


def _is_on(reading: Reading, topic: Topic, judged: Judgement) -> bool:
    if topic.id in judged.found or reading.fires(topic.rules):
        return True
    return topic.id not in judged.ruled_out and reading.fires(topic.weak)


def _margins(
    fired: Sequence[Topic], raised: Sequence[Caveat], judged: Judgement, suspected: Judgement
) -> list[Mapping[str, float]]:
    """How far each topic and block brought up is above its threshold, in each text that was read.

    What no recogniser knows counts as well found.
    """
    least = {topic.id: _UNKNOWN_MARGIN for topic in fired} | {c.id: _BLOCK_MARGIN for c in raised}
    unknown: Mapping[str, float] = {}
    of_blocks = suspected.margins if _same_texts(judged, suspected) else ()
    crises = of_blocks or [unknown] * len(judged.margins)
    known = [{**least, **own, **crisis} for own, crisis in zip(judged.margins, crises, strict=True)]
    return [{id: margins[id] for id in least} for margins in known]


def _same_texts(judged: Judgement, suspected: Judgement) -> bool:
    return len(judged.margins) == len(suspected.margins)


def _is_asked_about(
    topic: Topic, margins: Sequence[Mapping[str, float]], reading: Reading, judged: Judgement
) -> bool:
    """Whether a question is about a topic that was brought up.

    An urgent topic that a rule or weak words bring up stays. Of the others those stay that no
    topic is far ahead of, in any of the texts that were read.
    """
    urgent = _gravity(topic.caveat) >= SEVERITIES.index("urgent")
    if not margins or (urgent and topic.id not in judged.margins[0]):
        return True
    if topic.id not in judged.margins[0]:
        return any(_lead_over(topic.id, each) < _UNKNOWN_WORTH for each in margins)
    lead_over = _lead_over if urgent else _lead_over_caution
    by_rule, by_weak_words = reading.fires(topic.rules), reading.fires(topic.weak)
    if by_rule or by_weak_words:
        worth = math.inf if urgent else _RULE_WORTH if by_rule else _WEAK_WORTH
        return any(lead_over(topic.id, each) < worth for each in margins)
    worth = _URGENT_WORTH if urgent else _MEANING_WORTH
    return any(each[topic.id] >= 0 and lead_over(topic.id, each) < worth for each in margins)


def _yielding(suspected: Judgement, margins: Sequence[Mapping[str, float]]) -> frozenset[str]:
    """The blocks that only meaning suspects, and that wherever it does are behind another topic."""
    known = suspected.found & _BLOCK_LEADS.keys() & (margins[0].keys() if margins else set())
    return frozenset(
        id for id in known if all(_gives_way(id, each) for each in margins if each[id] >= 0)
    )


def _gives_way(block: str, margins: Mapping[str, float]) -> bool:
    below, lead = _BLOCK_LEADS[block]
    return margins[block] < below and _lead_over(block, margins) >= lead


def _lead_over(id: str, margins: Mapping[str, float]) -> float:
    """How far the first topic is ahead of one."""
    return max(margins.values()) - margins[id]


def _lead_over_caution(id: str, margins: Mapping[str, float]) -> float:
    """The same, where the lead of a crisis counts double: beside one there is less to be read."""
    crises = [margins[block] - margins[id] for block in _BLOCK_LEADS if block in margins]
    return max(_lead_over(id, margins), *(_CRISIS_WEIGHT * lead for lead in crises), 0.0)


def clauses(question: str) -> tuple[str, ...]:
    """What to embed of a question: the whole, and each sentence of several.

    A question is parted where another follows a comma or "and". So each keeps its own nearness,
    whatever is written around it.

    Example: clauses("is it legal and will my hair grow back") -> ("is it legal and will my hair
    grow back", "is it legal", "will my hair grow back")
    """
    sentences = [part for part in _SENTENCE.split(question.strip()) if part.strip()]
    parts = [part for sentence in sentences for part in _questions(sentence)]
    return (question, *parts[:_MOST_CLAUSES]) if len(parts) > 1 else (question,)


def _questions(sentence: str) -> list[str]:
    if not _QUESTION.match(sentence):
        return [sentence]
    return [part for part in _BETWEEN_QUESTIONS.split(sentence) if part.strip()]


def _once_each(raised: Sequence[Caveat], said: Sequence[Caveat]) -> list[Caveat]:
    by_id: dict[str, Caveat] = {}
    for caveat in (*raised, *said):
        held = by_id.get(caveat.id, caveat)
        if _gravity(caveat) >= _gravity(held):
            by_id[caveat.id] = caveat
    return sorted(by_id.values(), key=_gravity, reverse=True)


def _gravity(caveat: Caveat) -> int:
    return SEVERITIES.index(caveat.severity)


def _capped(caveats: Sequence[Caveat]) -> tuple[Caveat, ...]:
    grave = [c for c in caveats if c.severity in ("emergency", "urgent")]
    others = [c for c in caveats if c.severity not in ("emergency", "urgent")]
    return (*grave, *others[:MOST_TOPICS])
