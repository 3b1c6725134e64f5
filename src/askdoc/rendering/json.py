"""The public JSON contract: one shape for the command line, the API and the tests."""

from collections.abc import Iterable
from typing import Any

from askdoc.records import Answer, Caveat, Citation, Document, Hit
from askdoc.rendering.arrangement import article_address


def to_json(answer: Answer) -> dict[str, Any]:
    """An answer as plain dicts and lists. Each `address` is one of a server's, from its root.

    Example: to_json(answer)["citations"][0]["quote"]
    """
    return {
        "question": answer.question,
        "resolved_question": answer.resolved_question,
        "status": answer.status,
        "answer": answer.text,
        "confidence": answer.confidence,
        "citations": [_citation(citation) for citation in answer.citations],
        "caveats": [_caveat(caveat) for caveat in answer.caveats],
        "passages": hits_to_json(answer.passages),
    }


def hits_to_json(hits: Iterable[Hit]) -> list[dict[str, Any]]:
    """Hits as an answer's `passages`, each with the notes on its claims."""
    return [_passage(hit) for hit in hits]


def search_to_json(hits: Iterable[Hit], caveats: Iterable[Caveat]) -> dict[str, Any]:
    """What a search brings: the caveats to show first, and the passages."""
    return {
        "caveats": [_caveat(caveat) for caveat in caveats],
        "passages": hits_to_json(hits),
    }


def article_to_json(document: Document, banner: Caveat) -> dict[str, Any]:
    """An article in a list of them; `address` is its annotated page, from the server's root."""
    return {
        "id": document.id,
        "title": document.title,
        "url": document.url,
        "address": article_address(document.id),
        "banner": _caveat(banner),
    }


def _citation(citation: Citation) -> dict[str, Any]:
    return {
        "number": citation.number,
        "document_id": citation.document_id,
        "passage_id": citation.passage_id,
        "heading": citation.heading,
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "title": citation.title,
        "url": citation.url,
        "address": article_address(citation.document_id, citation.start, citation.end),
    }


def _caveat(caveat: Caveat) -> dict[str, Any]:
    return {
        "id": caveat.id,
        "kind": caveat.kind,
        "severity": caveat.severity,
        "text": caveat.text,
        "citation": caveat.citation,
        "sources": [{"name": s.name, "url": s.url, "date": s.date} for s in caveat.sources],
    }


def _passage(hit: Hit) -> dict[str, Any]:
    return {
        "rank": hit.rank,
        "score": hit.score,
        "document_id": hit.passage.document_id,
        "passage_id": hit.passage.id,
        "heading": hit.passage.heading,
        "text": hit.passage.text,
        "start": hit.passage.start,
        "end": hit.passage.end,
        "address": article_address(hit.passage.document_id, hit.passage.start, hit.passage.end),
        "caveats": [_caveat(caveat) for caveat in hit.caveats],
    }
