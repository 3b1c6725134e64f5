"""The same index on Milvus, for many articles and many machines.

This room owns the schema of a Milvus store, how it is filled, and the `Store` that a `PassageIndex`
searches. Fusion, quoting and caveats are the same as over a folder. `pymilvus` is imported here
alone.
"""

from askdoc.milvus.ingestion import ingest, ingest_documents
from askdoc.milvus.live import open_store

__all__ = ["ingest", "ingest_documents", "open_store"]
