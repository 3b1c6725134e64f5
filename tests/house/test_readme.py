import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from askdoc.cli import app
from askdoc.feedback import rating_line

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
SHOWN = README + (ROOT / "docs/commands.md").read_text()

ELSEWHERE = {"serve", "mcp", "add", "refresh"}  # they do not end, or want the web


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", SHOWN, re.M | re.S)


def commands():
    lines = "\n".join(blocks("sh")).splitlines()
    shown = [line.split("  #")[0].strip() for line in lines if line.startswith("askdoc ")]
    return list(dict.fromkeys(shown))


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A copy of what the README's commands work on; of its questions every thirtieth."""
    folder = tmp_path_factory.mktemp("readme")
    for name in ("corpus", "evals/kratom"):
        shutil.copytree(ROOT / name, folder / name)
    for file in folder.glob("evals/kratom/*.jsonl"):
        file.write_text("".join(file.read_text().splitlines(keepends=True)[::30]))
    (folder / "ratings.jsonl").write_text(rating_line("2026-11-24", "helpful", "0" * 16, None))
    return folder


def test_every_verb_is_shown():
    verbs = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert verbs <= {command.split()[1] for command in commands()}


def test_every_file_it_points_to_exists():
    links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.model
@pytest.mark.parametrize("block", blocks("python"))
def test_its_python_runs(block, workplace, monkeypatch, capsys):
    monkeypatch.chdir(workplace)
    exec(block, {})
    assert capsys.readouterr().out


@pytest.mark.model
@pytest.mark.parametrize("command", [c for c in commands() if c.split()[1] not in ELSEWHERE])
def test_its_commands_run(command, workplace, monkeypatch):
    monkeypatch.chdir(workplace)
    done = CliRunner().invoke(app, shlex.split(command.split(" > ")[0])[1:])
    assert done.exit_code == 0, done.output
    assert done.stdout
