"""What the catalogues and the crisis rules have to say on a question, with the index's own model.

This module owns bringing the question's encoding to the classifiers. It also owns what is said
where a catalogue's note finds no claim in its article, which would be quoted bare: when an index is
built or opened, by `/readyz`, and in a banner over whatever the article answers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from askdoc.answering.crisis import predict_message
from askdoc.caveats import (
    DEFAULT_CATALOGUE,
    NO_PREDICTION,
    Catalogue,
    Classifier,
    CrisisMatches,
    ExampleVectors,
    Misplaced,
    Prediction,
    Predictor,
    Screening,
    TextFeatures,
    clauses,
    crisis_classifier,
    embed_examples,
    gloss,
    match_crisis,
    misplaced_claims,
    name_beside,
    parse_catalogue,
    parse_classifier,
    predict_by_examples,
    screen,
    window_spans,
    windows,
)
from askdoc.caveats.glossary import LANGUAGES as GLOSSED
from askdoc.embedding import embeds_tokens
from askdoc.index import PassageIndex, first_of_each_catalogue
from askdoc.question import Encoding, Question
from askdoc.question.language import language_of
from askdoc.question.small_talk import is_farewell
from askdoc.records import CATALOGUE_FILE, CLASSIFIER_FILE, SEVERITIES, Caveat, Document, Hit
from askdoc.text import both_ends, scrub

INCOMPLETE = Caveat(
    "notes_incomplete",
    "banner",
    "caution",
    "Notes on this article are incomplete: what it says may be wrong with no word beside it.",
)
_CHECKED_ARTICLES = 1000
"""Of more articles, claims are looked for by `askdoc check` alone: opening would take minutes."""


@dataclass(slots=True)
class _Derived:
    """What is made once of an index's catalogues, by the texts of these.

    Attributes:
        examples: The vectors of their examples.
        misplaced: The claims that are not found word for word; None until they are sought.
    """

    examples: dict[str, ExampleVectors] = field(default_factory=dict)
    misplaced: Mapping[str, tuple[Misplaced, ...]] | None = None


_derived: WeakKeyDictionary[PassageIndex, _Derived] = WeakKeyDictionary()


def crisis_predictor(index: PassageIndex, encoding: Encoding | None = None) -> Predictor | None:
    """The crisis predictor of an index's model; None if no crisis classifier is for that model.

    Args:
        index: Whose model.
        encoding: What it has made of the question already.

    Raises:
        AskdocError: The model cannot be loaded.
    """
    if index.embedder.fingerprint != crisis_classifier().fingerprint:
        return None
    encoded = encoding or Encoding(index.embedder)
    return lambda text: _predict_crisis(encoded, text)


def _predict_crisis(
    encoding: Encoding, question: str, language: str | None = None
) -> Prediction | None:
    """The crisis classifier's prediction for any text; None where too much was read already.

    `language` is the text's, if it is known. A text in another language is read by its words in
    English, and in one that has no glossary rules decide alone.
    """
    text = both_ends(scrub(question))
    if not text or not embeds_tokens(encoding.embedder):
        return Prediction()
    written = (language if text == question else None) or language_of(text)
    spans = window_spans(text)
    if written != "en":
        parts = [windows(text), windows(text, overlapping=False)] if spans else [clauses(text)]
        return _predict_foreign(encoding, parts, written)
    if spans:
        most_tokens = encoding.granted(text)
        return predict_message(text, spans, most_tokens) if most_tokens else None
    read = encoding.affordable(clauses(text))
    return crisis_classifier().predict(features_of(encoding, read)) if read else None


def _predict_foreign(
    encoding: Encoding, choices: Sequence[Sequence[str]], language: str
) -> Prediction | None:
    """The same of a text in another language, by its words in English.

    Of one that has no glossary the model knows nothing: rules decide alone.
    """
    if language not in GLOSSED:
        return Prediction()
    glossed = [[gloss(part, language) or part for part in parts] for parts in choices]
    read = encoding.affordable(*glossed)
    return crisis_classifier().predict_glossed(read, features_of(encoding, read)) if read else None


def clause_features(encoding: Encoding, question: str) -> tuple[TextFeatures, ...]:
    """The features of a question's clauses, the whole first; none without token embeddings."""
    if not embeds_tokens(encoding.embedder) or not question:
        return ()
    return features_of(encoding, clauses(question))


def predict_topics(
    classifier: Classifier, encoding: Encoding, text: str, language: str
) -> Prediction:
    """A catalogue's prediction for a text; in another language, for its words in English.

    Of these only what is certain counts, and in a language that has no glossary nothing does.
    """
    if language == "en":
        return classifier.predict(clause_features(encoding, text))
    if language not in GLOSSED or not embeds_tokens(encoding.embedder):
        return NO_PREDICTION
    read = encoding.affordable([gloss(part, language) or part for part in clauses(text)])
    prediction = classifier.predict(features_of(encoding, read))
    return replace(prediction, found=prediction.certain)


def features_of(encoding: Encoding, texts: Sequence[str]) -> tuple[TextFeatures, ...]:
    """What a model makes of texts."""
    return tuple(
        TextFeatures(one.whole, one.vectors if one.layers is None else one.layers)
        for one in encoding.of(texts)
    )


@dataclass(frozen=True, slots=True, eq=False)
class Triage:
    """What the crisis rules find in a question, and what the crisis classifier predicts.

    Attributes:
        typed: The question, with the earlier message that it may complete.
        standalone: The question made to stand alone; `typed` itself where it does.
        prediction: The classifier's; None where no classifier is for the model.
        standalone_prediction: The same of the question made to stand alone.
        beyond_doubt: Whether no article asked was reviewed: then a mere suspicion does not count.
    """

    typed: CrisisMatches
    standalone: CrisisMatches
    prediction: Prediction | None
    standalone_prediction: Prediction | None
    beyond_doubt: bool

    @classmethod
    def of(
        cls, question: Question, typed: CrisisMatches, *, classify: bool, beyond_doubt: bool
    ) -> "Triage":
        """Triages a question, to whose text the rules were matched already."""
        # What ends a chat is near to what ends a life: on a plain goodbye rules alone decide.
        encoding = question.encoding if classify and not is_farewell(question.text) else None
        prediction = (
            _predict_crisis(encoding, question.text, question.language) if encoding else None
        )
        if question.standalone == question.text:
            return cls(typed, typed, prediction, prediction, beyond_doubt)
        alone = _predict_crisis(encoding, question.standalone) if encoding else None
        return cls(typed, match_crisis(question.standalone), prediction, alone, beyond_doubt)


def raised(triage: Triage) -> tuple[Caveat, ...]:
    """Crisis blocks of a question as it was typed, and as it was made to stand alone."""
    found = triage.typed.blocks(triage.prediction, beyond_doubt=triage.beyond_doubt)
    if triage.standalone is triage.typed:
        return found
    alone = triage.standalone.blocks(triage.standalone_prediction, beyond_doubt=triage.beyond_doubt)
    return merged(found, alone)


def suspected(triage: Triage, question: Question) -> Prediction:
    """The prediction of crises that no crisis rule finds words for.

    Nothing of a long message, whose windows are not the clauses that topics are sought in,
    and nothing of one in another language, in which topics are hardly found.
    """
    prediction = triage.standalone_prediction
    long = bool(windows(both_ends(scrub(question.standalone))))
    if prediction is None or long or question.language != "en":
        return NO_PREDICTION
    by_words = {
        block.id for matches in (triage.typed, triage.standalone) for block in matches.blocks()
    }
    return replace(prediction, found=prediction.found - by_words)


def has_catalogue(index: PassageIndex, document: str | None) -> bool:
    """Whether the article asked, or any article where all are asked, was reviewed for caveats."""
    if document is not None and document in index.documents:
        return bool(index.documents[document].catalogue)
    return any(one.catalogue for one in index.store.catalogued())


def screening(
    index: PassageIndex,
    hits: Sequence[Hit],
    question: Question,
    crisis: tuple[Caveat, ...],
    triage: Triage,
) -> Screening:
    """What the catalogues of the documents hit have to say on the question itself.

    What is urgent counts from each of them, the rest from that of the best hit alone. A crisis that
    the classifier alone suspects gives way to the topics of the best one.
    """
    suspicion = suspected(triage, question)
    found = [
        screen(
            question.standalone,
            catalogue_of(document),
            _predict(index, document, question),
            crisis,
            triage.standalone,
            suspicion,
        )
        for document in catalogued(index, hits)
    ]
    if not found:
        return Screening(crisis)
    best, *others = found
    standing = tuple(block for block in crisis if block.id not in best.yielding)
    urgent = [
        tuple(c for c in other.caveats if _is_urgent(c) and c.id not in best.yielding)
        for other in others
    ]
    return replace(best, caveats=merged(standing, best.caveats, *urgent))


def catalogued(index: PassageIndex, hits: Sequence[Hit]) -> tuple[Document, ...]:
    """Of the documents hit, the best one for each catalogue, best first."""
    names = dict.fromkeys(hit.passage.document_id for hit in hits)
    return first_of_each_catalogue(index.documents[name] for name in names)


def catalogue_of(document: Document) -> Catalogue:
    """The catalogue that came with a document, or the default one.

    Raises:
        CatalogueError: It does not parse.
    """
    if not document.catalogue:
        return DEFAULT_CATALOGUE
    name = name_beside(document, CATALOGUE_FILE)
    parsed: Catalogue = _parsed(parse_catalogue, document.catalogue, name)
    return parsed


def classifier_of(document: Document) -> Classifier | None:
    """The classifier that came with a document, if any.

    Raises:
        CatalogueError: It does not parse.
    """
    if not document.classifier:
        return None
    name = name_beside(document, CLASSIFIER_FILE)
    parsed: Classifier = _parsed(parse_classifier, document.classifier, name)
    return parsed


def merged(*groups: Sequence[Caveat]) -> tuple[Caveat, ...]:
    """Severest first; of caveats with one id, the first."""
    by_id = {caveat.id: caveat for group in reversed(groups) for caveat in reversed(group)}
    first = dict.fromkeys(caveat.id for group in groups for caveat in group)
    return ordered(tuple(by_id[name] for name in first))


def ordered(*groups: Sequence[Caveat]) -> tuple[Caveat, ...]:
    """All of them, severest first."""
    caveats = [caveat for group in groups for caveat in group]
    return tuple(sorted(caveats, key=lambda caveat: -SEVERITIES.index(caveat.severity)))


def _predict(index: PassageIndex, document: Document, question: Question) -> Prediction:
    encoding = question.encoding or Encoding(index.embedder)
    text = encoding.searched(question.standalone)
    classifier = classifier_of(document)
    if classifier and classifier.fingerprint == index.embedder.fingerprint:
        return predict_topics(classifier, encoding, text, question.language)
    if not document.catalogue:
        return NO_PREDICTION
    encoded = encoding.of(clauses(text))
    vectors = np.stack([one.whole for one in encoded])
    return predict_by_examples(vectors, catalogue_of(document), _examples(document, index))


def _is_urgent(caveat: Caveat) -> bool:
    return SEVERITIES.index(caveat.severity) >= SEVERITIES.index("urgent")


@lru_cache(maxsize=128)
def _parsed(parse: Callable[[str, str], Any], text: str, name: str) -> Any:
    """What a file beside an article holds: parsed once, not with each question."""
    return parse(text, name)


def _examples(document: Document, index: PassageIndex) -> ExampleVectors:
    held = _derived.setdefault(index, _Derived()).examples
    if document.catalogue not in held:
        held[document.catalogue] = embed_examples(catalogue_of(document), index.encode)
    return held[document.catalogue]


def misplaced(index: PassageIndex) -> Mapping[str, tuple[Misplaced, ...]]:
    """For each catalogue of an index, by its text, the claims that are not found word for word."""
    derived = _derived.setdefault(index, _Derived())
    if derived.misplaced is None:
        few = len(index.documents) <= _CHECKED_ARTICLES
        derived.misplaced = misplaced_claims(index.documents.values()) if few else {}
    return derived.misplaced


def notes_complete(index: PassageIndex) -> bool:
    """Whether each claim of each catalogue has a sentence that its note stands beside."""
    return all(claim.nearly for claims in misplaced(index).values() for claim in claims)


def banners_of(index: PassageIndex, document: Document) -> tuple[Caveat, ...]:
    """What stands over all that an article answers."""
    banner = catalogue_of(document).banner
    lost = any(not claim.nearly for claim in misplaced(index).get(document.catalogue, ()))
    return (banner, INCOMPLETE) if lost else (banner,)
