"""The same index on Milvus: many articles, many machines, one collection to search.

This room owns everything that speaks to a Milvus store: its schema, what is written there and in
which order, and the `Store` that a `PassageIndex` searches. Fusion, quoting and caveats are the
other rooms', and the same as over a folder. `pymilvus` is imported here alone.
"""

from askdoc.milvus.filling import ingest, ingest_documents
from askdoc.milvus.live import open_store

__all__ = ["ingest", "ingest_documents", "open_store"]
