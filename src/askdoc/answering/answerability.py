"""Whether the article answers at all: evidence to a probability.

The coefficients stand in `answerability.json`, fitted by `training/answering.py`.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rapidfuzz.distance import OSA

from askdoc.answering.kinds import kind_asked
from askdoc.answering.prior import prior_for
from askdoc.answering.selection import Candidate, Weighed
from askdoc.caveats import ordinary_words
from askdoc.index import PassageIndex
from askdoc.lexical import content_spans, tokens

THRESHOLD = 0.38
"""Below this probability askdoc abstains."""

_RELATED = 0.3
"""Nine of ten questions with an answer come nearer to an article, of others one in six."""
READ_FOR_A_KIND = 4
"""In how many of the likeliest sentences the kind of thing asked for is looked for."""
_NAMES_NOTHING = frozenset(
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
_SMALL_WORDS = _NAMES_NOTHING | frozenset(
    """
    about above after again against along although among because below between could does doing
    down during each either enough except from have having here however into just might must
    neither off ought over perhaps please rather really shall should than that their them then
    there these they this those though through till together toward under unless until upon were
    what when where whether which while whom whose will with within without would your yours
    """.split()
)
_CHAT_WORDS = frozenset(
    """
    bcoz bcuz coz cos cud cuz dat dem dis doin dunno gimme gonna gotta havent imma ive kinda lemme
    lol ngl nvm obv omg outta pls plz ppl prob probs rly shud sorta sth tbh thx til thru tmrw tonite
    wat wen wer wich wid wiv wot wud yall yea yeah yep yup
    """.split()
)
"""Small words as they are written in chats."""
_TWO_SLIPS_FROM, _ONE_SLIP_FROM = 7, 4
"""Letters of a word from which so many slips are forgiven."""

COEFFICIENTS = Path(__file__).with_name("answerability.json")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an answer.

    Attributes:
        best: The log odds that the likeliest sentence answers.
        read: The reader's log odds that a passage answers, of the likeliest; 0 without a reader.
        sentence: The best sentence's cosine.
        held: 0 when the question asks for a time, a count, a name and the like, and none of the
            likeliest sentences holds one; else 1.
        prior: The log odds that articles answer questions put like this one, by `Prior`, as far as
            the article is related; 0 for models that it was not fitted to.
    """

    best: float
    read: float
    sentence: float
    held: float
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


def evidence(query: str, index: PassageIndex, weighed: Weighed) -> Evidence:
    """Gathers the evidence that an index and what was found there give for a query."""
    sentence = max((hit.signals.sentence for hit in weighed.hits), default=0.0)
    return Evidence(
        best=weighed.sentences[0].log_odds if weighed.sentences else 0.0,
        read=max((reading.passage for reading in weighed.readings), default=0.0),
        sentence=sentence,
        held=float(_holds_what_is_asked_for(query, weighed.sentences)),
        prior=_prior(query, index) * weight_of_the_prior(sentence),
    )


def weight_of_the_prior(sentence: float) -> float:
    """How far the prior counts, in [0, 1], beside the best sentence's cosine."""
    return max(0.0, min(1.0, sentence / _RELATED))


def _prior(query: str, index: PassageIndex) -> float:
    prior = prior_for(index.manifest.fingerprint)
    return prior.log_odds(index.embedder.encode([query])[0]) if prior else 0.0


def _holds_what_is_asked_for(query: str, sentences: Sequence[Candidate]) -> bool:
    kind = kind_asked(query)
    if kind is None:
        return True
    best = sentences[:READ_FOR_A_KIND]
    return kind.in_any(*(one.hit.passage.sentence(one.span) for one in best))


def confidence(query: str, index: PassageIndex, weighed: Weighed) -> float:
    """The probability, in [0, 1], that the documents behind the hits answer the query."""
    if not weighed.hits:
        return 0.0
    model = _models()[weighed.kind]
    return model.probability(evidence(query, index, weighed))


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
        and not _is_slip(word.lower())
        and not any(known.knows_nearly(stem) or known.knows_kin(stem) for stem in tokens(word))
    )
    return tuple({word.lower(): word for word in unknown}.values())


def _is_slip(word: str) -> bool:
    """Whether a word is a small one misspelt or shortened: "becuase", "shud"."""
    if word in _CHAT_WORDS:
        return True
    if word in ordinary_words() or len(word) < _ONE_SLIP_FROM:
        return False
    slips = 2 if len(word) >= _TWO_SLIPS_FROM else 1
    return any(OSA.distance(word, small, score_cutoff=slips) <= slips for small in _SMALL_WORDS)


@lru_cache(maxsize=1)
def _models() -> dict[str, Logistic]:
    data = json.loads(COEFFICIENTS.read_text(encoding="utf-8"))
    return {name: Logistic(row["weights"], row["bias"]) for name, row in data.items()}
