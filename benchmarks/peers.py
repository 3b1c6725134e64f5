"""Other libraries with the same model and the same passages, each in an environment of its own.

    python benchmarks/peers.py --environments DIR [--only NAME…] [--rounds 3] [--json peers.json]

Needs an index (`askdoc index`) and a package registry; the first run makes the environments, some
1.5 GB each. `--torch` says which PyTorch goes into each, for example a CPU build.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from askdoc import PassageIndex
from askdoc.embedding import default_model_folder

QUESTION = "Will my hair grow back after I stop?"

# For each library what pip installs, and a program: `load(model)` gives what reads texts,
# `gather(loaded, texts)` a function from a question to the best passages.
PEERS = {
    "sentence-transformers + FAISS": (
        ["sentence-transformers", "faiss-cpu"],
        """
import faiss
from sentence_transformers import SentenceTransformer
def load(model): return SentenceTransformer(model, local_files_only=True)
def gather(loaded, texts):
    encode = lambda t: loaded.encode(t, normalize_embeddings=True, show_progress_bar=False)
    vectors = encode(texts)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return lambda question: index.search(encode([question]), 5)
""",
    ),
    "langchain": (
        ["langchain-huggingface", "langchain-community", "sentence-transformers", "faiss-cpu"],
        """
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_community.vectorstores import FAISS
def load(model): return HuggingFaceEmbeddings(model_name=model)
def gather(loaded, texts):
    store = FAISS.from_texts(texts, loaded)
    return lambda question: store.similarity_search(question, k=5)
""",
    ),
    "llama-index": (
        ["llama-index-core", "llama-index-embeddings-huggingface"],
        """
from llama_index.core import VectorStoreIndex
from llama_index.core.schema import TextNode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
def load(model): return HuggingFaceEmbedding(model_name=model)
def gather(loaded, texts):
    index = VectorStoreIndex([TextNode(text=text) for text in texts], embed_model=loaded)
    return index.as_retriever(similarity_top_k=5).retrieve
""",
    ),
    "haystack": (
        ["haystack-ai", "sentence-transformers-haystack"],
        """
from haystack import Document
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder, SentenceTransformersTextEmbedder)
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
def load(model):
    embedders = [kind(model=model, progress_bar=False) for kind in
                 (SentenceTransformersDocumentEmbedder, SentenceTransformersTextEmbedder)]
    for embedder in embedders:
        embedder.warm_up()
    return embedders
def gather(loaded, texts):
    store = InMemoryDocumentStore()
    found = loaded[0].run(documents=[Document(content=text) for text in texts])
    store.write_documents(found["documents"])
    retriever = InMemoryEmbeddingRetriever(store, top_k=5)
    return lambda question: retriever.run(loaded[1].run(question)["embedding"])
""",
    ),
    "txtai": (
        ["txtai", "sentence-transformers"],
        """
from txtai import Embeddings
def load(model): return Embeddings(path=model, content=True)
def gather(loaded, texts):
    loaded.index(texts)
    return lambda question: loaded.search(question, 5)
""",
    ),
    "chroma": (
        ["chromadb", "sentence-transformers"],
        """
import chromadb
from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction
def load(model): return SentenceTransformerEmbeddingFunction(model_name=model)
def gather(loaded, texts):
    held = chromadb.EphemeralClient().create_collection("passages", embedding_function=loaded)
    held.add(ids=[str(n) for n in range(len(texts))], documents=texts)
    return lambda question: held.query(query_texts=[question], n_results=5)
""",
    ),
    "askdoc": (
        [],
        """
from askdoc import PassageIndex, ask
def load(folder): return PassageIndex.load(folder)
def gather(loaded, texts): return lambda question: ask(loaded, question)
""",
    ),
}

HARNESS = """
import json, resource, statistics, sys, time
texts, question, model = json.load(open(sys.argv[1])), sys.argv[2], sys.argv[3]
{program}
loaded = load(model)
start = time.time()
query = gather(loaded, texts)
indexing = time.time() - start
query(question)
cold = time.time() - float(sys.argv[4]) - indexing
took = []
for number in range(1000, 1050):
    new = question.replace("?", f" {{number}}?")  # nobody is helped by remembering the last one
    start = time.perf_counter()
    query(new)
    took.append(1000 * (time.perf_counter() - start))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({{"cold_s": cold, "p50_ms": statistics.median(took), "peak_mb": peak}}))
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--environments", type=Path, required=True, help="where they are made")
    parser.add_argument("--index", default="index", help="a built index")
    parser.add_argument("--only", nargs="*", choices=list(PEERS), help="these alone")
    parser.add_argument("--rounds", type=int, default=3, help="turns each gets")
    parser.add_argument("--torch", default="torch", help="which PyTorch to install first")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    chosen = options.only or list(PEERS)
    pythons = {name: environment(name, options) for name in chosen}
    figures = measure(pythons, options)
    for name, row in figures.items():
        print(f"{name}: {row}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


def environment(name, options):
    """The Python of a library's environment, made if it is not there."""
    packages = PEERS[name][0]
    if not packages:
        return sys.executable
    place = options.environments / name.replace(" ", "")
    python = place / "bin" / "python"
    if not (place / "made").exists():
        print(f"making {place}", file=sys.stderr)
        venv.create(place, with_pip=True, clear=True)
        for wanted in ([options.torch], packages):
            subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
        (place / "made").touch()
    return str(python)


def measure(pythons, options):
    rows = {name: [] for name in pythons}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as texts:
        json.dump([passage.text for passage in PassageIndex.load(options.index).passages], texts)
        texts.flush()
        for _ in range(options.rounds):
            for name, python in pythons.items():
                rows[name].append(once(name, python, texts.name, options.index))
    return {
        name: {key: statistics.median(row[key] for row in taken) for key in taken[0]}
        for name, taken in rows.items()
    }


def once(name, python, texts, index):
    model = index if name == "askdoc" else str(default_model_folder())
    code = HARNESS.format(program=PEERS[name][1])
    command = [python, "-c", code, texts, QUESTION, model, str(time.time())]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
