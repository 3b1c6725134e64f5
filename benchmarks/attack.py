"""An attack on this machine: held connections and costly requests at once; who is still answered.

`python benchmarks/attack.py [CONNECTIONS] [COSTLY] [SECONDS]` starts a server of its own, holds so
many connections (silent, half a head, half a body), keeps so many costly requests running, and
prints how long health checks, emergencies and calm questions took meanwhile. The exit status is 1
where one of them took longer than a second or was not answered with 200. The server believes this
machine to be its proxy, so that all connections may come from one address.
"""

import asyncio
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import suppress
from pathlib import Path

from askdoc.refresh import open_index

ROOT = Path(__file__).parents[1]
PORT = 7872
ANSWER_TIMEOUT_S = 30.0
WANTED_S = 1.0
HEAD = b"POST /api/v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
HELD = (b"", b"GET /chat/ HTTP/1.1\r\nHost:", HEAD + b"Content-Length: 5000\r\n\r\n{")
COSTLY = (
    {"question": "is it safe?", "history": ["k m s " * 10_600]},
    {"question": "is it safe?", "history": ["kill me"] * 6_000},
    {"question": "is it safe to take? " * 95, "history": ["what is kratom? " * 120] * 30},
    {"question": "no no " * 10_600},
    {"question": "qwxzjk vfgh " * 160},
    {"question": "他在家里睡觉了吗" * 200},
)
ASKED = {
    "health": None,
    "emergency": {"question": "my friend overdosed and wont wake up"},
    "calm": {"question": "is it addictive?"},
}


def request(body: dict[str, object] | None) -> bytes:
    if body is None:
        return b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    sent = json.dumps(body).encode()
    return HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(sent), sent)


async def status_of(sent: bytes) -> int:
    """The status of an answer; 0 where the connection broke or there was none for 30 s."""
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            return await answered(sent)
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return 0


async def answered(sent: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    try:
        writer.write(sent)
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        await reader.readexactly(int(length[1]) if length else 0)
        return int(head.split(b" ", 2)[1])
    finally:
        writer.close()


async def hold(sent: bytes, end: float) -> None:
    """Holds a connection, and takes a new one whenever the server has closed it."""
    while time.monotonic() < end:
        with suppress(OSError, TimeoutError):
            reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
            writer.write(sent)
            await asyncio.wait_for(reader.read(), max(0.1, end - time.monotonic()))
            writer.close()


async def burden(source: "itertools.cycle[bytes]", end: float, statuses: Counter[int]) -> None:
    while time.monotonic() < end:
        status = await status_of(next(source))
        statuses[status] += 1
        if not status:
            await asyncio.sleep(0.1)


async def attack(connections: int, costly: int, seconds: float) -> bool:
    """Attacks, and prints what became of it; whether everybody else was answered in time."""
    end = time.monotonic() + seconds
    statuses: Counter[int] = Counter()
    source = itertools.cycle(request(body) for body in COSTLY)
    held = [hold(sent, end) for sent in itertools.islice(itertools.cycle(HELD), connections)]
    tasks = [asyncio.ensure_future(work) for work in held]
    tasks += [asyncio.ensure_future(burden(source, end, statuses)) for _ in range(costly)]
    await asyncio.sleep(2)
    took = await measured(end)
    await asyncio.gather(*tasks)
    print(f"costly requests: {dict(statuses)} (0 is a broken or silent connection)")
    for name, seconds_each in took.items():
        told = f"median {sorted(seconds_each)[len(seconds_each) // 2]:.3f} s"
        print(f"{name}: {len(seconds_each)} times, {told}, slowest {max(seconds_each):.3f} s")
    return took.keys() <= ASKED.keys() and max(map(max, took.values())) <= WANTED_S


async def measured(end: float) -> dict[str, list[float]]:
    """How long each kind of request took, one after the other, until the end."""
    took: dict[str, list[float]] = defaultdict(list)
    for number in itertools.count():
        if time.monotonic() > end - 1:
            return took
        for name, body in ASKED.items():
            asked = body and {"question": f"{body['question']} {number if name == 'calm' else ''}"}
            began = time.monotonic()
            status = await status_of(request(asked))
            took[name if status == 200 else f"{name} ({status})"].append(time.monotonic() - began)
        await asyncio.sleep(0.2)


def main() -> None:
    connections, costly, seconds = (*map(int, sys.argv[1:]), *(400, 45, 20)[len(sys.argv) - 1 :])
    with tempfile.TemporaryDirectory() as folder:
        open_index(folder, paths=[ROOT / "corpus" / "kratom"])
        command = ["serve", "--index", folder, "--port", str(PORT)]
        environment = {**os.environ, "ASKDOC_RATE": "1000000/minute"}
        program = [sys.executable, "-c", "from askdoc.cli import main; main()", *command]
        with subprocess.Popen(program, cwd=ROOT, env=environment) as server:
            try:
                asyncio.run(wait_until_ready())
                held = asyncio.run(attack(connections, costly, seconds))
            finally:
                server.terminate()
    sys.exit(not held)


async def wait_until_ready() -> None:
    ready = b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    for _ in range(600):
        if await status_of(ready) == 200:
            return
        await asyncio.sleep(0.2)
    raise SystemExit("The server did not start.")


if __name__ == "__main__":
    main()
