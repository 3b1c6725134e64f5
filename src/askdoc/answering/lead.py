"""What an article is about, in its own words: its lead.

To take the first sentences is the baseline that summaries of news have long been measured against
(Lead-3: See, Liu and Manning, "Get To The Point", 2017). Retrieval finds nothing here: a question
like "what is this about?" has no word in common with what answers it.
"""

import re
from itertools import islice

from askdoc.answering.selection import is_statement
from askdoc.index import PassageIndex
from askdoc.records import Span

_SENTENCES = 3
_FEW = 3
_READ = 12
_THING = r"(?:article|page|text|document|site|website|post|piece|blog)"
_THIS = rf"(?:(?:this|the|that|your|ur) )?{_THING}"
_THESE = rf"(?:(?:these|those|the|your|ur) )?{_THING}s"
_GIST = (
    r"(?:summary|gist|overview|tl;?dr|take[- ]?home message|(?:main|key) (?:points?|idea|message"
    r"|takeaways?))"
)
_ABOUT = re.compile(
    r"\W*(?:(?:so|and|ok|okay|well|hi|hey|hello|please|pls|can you|could you)\W+)*"
    rf"(?:what(?:[’']?s| is) (?:{_THIS}|this) (?:all )?about|what are {_THESE} (?:all )?about"
    rf"|what (?:does {_THIS}|do {_THESE}) (?:say|tell(?: me)?|cover|discuss|talk about|explain)"
    rf"|(?:summari[sz]e|sum up) (?:{_THIS}|{_THESE}|this)"
    rf"|(?:(?:give me|what(?:[’']?s| is| are)) )?(?:(?:a|the) )?(?:(?:short|quick|brief) )?{_GIST}"
    rf"(?: of (?:{_THIS}|{_THESE}))?)"
    r"(?:\W+(?:please|pls|then|exactly))?\W*",
    re.IGNORECASE,
)

_ITSELF = re.compile(
    r"\bthis (?:article|guide|page|post|text|overview)\b"
    r"|\bwe(?:[’']ll| will) (?:explore|look at|discuss|cover|explain|examine|describe)\b",
    re.IGNORECASE,
)


def asks_what_it_is_about(question: str) -> bool:
    """Whether a question asks for the whole article in short, and for nothing in it.

    Example: asks_what_it_is_about("whats this article about?") -> True
    """
    return bool(_ABOUT.fullmatch(question))


def leads(index: PassageIndex, document_id: str | None) -> tuple[tuple[str, Span], ...]:
    """The first sentences of an article, as `choose` gives them, or one of each of a few.

    Args:
        index: The articles.
        document_id: Which of them, or none for all; nothing is told of all when they are many.
    """
    if document_id is None and len(index.documents) > _FEW:
        return ()
    names = list(index.documents) if document_id is None else [document_id]
    each = _SENTENCES if len(names) == 1 else 1
    return tuple(sentence for name in names for sentence in _lead(index, name)[:each])


def _lead(index: PassageIndex, document_id: str) -> tuple[tuple[str, Span], ...]:
    """Headings do not count; what the article says of itself comes before its beginning."""
    statements = (
        (span, words)
        for passage in index.store.passages_of(document_id)
        for span in passage.sentences
        if is_statement(words := passage.sentence(span))
    )
    first = list(islice(statements, _READ))
    itself = [span for span, words in first if _ITSELF.search(words)]
    spans = dict.fromkeys([*itself, *(span for span, _ in first)])
    return tuple((document_id, span) for span in sorted(islice(spans, _SENTENCES)))
