"""The systems compared: each a small program that is run in a process of its own.

Every program gets the texts of the article's passages as a JSON list in the file named by its
first argument, and prints one JSON object. Those that answer while warm get questions as a JSON
list in the file named by their second, the same for all: many and all of them different, since
askdoc remembers the last 64 that it encoded.
"""

# What a newcomer would write: sentence-transformers and FAISS, nothing else.
BARE = """
import itertools, json, sys, time
texts = json.load(open(sys.argv[1]))
import faiss, numpy
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[-1], local_files_only=True)
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

def timed(call):
    import time
    start = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - start)

def percentiles(took):
    took = sorted(took)
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
questions = json.load(open(sys.argv[2]))
again = itertools.cycle(questions)
def query(question):
    vector = model.encode([question], normalize_embeddings=True, show_progress_bar=False)
    index.search(vector, 5)

query(questions[-1])
took = [timed(lambda: query(question)) for question in questions]
print(json.dumps({**percentiles(took), "per_s": rate(lambda: query(next(again))),
                  "peak_mb": peak_mb()}))
"""
)

BARE_INDEXING = (
    BARE.replace("vectors = model", "start = time.perf_counter()\nvectors = model")
    + 'print(json.dumps({"passages_per_s": len(texts) / (time.perf_counter() - start)}))\n'
)

# askdoc and its encoder take turns, so that whatever else the machine does falls on both; each is
# half the list of questions away from the other.
ASKDOC_WARM = (
    MEASURE
    + """
import itertools, json, os, sys
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line and the server do
from askdoc import PassageIndex, ask
questions = json.load(open(sys.argv[2]))
again = itertools.cycle(questions)
half = len(questions) // 2
index = PassageIndex.load(sys.argv[3])
ask(index, questions[-1])
encoded, took = zip(*((timed(lambda: index.embedder.encode([other])),
                       timed(lambda: ask(index, question)))
                      for question, other in zip(questions, questions[half:] + questions[:half])))
print(json.dumps({**percentiles(took), "encoder_p50_ms": percentiles(encoded)["p50_ms"],
                  "per_s": rate(lambda: ask(index, next(again))), "peak_mb": peak_mb()}))
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
