"""What must be said beside an answer, whatever was asked: crisis blocks, topics, claim notes.

Owns matching a question to reviewed text and a quote to its notes, deterministically. The text
is data: `crisis.toml` is askdoc's own, each article has its `caveats.toml`. Embedding is handed
in; when a block replaces an answer is decided in `answering`, how it looks in `rendering`.
"""

from askdoc.caveats.catalogue import (
    Catalogue,
    default_catalogue,
    name_beside,
    parse_catalogue,
)
from askdoc.caveats.claims import (
    Misplaced,
    claim_notes,
    claim_spans,
    misplaced_claims,
    notes_in,
    other_sides,
    passage_notes,
    quoted_topics,
    says_both,
)
from askdoc.caveats.classifier import (
    Classifier,
    Prediction,
    TextFeatures,
    crisis_classifier,
    parse_classifier,
)
from askdoc.caveats.examples import (
    ExampleVectors,
    embed_examples,
    nearest_topic,
    phrases_of,
    predict_by_examples,
)
from askdoc.caveats.glossary import gloss
from askdoc.caveats.lint import Finding, lint, lint_crisis
from askdoc.caveats.places import line_named, line_of_id
from askdoc.caveats.topics import MOST_TOPICS, NO_PREDICTION, Screening, clauses, screen
from askdoc.caveats.triage import (
    CrisisMatches,
    Predictor,
    earlier_line,
    emergencies,
    help_line,
    is_certain,
    match_crisis,
    triage,
)
from askdoc.caveats.windows import window_spans, windows

DEFAULT_CATALOGUE = default_catalogue()

__all__ = [
    "DEFAULT_CATALOGUE",
    "MOST_TOPICS",
    "NO_PREDICTION",
    "Catalogue",
    "Classifier",
    "CrisisMatches",
    "ExampleVectors",
    "Finding",
    "Misplaced",
    "Prediction",
    "Predictor",
    "Screening",
    "TextFeatures",
    "claim_notes",
    "claim_spans",
    "clauses",
    "crisis_classifier",
    "default_catalogue",
    "earlier_line",
    "embed_examples",
    "emergencies",
    "gloss",
    "help_line",
    "is_certain",
    "line_named",
    "line_of_id",
    "lint",
    "lint_crisis",
    "match_crisis",
    "misplaced_claims",
    "name_beside",
    "nearest_topic",
    "notes_in",
    "other_sides",
    "parse_catalogue",
    "parse_classifier",
    "passage_notes",
    "phrases_of",
    "predict_by_examples",
    "quoted_topics",
    "says_both",
    "screen",
    "triage",
    "window_spans",
    "windows",
]
