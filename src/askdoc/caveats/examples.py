"""The topic of the example nearest to a question, for catalogues without a classifier of their own.

Owns the examples' vectors and the cosine from which one counts. The caller holds the model.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from askdoc.caveats.catalogue import Catalogue, name_beside, parse_catalogue
from askdoc.caveats.classifier import Prediction, parse_classifier
from askdoc.records import CATALOGUE_FILE, CLASSIFIER_FILE, Document

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]

NEAR_ENOUGH = {"emergency": 0.55, "urgent": 0.55, "caution": 0.70, "info": 0.60}
"""Cosine to the nearest example from which a topic of each severity fires without its lexicon.

From `python -m training.calibrate_similarity` with the default model, all-MiniLM-L6-v2. On a
development half of 1,136 questions 8 of 210 near misses and neutral questions brought up a topic
by similarity alone (1, 2, 4 and 1 by severity), and 47, 61, 39 and 46 % of the questions on a
topic found it.
"""


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


def phrases_of(documents: Iterable[Document], fingerprint: str) -> tuple[str, ...]:
    """The example questions of the documents' catalogues, so that no answer waits for them.

    A catalogue with a classifier for the model of that fingerprint needs none of them.

    Raises:
        CatalogueError: A catalogue or a classifier does not parse.
    """
    catalogues = {
        d.catalogue: name_beside(d, CATALOGUE_FILE)
        for d in documents
        if d.catalogue and not _is_backed(d, fingerprint)
    }
    return tuple(
        text
        for catalogue, name in catalogues.items()
        for text in example_texts(parse_catalogue(catalogue, name))
    )


def _is_backed(document: Document, fingerprint: str) -> bool:
    if not document.classifier:
        return False
    name = name_beside(document, CLASSIFIER_FILE)
    return parse_classifier(document.classifier, name).fingerprint == fingerprint


def _encoded(texts: Sequence[str], encode: Encode) -> Vectors:
    return encode(texts) if texts else np.zeros((0, 0), dtype=np.float32)


def nearest_topic(vectors: Vectors, examples: ExampleVectors) -> tuple[str, float] | None:
    """The topic whose example is nearest to a question, and its cosine.

    None when a near miss of any topic is nearer still, or when there are no examples. A sentence
    that a near miss is nearer to does not count, and does not silence the others.

    Args:
        vectors: Unit vectors of the question and of its sentences, shape (texts, dimensions);
            the nearest of them counts.
        examples: From the same model.
    """
    if not examples.example_topics:
        return None
    scores = examples.examples @ vectors.T
    misses = examples.near_misses @ vectors.T if examples.near_miss_topics else scores[:1] - 2
    clear = scores.max(axis=0) >= misses.max(axis=0)
    if not clear.any():
        return None
    best = int(scores[:, clear].max(axis=1).argmax())
    return examples.example_topics[best], float(scores[best, clear].max())


def predict_by_examples(
    vectors: Vectors, catalogue: Catalogue, examples: ExampleVectors
) -> Prediction:
    """The topic whose example is near enough to a question, for catalogues without classifier.

    Args:
        vectors: Unit vectors of the question's `clauses`, one row each.
        catalogue: The article's.
        examples: Its examples, from the same model.
    """
    near = nearest_topic(vectors, examples)
    severity = {topic.id: topic.caveat.severity for topic in catalogue.topics}
    if near is None or near[1] < NEAR_ENOUGH[severity[near[0]]]:
        return Prediction()
    return Prediction(frozenset({near[0]}), certain=frozenset({near[0]}))
