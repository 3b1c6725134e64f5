"""How an index grows: building, memory, latency and recall to a hundred thousand vectors.

Each size is measured in a process of its own, beside exact search by plain FAISS in the same
process. Two kinds of vectors: synthetic ones in clusters, and those of real short passages under
real questions. The real ones are encoded once and kept in `--cache`.

    python benchmarks/growth.py --data DIR --cache DIR [--largest 100000] [--json growth.json]
"""

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import faiss
import numpy as np
from texts import clustered, real_passages, real_questions

from askdoc import PassageIndex, build_index
from askdoc.embedding import load_embedder
from askdoc.errors import IndexMissingError
from askdoc.index.vectors import faiss_index
from askdoc.records import Document

NEAREST = 10
ASKED = 200
SIZES = (100, 1_000, 10_000, 100_000)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, help="folder of public collections")
    parser.add_argument("--cache", type=Path, help="where encoded real passages are kept")
    parser.add_argument("--largest", type=int, default=SIZES[-1])
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--only", help="one row, printed as JSON; what the script runs itself by")
    options = parser.parse_args()
    if options.only:
        print(json.dumps(one_row(options)))
        return
    wanted = [f"synthetic:{size}" for size in SIZES if size <= options.largest]
    if options.data and options.cache:
        encode(options.data, options.cache)
        wanted += ["real:50000", "real:0", "whole:0"]
    rows = [apart(name, options) for name in wanted]
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


def apart(name, options):
    command = [sys.executable, __file__, "--only", name]
    for key in ("data", "cache"):
        if value := getattr(options, key):
            command += [f"--{key}", str(value)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    row = json.loads(done.stdout.splitlines()[-1])
    print(row, file=sys.stderr, flush=True)
    return row


def one_row(options):
    source, size = options.only.split(":")
    if source == "whole":
        return whole(options)
    if source == "synthetic":
        return vectors_row(source, clustered(int(size) + ASKED), int(size), None)
    return vectors_row(source, *real_vectors(options, int(size)))


def vectors_row(source, blocks, size, queries):
    """Holds vectors as askdoc does, then the same ones in plain FAISS."""
    rows = np.concatenate(list(blocks))
    queries = rows[size:] if queries is None else queries
    rows = rows[:size]
    before, start = peak_mb(), time.perf_counter()
    index = faiss_index(rows)
    took, peak = time.perf_counter() - start, peak_mb()
    flat = faiss.IndexFlatIP(rows.shape[1])
    start = time.perf_counter()
    flat.add(rows)
    flat_took = time.perf_counter() - start
    _, truth = flat.search(queries, NEAREST)
    return {
        "vectors": source,
        "size": size,
        "kind": kind(index),
        "build_s": took,
        "flat_build_s": flat_took,
        "peak_mb": peak,
        "added_mb": peak - before,
        "flat_mb": rows.nbytes / 1e6,
        **latency(index, queries),
        **{f"flat_{name}": value for name, value in latency(flat, queries).items()},
        "recall": recall(index, queries, truth),
    }


def kind(index):
    """The name by which docs/performance.md calls a form."""
    return "flat" if isinstance(faiss.downcast_index(index), faiss.IndexFlat) else "sq-fp16"


def peak_mb():
    """The most memory this process has used, mapped files included."""
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return usage / 1024 if sys.platform == "linux" else usage / 2**20


def latency(index, queries):
    took = []
    for query in queries:
        start = time.perf_counter()
        index.search(query[None, :], 100)
        took.append(1000 * (time.perf_counter() - start))
    return {"p50_ms": float(np.median(took)), "p95_ms": float(np.quantile(took, 0.95))}


def recall(index, queries, truth):
    _, found = index.search(queries, NEAREST)
    return float(
        np.mean([len(set(a) & set(b)) for a, b in zip(found, truth, strict=True)]) / NEAREST
    )


def documents(data):
    for number, text in enumerate(real_passages(data)):
        digest = hashlib.sha256(text.encode()).hexdigest()
        yield Document(id=f"p{number}", title="", text=text, url="", sha256=digest)


def encode(data, cache):
    """Builds the exact index that the real vectors are taken from, unless it is there."""
    try:
        PassageIndex.load(cache)
    except IndexMissingError:
        build_index(documents(data), exact=True, on_progress=told).save(cache)


def told(done, total):
    print(f"\rencoded {done:,} of {total:,}", end="", file=sys.stderr)


def real_vectors(options, size):
    held = PassageIndex.load(options.cache).store.vectors.passages
    size = size or held.ntotal
    chosen = np.random.default_rng(1).permutation(held.ntotal)[:size]
    blocks = (held.reconstruct_batch(part) for part in np.array_split(chosen, -(-size // 16384)))
    return blocks, size, load_embedder().encode(asked(options.data))


def asked(data):
    every = real_questions(data)
    chosen = np.random.default_rng(2).choice(len(every), ASKED, replace=False)
    return [every[at] for at in chosen]


def whole(options):
    """Builds, saves, loads and asks a whole index of the real passages, its vectors known."""
    exact = PassageIndex.load(options.cache)
    start = time.perf_counter()
    index = build_index(documents(options.data), previous=exact)
    took, peak = time.perf_counter() - start, peak_mb()
    folder = options.cache.with_name(options.cache.name + "-grown")
    index.save(folder)
    start = time.perf_counter()
    loaded = PassageIndex.load(folder)
    loading = time.perf_counter() - start
    rows, same = [], []
    for question in asked(options.data):
        vector = loaded.embedder.encode([question])[0]
        start = time.perf_counter()
        found = loaded.search(question, NEAREST, vector=vector)
        rows.append(1000 * (time.perf_counter() - start))
        best = {hit.passage.id for hit in exact.search(question, NEAREST, vector=vector)}
        same.append(len(best & {hit.passage.id for hit in found}) / NEAREST)
    return {
        "vectors": "whole",
        "size": len(loaded.passages),
        "sentences": int(loaded.store.library.first_sentences[-1]),
        "kind": kind(index.store.vectors.sentences),
        "build_s": took,
        "peak_mb": peak,
        "load_s": loading,
        "disk_mb": sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6,
        "p50_ms": float(np.median(rows)),
        "p95_ms": float(np.quantile(rows, 0.95)),
        "recall": float(np.mean(same)),
    }


if __name__ == "__main__":
    main()
