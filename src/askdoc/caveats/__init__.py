"""What must be said beside an answer, whatever was asked: crisis blocks, topics, claim notes.

Owns matching a question to reviewed text and a quote to its notes, deterministically. The text
is data: `crisis.toml` is askdoc's own, each article has its `caveats.toml`. Embedding is handed
in; when a block replaces an answer is decided in `answering`, how it looks in `rendering`.
"""

from askdoc.caveats.catalogue import (
    Catalogue,
    Claim,
    Contradiction,
    Topic,
    default_catalogue,
    parse_catalogue,
)
from askdoc.caveats.claims import (
    ClaimNote,
    OtherSide,
    claim_notes,
    notes_in,
    other_sides,
    quoted_topics,
    says_both,
)
from askdoc.caveats.lint import Finding, lint, lint_crisis
from askdoc.caveats.topics import (
    MOST_TOPICS,
    NEAR_ENOUGH,
    ExampleVectors,
    Screening,
    clauses,
    embed_examples,
    example_texts,
    nearest_topic,
    screen,
)
from askdoc.caveats.triage import help_line, triage
from askdoc.caveats.words import ordinary_words

DEFAULT_CATALOGUE = default_catalogue()

__all__ = [
    "DEFAULT_CATALOGUE",
    "MOST_TOPICS",
    "NEAR_ENOUGH",
    "Catalogue",
    "Claim",
    "ClaimNote",
    "Contradiction",
    "ExampleVectors",
    "Finding",
    "OtherSide",
    "Screening",
    "Topic",
    "claim_notes",
    "clauses",
    "default_catalogue",
    "embed_examples",
    "example_texts",
    "help_line",
    "lint",
    "lint_crisis",
    "nearest_topic",
    "notes_in",
    "ordinary_words",
    "other_sides",
    "parse_catalogue",
    "quoted_topics",
    "says_both",
    "screen",
    "triage",
]
