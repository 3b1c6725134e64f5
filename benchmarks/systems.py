"""The systems compared: each a small program that is run in a process of its own.

Every program gets the texts of the article's passages as a JSON list in the file named by its
first argument and a question as its second, and prints one JSON object.
"""

# What a newcomer would write: sentence-transformers and FAISS, nothing else.
BARE = """
import json, sys, time
texts, question = json.load(open(sys.argv[1])), sys.argv[2]
import faiss, numpy
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[3], local_files_only=True)
vectors = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
index = faiss.IndexFlatIP(vectors.shape[1])
index.add(vectors)
"""

BARE_COLD = """
import json, sys
question = sys.argv[2]
import faiss, numpy
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[3], local_files_only=True)
index = faiss.read_index(sys.argv[4])
texts = json.load(open(sys.argv[1]))
vector = model.encode([question], normalize_embeddings=True, show_progress_bar=False)
_, rows = index.search(vector, 5)
print(texts[rows[0][0]])
"""

MEASURE = """
def peak_mb():
    with open("/proc/self/status") as status:
        [line] = [line for line in status if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024

def timed(call, times):
    import time
    took = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        took.append(1000 * (time.perf_counter() - start))
    took.sort()
    return {"p50_ms": took[len(took) // 2], "p95_ms": took[int(len(took) * 0.95)]}

def rate(call, clients=4, seconds=3):
    import time
    from concurrent.futures import ThreadPoolExecutor
    def work(_):
        end, done = time.perf_counter() + seconds, 0
        while time.perf_counter() < end:
            call()
            done += 1
        return done
    with ThreadPoolExecutor(clients) as pool:
        return sum(pool.map(work, range(clients))) / seconds
"""

BARE_WARM = (
    MEASURE
    + BARE
    + """
def query():
    vector = model.encode([question], normalize_embeddings=True, show_progress_bar=False)
    index.search(vector, 5)

query()
print(json.dumps({**timed(query, 100), "per_s": rate(query), "peak_mb": peak_mb()}))
"""
)

BARE_INDEXING = (
    BARE.replace("vectors = model", "start = time.perf_counter()\nvectors = model")
    + 'print(json.dumps({"passages_per_s": len(texts) / (time.perf_counter() - start)}))\n'
)

# Each question is new to askdoc: it remembers the vectors of the last ones. It and its encoder take
# turns, so that whatever else the machine does falls on both.
ASKDOC_WARM = (
    MEASURE
    + """
import itertools, json, os, statistics, sys
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line and the server do
from askdoc import PassageIndex, ask
question = sys.argv[2]
index = PassageIndex.load(sys.argv[3])
ask(index, question)
number = itertools.count(1000)
new = lambda: question.replace("?", f" {next(number)}?")
turns = [(timed(lambda: index.embedder.encode([new()]), 1)["p50_ms"],
          timed(lambda: ask(index, new()), 1)["p50_ms"]) for _ in range(200)]
whole = sorted(turn[1] for turn in turns)
print(json.dumps({"p50_ms": statistics.median(whole), "p95_ms": whole[190],
                  "encoder_p50_ms": statistics.median(turn[0] for turn in turns),
                  "per_s": rate(lambda: ask(index, new())), "peak_mb": peak_mb()}))
"""
)

ASKDOC_INDEXING = """
import json, sys, time
from askdoc.embedding import load_embedder
texts = json.load(open(sys.argv[1]))
embedder = load_embedder()
start = time.perf_counter()
embedder.encode(texts)
print(json.dumps({"passages_per_s": len(texts) / (time.perf_counter() - start)}))
"""
