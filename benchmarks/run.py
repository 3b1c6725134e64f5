"""Speed and memory beside bare sentence-transformers + FAISS, as ratios within one run.

Machines are noisy and differ; so every figure is taken beside the other system's, turn by turn,
and only ratios are worth reporting. Needs an index: `askdoc index` first. The questions asked of
both are those of evals/kratom, without the emergencies, which askdoc answers before any model.

    python benchmarks/run.py [--rounds 5] [--json results.json] [--data DIR]

With the public collections in DIR it also encodes passages of SciFact, all of them different; those
of the article are few, and encoded several times over.
"""

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import faiss
from systems import ASKDOC_INDEXING, ASKDOC_WARM, BARE_COLD, BARE_INDEXING, BARE_WARM
from texts import cut_passages

from askdoc import PassageIndex
from askdoc.embedding import default_model_folder, load_embedder

REAL = "real_passages_per_s"
QUESTION = "Will my hair grow back after I stop?"
QUESTIONS = Path(__file__).parent.parent / "evals" / "kratom" / "questions.jsonl"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", default="index", help="a built index")
    parser.add_argument("--rounds", type=int, default=5, help="turns each system gets")
    parser.add_argument("--json", help="write the figures here too")
    parser.add_argument("--data", type=Path, help="where scifact/ is")
    options = parser.parse_args()
    figures = measure(options.index, options.rounds, options.data)
    print(table(figures))
    if options.json:
        Path(options.json).write_text(json.dumps(figures, indent=1) + "\n")


def measure(index, rounds, data=None):
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        texts, many, bare = prepare(index, place)
        questions = asked(place)
        model = str(default_model_folder())
        real = unlike(data, place) if data else ""
        rows = {"bare": [], "askdoc": []}
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
            rows["bare"].append(
                {
                    "cold_s": clock(BARE_COLD, texts, QUESTION, model, bare),
                    **program(BARE_WARM, texts, questions, model),
                    **indexing(BARE_INDEXING, many, real, model),
                }
            )
            rows["askdoc"].append(
                {
                    "cold_s": clock(
                        "from askdoc.cli import main; main()", "ask", QUESTION, "--index", index
                    ),
                    "serve_s": ready(index),
                    **program(ASKDOC_WARM, texts, questions, index),
                    **indexing(ASKDOC_INDEXING, many, real),
                }
            )
    return {name: medians(taken) for name, taken in rows.items()}


def prepare(index, place):
    """The passages once, the passages many times over, and the bare system's saved index."""
    held = PassageIndex.load(index)
    passages = [passage.text for passage in held.passages]
    many = [f"{passage} {n}" for n in range(8) for passage in passages]
    for name, texts in (("texts.json", passages), ("many.json", many)):
        (place / name).write_text(json.dumps(texts))
    faiss.write_index(held.store.vectors.passages, str(place / "bare.faiss"))
    return str(place / "texts.json"), str(place / "many.json"), str(place / "bare.faiss")


def asked(place):
    rows = map(json.loads, QUESTIONS.read_text(encoding="utf-8").splitlines())
    questions = {row["question"] for row in rows if row["status"] != "emergency"}
    assert len(questions) > 2 * 64, "askdoc would remember some of the questions"
    file = place / "questions.json"
    file.write_text(json.dumps(sorted(questions)))
    return str(file)


def unlike(data, place):
    """Passages of unlike length, as real ones are."""
    file = place / "real.json"
    file.write_text(json.dumps(cut_passages(data, load_embedder(), 100)))
    return str(file)


def clock(code, *arguments):
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def ready(index):
    """Seconds until `askdoc serve` says that it is ready to answer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = ["serve", "--port", str(port), "--index", index]
    command = [sys.executable, "-c", "from askdoc.cli import main; main()", *serve]
    start = time.perf_counter()
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while time.perf_counter() - start < 120:
            with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/readyz"):
                return time.perf_counter() - start
            time.sleep(0.05)
        raise TimeoutError("askdoc serve was not ready within two minutes")
    finally:
        server.terminate()
        server.wait()


def program(code, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def indexing(code, many, real, *arguments):
    """The rate on the article's passages, and on real ones where there are any."""
    figures = program(code, many, *arguments)
    if real:
        figures[REAL] = program(code, real, *arguments)["passages_per_s"]
    return figures


def medians(rows):
    return {name: statistics.median(row[name] for row in rows) for name in rows[0]}


def table(figures):
    bare, ours = figures["bare"], figures["askdoc"]
    lines = [
        "| | sentence-transformers + FAISS | askdoc | ratio |",
        "|---|---|---|---|",
        row("process start to first answer, s", bare["cold_s"], ours["cold_s"]),
        row("warm: bare retrieval / whole ask(), ms", bare["p50_ms"], ours["p50_ms"]),
        row("answers per second, 4 threads", bare["per_s"], ours["per_s"]),
        row("peak memory, MB", bare["peak_mb"], ours["peak_mb"]),
        row("passages encoded per second", bare["passages_per_s"], ours["passages_per_s"]),
        row("encoder alone / whole ask(), ms", ours["encoder_p50_ms"], ours["p50_ms"]),
        f"| `askdoc serve` ready, s | | {ours['serve_s']:.2f} | |",
    ]
    if REAL in bare:
        lines.append(row("passages of SciFact encoded per second", bare[REAL], ours[REAL]))
    return "\n".join(lines)


def row(name, theirs, ours):
    return f"| {name} | {theirs:.2f} | {ours:.2f} | {max(theirs, ours) / min(theirs, ours):.1f} × |"


if __name__ == "__main__":
    main()
