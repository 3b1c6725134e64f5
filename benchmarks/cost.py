"""What permitted requests cost: CPU time of each, on each way to ask, beside an ordinary question.

`python benchmarks/cost.py [ROUNDS]` starts a server of its own over the first article, sends each
request in other words each round, and prints the least CPU time of the server's threads that it
took. The exit status is 1 where a request took more than 200 ms.
"""

import itertools
import os
import random
import re
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from askdoc.refresh import open_index

ROOT = Path(__file__).parents[1]
MOST_MS = 200
Asked = tuple[str, list[str]]
Send = Callable[[httpx.Client, str, list[str]], httpx.Response]


def ordinary(number: int) -> Asked:
    return f"is it addictive after {number} days?", []


def noise(number: int) -> Asked:
    letters = random.Random(number).choices(string.ascii_lowercase, k=1990)
    return " ".join("".join(letters[at : at + 5]) for at in range(0, 1990, 6)), []


def prose(number: int) -> Asked:
    told = f"for {number} days my friend and i have been reading about it and wondering. "
    return (told * 30)[:1990], []


def symbols(number: int) -> Asked:
    return f"{number} " + "§ ¶ ÷ " * 330, []


def noisy_history(number: int) -> Asked:
    return "is it safe?", [noise(number * 50 + n)[0][:200] for n in range(50)]


def one_pattern(number: int) -> Asked:
    return "is it safe?", [f"{number} " + "k m s " * 10_000]


def statements(number: int) -> Asked:
    return f"{number}. " + "a. " * 650, []


REQUESTS = (ordinary, noise, prose, symbols, noisy_history, one_pattern, statements)


def by_api(client: httpx.Client, question: str, history: list[str]) -> httpx.Response:
    return client.post("/api/v1/ask", json={"question": question, "history": history})


def by_search(client: httpx.Client, question: str, history: list[str]) -> httpx.Response:
    return client.post("/api/v1/search", json={"query": question})


def by_chat(client: httpx.Client, question: str, history: list[str]) -> httpx.Response:
    asked = {"number": 1, "question": question, "history": history[-50:]}
    return client.post("/api/chat/turn", json=asked)


def by_openai(client: httpx.Client, question: str, history: list[str]) -> httpx.Response:
    messages = [{"role": "user", "content": text} for text in (*history, question)]
    return client.post("/v1/chat/completions", json={"model": "askdoc", "messages": messages})


def by_mcp(client: httpx.Client, question: str, history: list[str]) -> httpx.Response:
    call: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    arguments = {"question": question, "history": history}
    call["params"] = {"name": "ask_article", "arguments": arguments}
    accepted = {"Accept": "application/json, text/event-stream"}
    return client.post("/mcp", json=call, headers=accepted)


WAYS: dict[str, Send] = {
    "API": by_api,
    "search": by_search,
    "chat": by_chat,
    "OpenAI": by_openai,
    "MCP": by_mcp,
}


def cpu_ms(process: int) -> float:
    """The CPU time of all threads of a process."""
    tasks = Path(f"/proc/{process}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6


def measured(client: httpx.Client, process: int, rounds: int) -> bool:
    """Prints a row for each request; whether all were cheap."""
    numbers = itertools.count(1)
    print(f"{'CPU ms':15}" + "".join(f"{way:>9}" for way in WAYS))
    cheap = True
    for make in REQUESTS:
        row = []
        for send in WAYS.values():
            took = []
            for _ in range(rounds):
                question, history = make(next(numbers))
                before = cpu_ms(process)
                answer = send(client, question, history)
                took.append(cpu_ms(process) - before)
                if answer.status_code not in {200, 400}:
                    raise SystemExit(f"{send.__name__}, {make.__name__}: {answer.status_code}")
            row.append(min(took))
        cheap = cheap and max(row) <= MOST_MS
        print(f"{make.__name__:15}" + "".join(f"{ms:9.0f}" for ms in row), flush=True)
    return cheap


def main() -> None:
    """Measures, and exits with 1 where a request was dear."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as folder:
        open_index(folder, paths=[ROOT / "corpus" / "kratom"])
        code = "from askdoc.cli import main; main()"
        command = [sys.executable, "-c", code, "serve", "--index", folder, "--port", "0"]
        environment = {**os.environ, "ASKDOC_RATE": "1000000/minute"}
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
        ) as server:
            try:
                with httpx.Client(base_url=ready_at(server), timeout=60) as client:
                    settle(server.pid)
                    cheap = measured(client, server.pid, rounds)
            finally:
                server.terminate()
    sys.exit(not cheap)


def settle(process: int) -> None:
    """Waits until a server does nothing: it tries out what it suggests when it is ready."""
    while True:
        before = cpu_ms(process)
        time.sleep(1)
        if cpu_ms(process) - before < 10:
            return


def ready_at(server: "subprocess.Popen[str]") -> str:
    """The address of the server, once it answers."""
    for line in server.stderr or ():
        if found := re.search(r"Ready: (http://127\.0\.0\.1:\d+)", line):
            return found[1]
    raise SystemExit("The server did not start.")


if __name__ == "__main__":
    main()
