"""The gate's steps for GitHub and GitLab, linted and run on this machine."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from judged import cats  # noqa: F401

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
ASKDOC = """\
#!{python}
import sys
sys.path[:0] = {path}
from fakes import WordEmbedder
import askdoc.evaluation.pipeline as pipeline
pipeline.load_embedder = lambda model=None: WordEmbedder()
from askdoc.cli import main
main()
"""


def said(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.stdout + done.stderr if done.returncode else ""


@pytest.mark.parametrize(
    ("schema", "file"),
    [("github-actions", "ci/github/action.yml"), ("gitlab-ci", "ci/gitlab.yml")],
)
def test_each_file_is_what_its_host_reads(schema, file):
    checked = [BIN / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", file]
    assert said(*checked) == ""


def test_the_gate_passes_shellcheck():
    assert said(BIN / "shellcheck", "ci/gate.sh") == ""


class Host:
    """The API of a code host, on this machine: it keeps what is sent, and may refuse it."""

    def __init__(self, comments=(), status=200):
        self.sent = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                outer.sent.append((self.command, self.path, json.loads(body) if body else None))
                told = json.dumps(list(comments)).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            do_GET = do_POST = do_PATCH = do_PUT = answer  # noqa: N815

            def log_message(self, *args):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def checkout(cats, tmp_path):  # noqa: F811
    """A repository with questions and ci/, and an askdoc whose model is a fake."""
    (tmp_path / "ci").symlink_to(ROOT / "ci")
    command = tmp_path / "bin" / "askdoc"
    command.parent.mkdir()
    path = [str(ROOT / "src"), str(ROOT / "tests/support")]
    command.write_text(ASKDOC.format(python=sys.executable, path=path))
    command.chmod(0o755)
    python = tmp_path / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return tmp_path


def run(checkout, step, **variables):
    kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    environment = {
        **kept,
        "PATH": f"{checkout}/bin:{BIN}:/usr/bin:/bin",
        "ASKDOC_CACHE": str(checkout / "cache"),
        "ASKDOC_QUESTIONS": "evals/cats",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INDEX": "1",
        **variables,
    }
    return subprocess.run(
        ["bash", "-c", step], cwd=checkout, env=environment, capture_output=True, text=True
    )


def steps(host):
    if host == "gitlab":
        job = yaml.safe_load((ROOT / "ci/gitlab.yml").read_text())["askdoc-evaluate"]
        return [*job["script"], *job["after_script"]]
    action = yaml.safe_load((ROOT / "ci/github/action.yml").read_text())
    return [step["run"] for step in action["runs"]["steps"] if "run" in step]


@pytest.mark.parametrize("host", ["github", "gitlab"])
def test_all_steps_run_from_the_install_to_the_comment(checkout, host):
    (checkout / "event.json").write_text('{"pull_request": {"number": 7}}')
    with Host() as api:
        github = {
            "GITHUB_ACTION_PATH": str(ROOT / "ci/github"),
            "GITHUB_EVENT_PATH": str(checkout / "event.json"),
            "GITHUB_STEP_SUMMARY": str(checkout / "summary.md"),
            "GITHUB_API_URL": api.url,
            "GITHUB_REPOSITORY": "a/b",
            "GITHUB_TOKEN": "secret",
        }
        gitlab = {
            "CI_MERGE_REQUEST_IID": "7",
            "CI_API_V4_URL": api.url,
            "CI_PROJECT_ID": "1",
            "ASKDOC_GITLAB_TOKEN": "secret",
            "ASKDOC_CONSTRAINTS": str(ROOT / "constraints.txt"),
        }
        variables = github if host == "github" else gitlab
        # pip itself is installed already, so that the step runs without a network.
        done = [run(checkout, one, ASKDOC_INSTALL="pip", **variables) for one in steps(host)]
    assert [one.returncode for one in done] == [0, 0, 0], [one.stderr for one in done]
    method, _, body = api.sent[-1]
    assert method == "POST"
    assert "| gold sentence quoted | 1.0000 |" in body["body"]
    assert (checkout / "askdoc-report/report.html").stat().st_size


STAND_IN = """\
#!/bin/sh
echo "$@" > asked
[ {status} = none ] || echo table > askdoc-report/report.md
[ {status} = none ] && exit 1 || exit {status}
"""


@pytest.mark.parametrize(
    ("status", "given", "told"),
    [
        ("0", 0, "No measure is worse"),
        ("1", 1, "A measure is worse"),
        ("2", 2, "cannot be compared with baseline.json"),
        ("none", 2, "wrote no report"),
    ],
)
def test_the_gate_s_exit_status_tells_how_the_report_stands(checkout, status, given, told):
    (checkout / "bin" / "askdoc").write_text(STAND_IN.format(status=status))
    (checkout / "baseline.json").write_text("{}")
    variables = {"ASKDOC_BASELINE": "baseline.json", "ASKDOC_MIN_EFFECT": "0.02"}
    done = run(checkout, "bash ci/gate.sh", **variables)
    assert (done.returncode, told in done.stdout) == (given, True)
    assert "--baseline baseline.json --min-effect 0.02" in (checkout / "asked").read_text()


def test_without_a_baseline_the_gate_tells_how_to_make_one(checkout):
    (checkout / "bin" / "askdoc").write_text(STAND_IN.format(status="0"))
    done = run(checkout, "bash ci/gate.sh", ASKDOC_BASELINE="baseline.json")
    assert "There is no baseline" in done.stdout
    assert "--baseline" not in (checkout / "asked").read_text()


def post(checkout, api, **more):
    (checkout / "report.md").write_text("figures")
    (checkout / "event.json").write_text('{"pull_request": {"number": 7}}')
    variables = {
        "GITHUB_EVENT_PATH": str(checkout / "event.json"),
        "GITHUB_API_URL": api.url,
        "GITHUB_REPOSITORY": "a/b",
        "GITHUB_TOKEN": "secret",
        **more,
    }
    return run(checkout, "python ci/post.py report.md", **variables)


def test_a_comment_that_stands_is_written_anew(checkout):
    old = {"id": 5, "body": "<!-- askdoc evaluate -->\nold"}
    with Host([{"id": 4, "body": "hello"}, old]) as api:
        post(checkout, api)
    assert api.sent[-1][:2] == ("PATCH", "/repos/a/b/issues/comments/5")


def test_a_fork_that_may_not_comment_does_not_fail_the_job(checkout):
    with Host(status=403) as api:
        done = post(checkout, api)
    assert done.returncode == 0
    assert "status 403" in done.stdout
