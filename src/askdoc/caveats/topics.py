"""Which topics of a catalogue a question brings up.

The reviewed lexicon decides; nearness to the catalogue's examples only backs it up, and the
nearer of example and near miss wins. Owns the choice, its order and its cap. The text of
caveats is the catalogue's, vectors are made by whoever holds the model.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from askdoc.caveats.catalogue import Catalogue, Topic
from askdoc.caveats.triage import triage
from askdoc.records import SEVERITIES, Caveat

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]

MOST_TOPICS = 3
"""Topic caveats shown besides emergency and urgent ones."""

NEAR_ENOUGH = 0.60
"""Cosine to the nearest example from which a topic fires without its lexicon."""


@dataclass(frozen=True, slots=True)
class Screening:
    """What a question calls for.

    Attributes:
        caveats: Crisis blocks and topic caveats, severest first, each id once, and at most
            `MOST_TOPICS` below urgent.
        silent: Ids of the topics brought up that the article says nothing about. Where there
            is one, the question is `not_in_article`.
    """

    caveats: tuple[Caveat, ...] = ()
    silent: tuple[str, ...] = ()

    @property
    def emergency(self) -> bool:
        """Whether only the block may be shown."""
        return any(caveat.severity == "emergency" for caveat in self.caveats)


@dataclass(frozen=True, slots=True, eq=False)
class ExampleVectors:
    """A catalogue's examples and near misses as unit vectors, one row each.

    `example_topics[i]` is the id of the topic that row i of `examples` belongs to; the same
    holds for near misses.
    """

    examples: Vectors
    example_topics: tuple[str, ...]
    near_misses: Vectors
    near_miss_topics: tuple[str, ...]


def embed_examples(catalogue: Catalogue, encode: Encode) -> ExampleVectors:
    """Embed a catalogue's examples, once.

    Args:
        catalogue: Whose examples.
        encode: Gives unit float32 vectors, shape (texts, dimensions).
    """
    examples = [(text, topic.id) for topic in catalogue.topics for text in topic.examples]
    misses = [(text, topic.id) for topic in catalogue.topics for text in topic.near_misses]
    return ExampleVectors(
        _encoded([text for text, _ in examples], encode),
        tuple(id for _, id in examples),
        _encoded([text for text, _ in misses], encode),
        tuple(id for _, id in misses),
    )


def example_texts(catalogue: Catalogue) -> tuple[str, ...]:
    """What `embed_examples` will ask to be encoded."""
    return tuple(
        text for topic in catalogue.topics for text in (*topic.examples, *topic.near_misses)
    )


def _encoded(texts: Sequence[str], encode: Encode) -> Vectors:
    return encode(texts) if texts else np.zeros((0, 0), dtype=np.float32)


def screen(
    question: str,
    catalogue: Catalogue,
    vector: Vectors | None = None,
    examples: ExampleVectors | None = None,
    blocks: Sequence[Caveat] = (),
) -> Screening:
    """Find what a question calls for.

    Args:
        question: The question, made to stand alone if it was a follow-up.
        catalogue: The article's.
        vector: The question's unit vector; without it the lexicon decides alone.
        examples: The catalogue's, from the same model as `vector`.
        blocks: Crisis blocks already raised, as by `triage` on the words as they were typed.

    Returns:
        Crisis blocks and topics together. Where a block and a topic share an id, the topic's
        text is shown, being written for this article, unless it would be less severe.
    """
    raised = (*blocks, *triage(question))
    fired = _fired(question, catalogue, {caveat.id for caveat in raised})
    if not fired and not raised and vector is not None and examples is not None:
        near = nearest_topic(vector, examples)
        fired = [topic for topic in catalogue.topics if topic.id == near]
    caveats = _once_each(raised, fired)
    return Screening(_capped(caveats), tuple(topic.id for topic in fired if not topic.covered))


def _fired(question: str, catalogue: Catalogue, raised: set[str]) -> list[Topic]:
    reading = catalogue.reader.read(question)
    return [t for t in catalogue.topics if t.id in raised or reading.fires(t.rules)]


def nearest_topic(
    vector: Vectors, examples: ExampleVectors, near_enough: float = NEAR_ENOUGH
) -> str | None:
    """The topic whose example is nearest to a question, or None.

    None when no example is near enough, or when a near miss of that topic is nearer still.

    Args:
        vector: Unit vector, shape (dimensions,).
        examples: From the same model.
        near_enough: Least cosine.
    """
    if not examples.example_topics:
        return None
    scores = examples.examples @ vector
    best = int(scores.argmax())
    topic = examples.example_topics[best]
    misses = [i for i, id in enumerate(examples.near_miss_topics) if id == topic]
    nearest_miss = float((examples.near_misses[misses] @ vector).max()) if misses else -1.0
    return topic if scores[best] >= max(near_enough, nearest_miss) else None


def _once_each(raised: Sequence[Caveat], fired: Sequence[Topic]) -> list[Caveat]:
    by_id: dict[str, Caveat] = {}
    for caveat in (*raised, *(topic.caveat for topic in fired)):
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
