"""Nothing leaves the machine: no look-up, no call, no file besides those that the docs name."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from askdoc.embedding import cache_folder
from waiting import answers

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
ARTICLE = HERE.parent / "corpus" / "kratom"
QUIETING = "CI GITHUB_ACTIONS TF_BUILD PYTHONPATH".split()
"""What keeps some libraries quiet on test machines alone."""


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler makes the shim")
    made = tmp_path_factory.mktemp("shim") / "names.so"
    flags = ["-shared", "-fPIC", "-O1", "-o", made]
    subprocess.run([compiler, *flags, HERE / "support/names.c", "-ldl"], check=True)
    return made


class Watched:
    """Runs Python with a fresh home and a fresh folder for temporary files, and watches both."""

    def __init__(self, folder, shim):
        self.folder = folder
        self.names = folder / "names"
        for name in ("home", "tmp"):
            (folder / name).mkdir()
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in QUIETING and not re.search("TELEMETRY|TRACK|OFFLINE|ANALYTICS", name)
        }
        self.environment = inherited | {
            "ASKDOC_CACHE": str(cache_folder()),
            "HOME": str(folder / "home"),
            "LD_PRELOAD": str(shim),
            "NOTED_NAMES": str(self.names),
            "PYTHONPATH": str(HERE.parent / "src"),
            "TMPDIR": str(folder / "tmp"),
        }

    def start(self, *arguments, **more):
        command = [sys.executable, *arguments]
        return subprocess.Popen(command, cwd=self.folder, env=self.environment, text=True, **more)

    def askdoc(self, *words):
        main = "from askdoc.cli import main; main()"
        with self.start("-c", main, *words, stdout=subprocess.PIPE) as verb:
            out, _ = verb.communicate()
        assert verb.returncode == 0
        return out

    @property
    def noted(self):
        return self.names.read_text() if self.names.exists() else ""

    @property
    def files(self):
        return {str(p.relative_to(self.folder)) for p in self.folder.rglob("*") if p.is_file()}


@pytest.fixture
def watched(tmp_path, shim):
    return Watched(tmp_path, shim)


def test_the_shim_sees_a_look_up_and_a_call(watched):
    code = (
        "import socket\n"
        "for call in (lambda: socket.getaddrinfo('example.org', 80),\n"
        "             lambda: socket.create_connection(('192.0.2.1', 80))):\n"
        "    try: call()\n"
        "    except OSError: pass\n"
    )
    watched.start("-c", code).wait()
    assert watched.noted == "looked up example.org\ncalled 192.0.2.1\n"


@pytest.mark.model
def test_index_ask_and_serve_call_nobody_and_leave_only_the_index(watched):
    watched.askdoc("index", str(ARTICLE), "--index", "made")
    assert "[1]" in watched.askdoc("ask", "is it addictive?", "--index", "made")
    served(watched)
    assert watched.noted == ""
    assert {file for file in watched.files if not file.startswith("made/")} == set()


def served(watched):
    """Serves the index, opens the page, asks a question, and ends."""
    main = "from askdoc.cli import main; main()"
    verb = ("-c", main, "serve", "--port", "0", "--index", "made")
    with watched.start(*verb, stderr=subprocess.PIPE) as server:
        found = (re.search(r"http://127\.0\.0\.1:\d+", line) for line in server.stderr)
        address = next(filter(None, found)).group()
        assert answers(f"{address}/readyz")
        assert httpx.get(f"{address}/chat/").status_code == 200
        asked = httpx.post(f"{address}/api/v1/ask", json={"question": "is it addictive?"})
        server.send_signal(signal.SIGTERM)
    assert asked.json()["status"] == "answered"


@pytest.mark.parametrize("set_to", ["", "0"])
def test_reports_are_off_before_any_library_is_imported(set_to):
    code = "import os, askdoc; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    environment = {**os.environ, "ORT_DISABLE_TELEMETRY": set_to}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert done.stdout.decode() == "1\n"
