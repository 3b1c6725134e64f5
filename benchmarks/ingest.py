"""Fills a store with short passages of real text: rate against the encoder's own, and memory.

python benchmarks/ingest.py 5000 http://127.0.0.1:19530#bench --processes 2

Passages are sentences of the collections in ASKDOC_DATA, and pairs of neighbours where those run
out: all different, 108,577 in all.
"""

import argparse
import os
import resource
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from texts import real_passages

from askdoc.documents import document_from_text
from askdoc.embedding import prepare_embedder
from askdoc.index import passage_size_for
from askdoc.milvus import ingest_documents
from askdoc.milvus.rows import open_executor
from askdoc.passages import cut, embedding_text
from askdoc.records import Document

DATA = Path(os.environ.get("ASKDOC_DATA", "../shared/data"))
PASSAGES_EACH = 20


def documents(passages: int) -> Iterator[Document]:
    source = iter(real_passages(DATA))
    for at in range(passages // PASSAGES_EACH):
        parts = [f"## Part {n}\n\n{text}" for n, text in enumerate(islice(source, PASSAGES_EACH))]
        yield document_from_text(f"d{at}", f"Article {at}", "\n\n".join(parts))


def _spent() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("passages", type=int)
    options.add_argument("store")
    options.add_argument("--processes", type=int, default=0)
    options.add_argument("--encoder", type=int, default=2000, help="texts to time the encoder by")
    chosen = options.parse_args()
    embedder, _ = prepare_embedder(None)
    size = passage_size_for(embedder)
    sample = []
    for document in documents(chosen.encoder):
        for passage in cut(document, embedder.count, size):
            sample.append(embedding_text(document.title, passage.heading, passage.text))
            sample += [passage.sentence(span) for span in passage.sentences]
    sample = sample[: chosen.encoder]
    began, spent = time.perf_counter(), time.process_time()
    embedder.encode(sample)
    own = len(sample) / (time.perf_counter() - began)
    own_cpu = (time.process_time() - spent) / len(sample)
    print(
        f"encoder alone: {own:.0f} texts a second, {own_cpu * 1000:.2f} ms of CPU each", flush=True
    )
    before = _spent()
    began = time.perf_counter()
    with open_executor(embedder, size, processes=chosen.processes) as executor:
        done = ingest_documents(
            lambda: documents(chosen.passages),
            chosen.store,
            embedder=embedder,
            executor=executor,
            grace=0,
        )
    seconds = time.perf_counter() - began
    rate = done.encoded / seconds
    print(f"{done}\n{seconds:.0f} s, {rate:.0f} texts a second, {rate / own:.0%} of the encoder's")
    cpu = (_spent() - before) / done.encoded
    print(
        f"{cpu * 1000:.2f} ms of CPU each, store aside: the encoder's is {own_cpu / cpu:.0%} of it"
    )
    for who, which in (("this", resource.RUSAGE_SELF), ("largest", resource.RUSAGE_CHILDREN)):
        used = resource.getrusage(which)
        print(f"{who}: {used.ru_maxrss / 1024:.0f} MB peak, {used.ru_utime:.0f} s of CPU")


if __name__ == "__main__":
    main()
