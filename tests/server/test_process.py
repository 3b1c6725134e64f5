"""The server as a process of its own: what it leaves behind, how it ends, how tools reach it."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from answers import kept_port
from browser import ask, chat_page, fresh_page, launched, opened
from waiting import answers, becomes

SERVER = Path(__file__).parents[1] / "support/serve_cats.py"
CANARY = "canary4711"


@contextmanager
def process(folder, port):
    """The server with its temporary files and its output under one folder."""
    environment = {**os.environ, "TMPDIR": str(folder), "HOME": str(folder)}
    with (folder / "output").open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, str(SERVER), str(port)],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield server
        finally:
            server.kill()
            server.wait()


@pytest.mark.browser
def test_no_question_is_left_behind(tmp_path):
    with kept_port() as port, process(tmp_path, port) as server:
        address = f"http://127.0.0.1:{port}"
        assert answers(f"{address}/readyz")
        for question in (CANARY, f"crash {CANARY}", f"how long do cats sleep {CANARY}"):
            httpx.post(f"{address}/api/v1/ask", json={"question": question}, timeout=60)
        with launched() as chromium, chat_page(chromium, address) as page:
            ask(page, f"how long do cats sleep {CANARY}")
            ask(page, f"crash {CANARY}")
        assert CANARY not in httpx.get(f"{address}/metrics").text
        server.send_signal(signal.SIGTERM)
        server.wait(60)
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert tmp_path / "output" in files
    assert [file for file in files if CANARY.encode() in file.read_bytes()] == []
    assert [file for file in files if CANARY in file.name] == []


@contextmanager
def verb_serve(folder):
    """`askdoc serve` where there is no index: the process and its address, once it is alive."""
    command = [sys.executable, "-c", "from askdoc.cli import main; main()", "serve", "--port", "0"]
    environment = {**os.environ, "HOME": str(folder), "ASKDOC_CACHE": str(folder)}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
    ) as server:
        starting, address = (server.stderr.readline() for _ in range(2))
        assert starting == "Starting the server.\n"
        address = re.search(r"http://127\.0\.0\.1:\d+", address).group()
        assert answers(f"{address}/healthz")
        try:
            yield server, address
        finally:
            server.kill()


def ended(server, told):
    """What a server still writes after it was told to end."""
    server.send_signal(told)
    assert server.wait(60) in {0, -told}
    rest = server.stderr.read().splitlines()
    return [line for line in rest if not line.startswith("No index in index.")]


@pytest.mark.browser
def test_the_verb_serve_ends_quietly_under_an_open_page(tmp_path):
    with (
        verb_serve(tmp_path) as (server, address),
        launched() as chromium,
        fresh_page(chromium) as page,
    ):
        opened(page, f"{address}/chat/")
        assert ended(server, signal.SIGINT) == []


def cpu_seconds(process):
    """The CPU time of all threads of a process, to the nanosecond."""
    tasks = Path(f"/proc/{process}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def test_a_server_without_visitors_leaves_the_machine_alone_and_ends_quietly(tmp_path):
    with verb_serve(tmp_path) as (server, _):

        def rests():
            before = cpu_seconds(server.pid)
            time.sleep(2)
            return (cpu_seconds(server.pid) - before) / 2 < 0.005

        if Path("/proc/self/schedstat").exists():
            assert becomes(rests)
        assert ended(server, signal.SIGTERM) == []


def test_the_tools_are_reached_over_stdio():
    server = StdioServerParameters(
        command=sys.executable, args=[str(SERVER), "stdio"], env=dict(os.environ)
    )

    async def called():
        async with Client(stdio_client(server)) as client:
            listed = await client.list_tools()
            asked = {"question": "how long do cats sleep?"}
            return listed, await client.call_tool("ask_article", asked)

    listed, result = asyncio.run(called())
    names = {tool.name for tool in listed.tools}
    assert names == {"ask_article", "search_article", "list_articles"}
    assert "Overstated: twelve to sixteen" in result.content[0].text
