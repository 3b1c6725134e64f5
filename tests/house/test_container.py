"""The container's files; no engine is needed, they are read and linted."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["askdoc"]


def said(*command):
    """What a linter says; an empty answer is a clean one."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 and "ok" in done.stdout else done.stdout + done.stderr


@pytest.mark.slow
def test_the_dockerfile_is_clean():
    assert said(BIN / "hadolint", "Dockerfile") == ""


@pytest.mark.slow
def test_the_compose_file_fits_its_schema():
    schema = ("--builtin-schema", "vendor.compose-spec")
    assert said(BIN / "check-jsonschema", *schema, "compose.yaml") == ""


def test_what_is_copied_is_there_and_not_ignored():
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.M)
    sources = {name for line in copied for name in line.split()}
    kept = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.M))
    assert sources == kept
    assert all((ROOT / name).exists() for name in sources)


def test_the_server_runs_without_root_and_says_how_it_is():
    last = DOCKERFILE.rsplit("FROM ", 1)[1]
    user = re.search(r"^USER (\d+)$", last, re.M).group(1)
    assert f"--uid {user} " in last
    assert "/readyz" in last.split("HEALTHCHECK", 1)[1]


def test_both_stages_turn_reports_off():
    stages = DOCKERFILE.split("FROM ")[1:]
    assert all("ORT_DISABLE_TELEMETRY=1" in stage for stage in stages)


def test_the_compose_file_gives_nothing_away():
    assert COMPOSE["read_only"] is True
    assert COMPOSE["cap_drop"] == ["ALL"]
    assert COMPOSE["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in COMPOSE["ports"])


def test_every_setting_is_described():
    code = [path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py")]
    named = set(re.findall(r"\bASKDOC_[A-Z_]+[A-Z]\b", "".join([DOCKERFILE, str(COMPOSE), *code])))
    described = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    assert len(named) > 12
    assert {name for name in named if f"`{name}`" not in described} == set()
