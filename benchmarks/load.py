"""Load on this machine: 32 clients for 20 seconds against the API, beside bare `ask()`.

`python benchmarks/load.py [SECONDS] [CLIENTS] [again]` prints statuses, throughput, the time that
99 of 100 answers stayed under, and memory.
Every question is new; with `again` the same ones come round, as the examples that visitors click on
do. The clients are a process of their own; `ask()` is measured before and after, since the machine
may be shared.
"""

import asyncio
import itertools
import json
import re
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from askdoc import PassageIndex, ask
from askdoc.refresh import open_index
from askdoc.server import Settings, create_app
from askdoc.server.app import configured
from askdoc.server.connections import Server

ROOT = Path(__file__).parents[1]
PORT = 7871


def questions() -> list[str]:
    lines = (ROOT / "evals" / "kratom" / "questions.jsonl").read_text(encoding="utf-8")
    return [json.loads(line)["question"] for line in lines.splitlines()]


def endless(asked: list[str], again: bool) -> Iterator[str]:
    """The questions round and round; unless `again`, each with a number, which makes it new."""
    for number, question in enumerate(itertools.cycle(asked), start=1000):
        yield question if again else f"{question} {number}"


def bare_rate(index: PassageIndex, asked: list[str], seconds: float, again: bool) -> float:
    """Answers a second of `ask()` alone, on as many threads as the server uses."""
    source, end = endless(asked, again), time.monotonic() + seconds
    one_at_a_time, workers = threading.Lock(), Settings().at_once

    def work() -> int:
        done = 0
        while time.monotonic() < end:
            with one_at_a_time:
                question = next(source)
            ask(index, question)
            done += 1
        return done

    with ThreadPoolExecutor(workers) as pool:
        return sum(f.result() for f in [pool.submit(work) for _ in range(workers)]) / seconds


Poured = tuple[Counter[int], list[float]]


def pour(asked: list[str], seconds: float, clients: int, again: bool) -> Poured:
    """Statuses and seconds of all answers to clients that ask one question after the other."""
    return asyncio.run(poured(asked, seconds, clients, again))


async def poured(asked: list[str], seconds: float, clients: int, again: bool) -> Poured:
    source, end = endless(asked, again), time.monotonic() + seconds
    statuses: Counter[int] = Counter()
    took: list[float] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        while time.monotonic() < end:
            began = time.monotonic()
            status = await posted(reader, writer, next(source))
            took.append(time.monotonic() - began)
            statuses[status] += 1
            if status == 503:
                await asyncio.sleep(0.1)
        writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return statuses, took


async def posted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, question: str) -> int:
    """The status of one answer. Written out, so that the client takes little of the cores."""
    body = json.dumps({"question": question}).encode()
    writer.write(
        b"POST /api/v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    head = await reader.readuntil(b"\r\n\r\n")
    [length] = re.findall(rb"(?i)\r\ncontent-length: *(\d+)", head)
    await reader.readexactly(int(length))
    return int(head.split(b" ", 2)[1])


def watched(future: Future[Poured]) -> list[float]:
    """Resident memory of the server in MiB, once a second until something is done."""
    memory = []
    while not future.done():
        memory.append(resident())
        time.sleep(1)
    return memory


def resident() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20
    clients = int(sys.argv[2]) if len(sys.argv) > 2 else 32
    again = "again" in sys.argv[3:]
    asked = questions()
    with tempfile.TemporaryDirectory() as folder:
        index = open_index(folder, paths=[ROOT / "corpus" / "kratom"])
        before = bare_rate(index, asked, seconds / 2, again)
        settings = Settings(rate="1000000/minute")
        server = Server(configured(create_app(lambda: index, settings), settings))
        place = socket.create_server(("127.0.0.1", PORT), backlog=2048)
        threading.Thread(target=server.run, args=([place],), daemon=True).start()
        while not server.started:
            time.sleep(0.1)
        time.sleep(2)
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            pouring = pool.submit(pour, asked, seconds, clients, again)
            memory = watched(pouring)
        statuses, took = pouring.result()
        server.should_exit = True
        bare = (before + bare_rate(index, asked, seconds / 2, again)) / 2
    rate = statuses[200] / seconds
    slow = sorted(took)[len(took) * 99 // 100]
    print(f"statuses {dict(statuses)}; 99 of 100 within {slow:.2f} s")
    print(f"{rate:.1f} answers/s, bare ask() {bare:.1f}/s")
    third = memory[len(memory) // 3]
    told = f"{memory[0]:.0f} at first, {third:.0f} after a third, {memory[-1]:.0f} at the end"
    print(f"served/bare {rate / bare:.2f}; memory in MiB: {told}")


if __name__ == "__main__":
    main()
