"""An attack on this machine: held connections and costly requests at once; who is still answered.

`python benchmarks/attack.py [CONNECTIONS] [COSTLY] [SECONDS]` starts a server of its own, holds so
many connections (silent, half a head, half a body), keeps so many costly requests running, and
prints how long health checks, emergencies and calm questions took meanwhile.
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
HEAD = b"POST /api/v1/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
HELD = (b"", b"GET /chat/ HTTP/1.1\r\nHost:", HEAD + b"Content-Length: 5000\r\n\r\n{")
COSTLY = (
    {"question": "is it safe?", "history": ["k m s " * 10_600]},
    {"question": "is it safe?", "history": ["kill me"] * 6_000},
    {"question": "is it safe to take? " * 95, "history": ["what is kratom? " * 120] * 30},
    {"question": "no no " * 10_600},
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
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    writer.write(sent)
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    await reader.readexactly(int(length[1]) if length else 0)
    writer.close()
    return int(head.split(b" ", 2)[1])


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
        try:
            statuses[await status_of(next(source))] += 1
        except (OSError, asyncio.IncompleteReadError):
            statuses[0] += 1
            await asyncio.sleep(0.1)


async def attack(connections: int, costly: int, seconds: float) -> None:
    end = time.monotonic() + seconds
    statuses: Counter[int] = Counter()
    source = itertools.cycle(request(body) for body in COSTLY)
    held = [hold(sent, end) for sent in itertools.islice(itertools.cycle(HELD), connections)]
    tasks = [asyncio.ensure_future(work) for work in held]
    tasks += [asyncio.ensure_future(burden(source, end, statuses)) for _ in range(costly)]
    await asyncio.sleep(2)
    took = await measured(end)
    await asyncio.gather(*tasks)
    print(f"costly requests: {dict(statuses)} (0 is a broken connection)")
    for name, seconds_each in took.items():
        told = f"median {sorted(seconds_each)[len(seconds_each) // 2]:.3f} s"
        print(f"{name}: {len(seconds_each)} times, {told}, slowest {max(seconds_each):.3f} s")


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
                asyncio.run(attack(connections, costly, seconds))
            finally:
                server.terminate()


async def wait_until_ready() -> None:
    ready = b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    for _ in range(600):
        with suppress(OSError, asyncio.IncompleteReadError):
            if await status_of(ready) == 200:
                return
        await asyncio.sleep(0.2)
    raise SystemExit("The server did not start.")


if __name__ == "__main__":
    main()
