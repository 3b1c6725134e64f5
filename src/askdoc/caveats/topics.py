"""Which topics of a catalogue a question brings up.

The reviewed lexicon decides; a classifier fitted to the catalogue, or else its `examples`, finds
other wordings. Owns the choice, its order and its cap. The text of caveats is the catalogue's.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from askdoc.caveats.blocks import rank_of
from askdoc.caveats.catalogue import Catalogue, Topic
from askdoc.caveats.classifier import Prediction
from askdoc.caveats.patterns import Matches, Rules
from askdoc.caveats.triage import CrisisMatches, match_crisis, with_lines
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

NO_PREDICTION = Prediction()
MOST_TOPICS = 2
"""Topic caveats shown besides emergency and urgent ones."""

_MAX_LEAD_BY_RULE, _MAX_LEAD_BY_WEAK_WORDS = 7.0, 4.0
_MAX_LEAD_BY_CLASSIFIER, _MAX_LEAD_URGENT = 0.75, 1.5
"""How far another topic's score may be ahead of a caution that a rule, only weak words or only the
classifier brings up, and of an urgent topic that only the classifier does.

Chosen on the 2,714 rows in English of `evals/safety/dev.jsonl` with classifiers fitted to
`train.jsonl` alone. Topics that nobody asked about fall from .57 a question to .32 by these and by
`_BLOCK_LEADS`; of those asked for 1 of 425 emergencies, 9 of 591 urgent topics and 9 of 507 others
are lost.
"""
_BLOCK_LEADS = {"self_harm": (math.inf, 0.5), "overdose_emergency": (1.0, 2.0)}
"""Of a crisis block that only the classifier suspects: the margin below which it gives way, and the
lead of another topic from which it does."""
_CRISIS_WEIGHT = 2.0
"""What the lead of a crisis over a caution is multiplied by."""
_BLOCK_MARGIN = 2.0
"""The margin of a crisis block, which a catalogue's classifier does not know."""
_UNKNOWN_MARGIN = 3.0
"""The same of a topic that came later than the classifier and that a rule brings up."""
_MAX_LEAD_UNKNOWN = 3.0
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
        yielding: Crisis blocks that only the classifier suspected, of a question that is plainly on
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
    prediction: Prediction = NO_PREDICTION,
    blocks: Sequence[Caveat] | None = None,
    crisis: CrisisMatches | None = None,
    suspected: Prediction = NO_PREDICTION,
) -> Screening:
    """Find what a question calls for.

    Args:
        question: The question, made to stand alone if it was a follow-up.
        catalogue: The article's.
        prediction: Of a classifier, or of `predict_by_examples`; without it the lexicon decides
            alone.
        blocks: Crisis blocks already raised; by default those that the rules raise.
        crisis: What the crisis rules found in the question, if they were matched already.
        suspected: The crisis classifier's prediction, of blocks that no rule finds words for.

    Returns:
        Crisis blocks and topics together. Where a block and a topic share an id, the topic's
        text is shown, being written for this article, unless it would be less severe.
    """
    crisis = crisis or match_crisis(question)
    raised = crisis.blocks() if blocks is None else blocks
    matches = catalogue.matcher.match(question)
    fired = _fired(matches, catalogue, prediction, raised)
    margins = _margins(fired, raised, prediction, suspected)
    asked = [topic for topic in fired if _is_asked_about(topic, margins, matches, prediction)]
    yielding = _yielding(suspected, margins) if _same_texts(prediction, suspected) else frozenset()
    said = [worded(topic.caveat, topic.wordings, matches) for topic in asked]
    caveats = _once_each([caveat for caveat in raised if caveat.id not in yielding], said)
    certain = [t for t in fired if _is_certain(matches, t, prediction, raised)]
    gave_way = [caveat for caveat in raised if caveat.id in yielding]
    lines = (crisis.short_line(gave_way),) if gave_way else ()
    shown = with_lines((*_capped(caveats), *lines), crisis.alone)
    return Screening(shown, _silent(matches, catalogue, certain), yielding)


def _is_certain(
    matches: Matches, topic: Topic, prediction: Prediction, raised: Sequence[Caveat]
) -> bool:
    """Whether a topic may silence the article: rules, weak words or a certain prediction."""
    if topic.id in prediction.certain:
        return True
    own = {caveat.id: caveat for caveat in raised}.get(topic.id)
    if own and rank_of(own) >= rank_of(topic.caveat):
        return True
    likely = Prediction(ruled_out=prediction.ruled_out)
    return _is_on(matches, topic, likely)


def _silent(matches: Matches, catalogue: Catalogue, certain: Sequence[Topic]) -> tuple[str, ...]:
    silent = tuple(t.id for t in certain if _is_silent(matches, t))
    return (*silent, "unanswered") if matches.fires(catalogue.unanswered) else silent


def _is_silent(matches: Matches, topic: Topic) -> bool:
    if topic.covered:
        return matches.fires(topic.unanswered)
    return not _answered(matches, topic)


def _answered(matches: Matches, topic: Topic) -> bool:
    """Whether the article answers all that a question asks on an uncovered topic."""
    besides = Rules(topic.rules.fires, (*topic.rules.never, *topic.answered.fires))
    return matches.fires(topic.answered) and not matches.fires(besides)


def _fired(
    matches: Matches, catalogue: Catalogue, prediction: Prediction, raised: Sequence[Caveat]
) -> list[Topic]:
    # A block that is only suspected does not bring up the topic of its name in full severity.
    held = {caveat.id: rank_of(caveat) for caveat in raised}
    return [
        topic
        for topic in catalogue.topics
        if held.get(topic.id, -1) >= rank_of(topic.caveat) or _is_on(matches, topic, prediction)
    ]


def _is_on(matches: Matches, topic: Topic, prediction: Prediction) -> bool:
    if topic.id in prediction.found or matches.fires(topic.rules):
        return True
    return topic.id not in prediction.ruled_out and matches.fires(topic.weak)


def _margins(
    fired: Sequence[Topic], raised: Sequence[Caveat], prediction: Prediction, suspected: Prediction
) -> list[Mapping[str, float]]:
    """How far each topic and block brought up is above its threshold, in each text classified.

    What no classifier knows counts as well found.
    """
    least = {topic.id: _UNKNOWN_MARGIN for topic in fired} | {c.id: _BLOCK_MARGIN for c in raised}
    unknown: Mapping[str, float] = {}
    of_blocks = suspected.margins if _same_texts(prediction, suspected) else ()
    crises = of_blocks or [unknown] * len(prediction.margins)
    known = [
        {**least, **own, **crisis} for own, crisis in zip(prediction.margins, crises, strict=True)
    ]
    return [{id: margins[id] for id in least} for margins in known]


def _same_texts(prediction: Prediction, suspected: Prediction) -> bool:
    return len(prediction.margins) == len(suspected.margins)


def _is_asked_about(
    topic: Topic, margins: Sequence[Mapping[str, float]], matches: Matches, prediction: Prediction
) -> bool:
    """Whether a question is about a topic that was brought up.

    An urgent topic that a rule or weak words bring up stays. Of the others those stay that no
    topic is far ahead of, in any of the texts classified.
    """
    urgent = rank_of(topic.caveat) >= SEVERITIES.index("urgent")
    if not margins or (urgent and topic.id not in prediction.margins[0]):
        return True
    if topic.id not in prediction.margins[0]:
        return any(_lead_over(topic.id, each) < _MAX_LEAD_UNKNOWN for each in margins)
    lead_over = _lead_over if urgent else _lead_over_caution
    by_rule, by_weak_words = matches.fires(topic.rules), matches.fires(topic.weak)
    if by_rule or by_weak_words:
        allowed = math.inf if urgent else _MAX_LEAD_BY_RULE if by_rule else _MAX_LEAD_BY_WEAK_WORDS
        return any(lead_over(topic.id, each) < allowed for each in margins)
    allowed = _MAX_LEAD_URGENT if urgent else _MAX_LEAD_BY_CLASSIFIER
    return any(each[topic.id] >= 0 and lead_over(topic.id, each) < allowed for each in margins)


def _yielding(suspected: Prediction, margins: Sequence[Mapping[str, float]]) -> frozenset[str]:
    """The blocks that only the classifier suspects, wherever it does behind another topic."""
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
        if rank_of(caveat) >= rank_of(held):
            by_id[caveat.id] = caveat
    return sorted(by_id.values(), key=rank_of, reverse=True)


def _capped(caveats: Sequence[Caveat]) -> tuple[Caveat, ...]:
    grave = [c for c in caveats if c.severity in ("emergency", "urgent")]
    others = [c for c in caveats if c.severity not in ("emergency", "urgent")]
    return (*grave, *others[:MOST_TOPICS])
