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
from askdoc.caveats.examples import (
    ExampleVectors,
    embed_examples,
    judge_by_examples,
    nearest_topic,
    phrases_of,
)
from askdoc.caveats.glossary import gloss
from askdoc.caveats.lint import Finding, lint, lint_crisis
from askdoc.caveats.places import line_named, line_of_id
from askdoc.caveats.recogniser import (
    Judgement,
    Meaning,
    Recogniser,
    crisis_recogniser,
    parse_recogniser,
)
from askdoc.caveats.topics import MOST_TOPICS, NOT_JUDGED, Screening, clauses, screen
from askdoc.caveats.triage import (
    CrisisReading,
    Judge,
    earlier_line,
    emergencies,
    help_line,
    is_certain,
    read_crisis,
    triage,
)
from askdoc.caveats.windows import windows

DEFAULT_CATALOGUE = default_catalogue()

__all__ = [
    "DEFAULT_CATALOGUE",
    "MOST_TOPICS",
    "NOT_JUDGED",
    "Catalogue",
    "CrisisReading",
    "ExampleVectors",
    "Finding",
    "Judge",
    "Judgement",
    "Meaning",
    "Misplaced",
    "Recogniser",
    "Screening",
    "claim_notes",
    "claim_spans",
    "clauses",
    "crisis_recogniser",
    "default_catalogue",
    "earlier_line",
    "embed_examples",
    "emergencies",
    "gloss",
    "help_line",
    "is_certain",
    "judge_by_examples",
    "line_named",
    "line_of_id",
    "lint",
    "lint_crisis",
    "misplaced_claims",
    "name_beside",
    "nearest_topic",
    "notes_in",
    "other_sides",
    "parse_catalogue",
    "parse_recogniser",
    "passage_notes",
    "phrases_of",
    "quoted_topics",
    "read_crisis",
    "says_both",
    "screen",
    "triage",
    "windows",
]
