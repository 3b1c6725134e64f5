"""Whether the article answers at all: evidence to a probability.

The coefficients stand in `answerability.json`, made by `evals/fit_abstention.py`.
"""

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import nlargest
from pathlib import Path

from askdoc.answering.kinds import kind_asked
from askdoc.answering.prior import prior_for
from askdoc.answering.spelling import is_ordinary
from askdoc.index import PassageIndex
from askdoc.lexical import content_spans, stems, tokens
from askdoc.records import Hit

THRESHOLD = 0.4
"""Below this probability askdoc abstains."""

_RIVALS = 5
"""Above the last of how many next best sentences the best one is measured to stand out."""
_RELATED = 0.3
"""Nine of ten questions with an answer come nearer to an article, of others one in six."""
_READ_FOR_A_KIND = 4
"""In how many of the best sentences the kind of thing asked for is looked for."""
_SHORTEST_NAME = 4
_BE_OR_DO = "(?:is|are|was|were|does|do|did|can|could|will|would|should|has|have|had|may|might)"
_ASKED_OF = re.compile(
    r"\W*(?:(?:so|and|but|ok|okay|hi|hey|hello|please|well)\W+)*"
    r"(?:(?:what|how|why|when|where|which|who)(?:['’]?s)?\s+(?:\w+\s+)?)?"
    rf"{_BE_OR_DO}\s+(?P<name>[^\W\d_]+)(?![\w'’])",
    re.IGNORECASE,
)
_NAMES_NOTHING = frozenset(
    """
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

COEFFICIENTS = Path(__file__).with_name("answerability.json")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an answer in the best hits.

    Attributes:
        sentence: The best sentence's cosine.
        related: The same up to `_RELATED`: below that the article is on something else, however
            likely such questions are to be answered elsewhere.
        passage: The best passage's cosine.
        pieces: The best sentence's MaxSim over word pieces.
        weakest: How near the best passage comes to the piece of the question it lacks most.
        matched: `weakest` times how rare the question's words are on average: to come near a
            common word says little.
        covered: The share of the question's word stems found in the three best hits.
        known: The share found anywhere in the documents.
        adapted: What the adapter adds to a sentence of the best passage: how much it reads like
            what answers such a question.
        named: 0 when the question asks of something by a name that the documents never mention,
            "does ketamine help?"; else 1.
        held: 0 when the question asks for a time, a count, a name and the like, and none of the
            best sentences holds one; else 1.
        stands_out: How far the best sentence scores above the sixth, or the last of fewer: where
            many are alike, the article is on the subject and none of them answers.
        prior: The log odds that articles answer questions put like this one, by `Prior`, as far as
            the article is related; 0 for models that it was not fitted to.
    """

    sentence: float
    related: float
    passage: float
    pieces: float
    weakest: float
    matched: float
    covered: float
    known: float
    adapted: float
    named: float
    held: float
    stands_out: float
    prior: float


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic model over some fields of `Evidence`, by name."""

    weights: dict[str, float]
    bias: float

    def probability(self, evidence: Evidence) -> float:
        """The probability that the article answers."""
        total = self.bias + sum(
            weight * getattr(evidence, name) for name, weight in self.weights.items()
        )
        return 1 / (1 + math.exp(-total))


def evidence(query: str, hits: Sequence[Hit], index: PassageIndex) -> Evidence:
    """Gathers the evidence that an index and its hits give for a query."""
    asked = set(tokens(query))
    found = {
        stem for hit in hits[:3] for stem in stems(f"{hit.passage.heading} {hit.passage.text}")
    }
    sentence = max((hit.signals.sentence for hit in hits), default=0.0)
    weakest = max((hit.signals.weakest for hit in hits), default=0.0)
    return Evidence(
        sentence=sentence,
        related=min(sentence, _RELATED),
        passage=max((hit.signals.passage for hit in hits), default=0.0),
        pieces=max((hit.signals.pieces for hit in hits), default=0.0),
        weakest=weakest,
        matched=weakest * _mean(index.lexical.rarity(stem) for stem in asked),
        covered=_mean(stem in found for stem in asked),
        known=_mean(index.lexical.knows_nearly(stem) for stem in asked),
        adapted=hits[0].signals.adapted if hits else 0.0,
        named=float(_knows_the_name(query, index)),
        held=float(_holds_what_is_asked_for(query, hits)),
        stands_out=_stands_out(hits),
        prior=_prior(query, index) * weight_of_the_prior(sentence),
    )


def weight_of_the_prior(sentence: float) -> float:
    """How far the prior counts, in [0, 1], beside the best sentence's cosine."""
    return max(0.0, min(1.0, sentence / _RELATED))


def _stands_out(hits: Sequence[Hit]) -> float:
    best = nlargest(1 + _RIVALS, (one.score for hit in hits for one in hit.best_sentences))
    return best[0] - best[-1] if best else 0.0


def _prior(query: str, index: PassageIndex) -> float:
    prior = prior_for(index.manifest.fingerprint)
    return prior.log_odds(index.embedder.encode([query])[0]) if prior else 0.0


def _knows_the_name(query: str, index: PassageIndex) -> bool:
    """False when the first word after "is", "does", "can" is a name, and found nowhere."""
    asked = _ASKED_OF.match(query)
    if asked is None or len(asked["name"]) < _SHORTEST_NAME or is_ordinary(asked["name"]):
        return True
    return any(map(index.lexical.knows_nearly, tokens(asked["name"])))


def _holds_what_is_asked_for(query: str, hits: Sequence[Hit]) -> bool:
    kind = kind_asked(query)
    if kind is None:
        return True
    scored = ((one.score, hit.passage, one.span) for hit in hits for one in hit.best_sentences)
    best = nlargest(_READ_FOR_A_KIND, scored, key=lambda one: one[0])
    return kind.in_any(*(passage.sentence(span) for _, passage, span in best))


def confidence(query: str, hits: Sequence[Hit], index: PassageIndex) -> float:
    """The probability, in [0, 1], that the documents behind the hits answer the query."""
    if not hits:
        return 0.0
    found = evidence(query, hits, index)
    return _models()["with_pieces" if found.pieces else "without_pieces"].probability(found)


def unknown_words(question: str, index: PassageIndex) -> tuple[str, ...]:
    """The words of a question that the documents never mention, in no form, as they were typed.

    A slip of the keyboard is no unknown word, nor is one that begins as another does ("dose" where
    "dosage" is mentioned): to say too little is better than to say what is not so. Words of one or
    two letters are left out, and so are those that name no subject ("much", "take", "tell").
    """
    known = index.lexical
    typed = (question[start:end] for start, end in content_spans(question))
    unknown = (
        word
        for word in typed
        if len(word) > 2
        and word.lower().replace("’", "'") not in _NAMES_NOTHING
        and not any(known.knows_nearly(stem) or known.knows_kin(stem) for stem in tokens(word))
    )
    return tuple({word.lower(): word for word in unknown}.values())


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0


@lru_cache(maxsize=1)
def _models() -> dict[str, Logistic]:
    data = json.loads(COEFFICIENTS.read_text(encoding="utf-8"))
    return {name: Logistic(row["weights"], row["bias"]) for name, row in data.items()}
