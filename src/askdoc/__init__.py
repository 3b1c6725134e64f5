"""Ask an article questions and get its own words back, with the caveats they need.

Everything a caller needs is here; the rooms behind are imported when a name is first used.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from askdoc.answering import ask, crisis_answer
    from askdoc.documents import document_from_text, read_documents
    from askdoc.errors import AskdocError
    from askdoc.index import PassageIndex, build_index
    from askdoc.records import (
        Answer,
        Caveat,
        Citation,
        Document,
        Hit,
        Passage,
        Source,
    )

# Libraries read these when they are first imported or started; processes that askdoc starts inherit
# them. They turn off reports to their makers, whatever was set: nothing leaves the machine.
os.environ.update(
    {
        # ONNX Runtime from 1.29 on: look-ups, a device id and an event store in the user's cache.
        "ORT_DISABLE_TELEMETRY": "1",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
    }
)

_HOMES = {
    "Answer": "records",
    "AskdocError": "errors",
    "Caveat": "records",
    "Citation": "records",
    "Document": "records",
    "Hit": "records",
    "Passage": "records",
    "PassageIndex": "index",
    "Source": "records",
    "ask": "answering",
    "build_index": "index",
    "crisis_answer": "answering",
    "document_from_text": "documents",
    "read_documents": "documents",
}

__all__ = [
    "Answer",
    "AskdocError",
    "Caveat",
    "Citation",
    "Document",
    "Hit",
    "Passage",
    "PassageIndex",
    "Source",
    "ask",
    "build_index",
    "crisis_answer",
    "document_from_text",
    "read_documents",
]


def __getattr__(name: str) -> Any:
    """Imports a room when one of its names is first asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
