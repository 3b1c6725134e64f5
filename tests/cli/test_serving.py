"""What the command line tells before it serves."""

import sys
from types import SimpleNamespace

import pytest

from askdoc import cli

pytestmark = pytest.mark.server


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs a command line in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["askdoc", *arguments])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = stop.code or 0
        return SimpleNamespace(code=code, err=capsys.readouterr().err)

    return call


@pytest.mark.parametrize("verb", [("ask", "is it safe?"), ("search", "sleep"), ("articles",)])
def test_a_region_that_is_none_is_refused_by_every_verb(run, monkeypatch, verb):
    monkeypatch.setenv("ASKDOC_REGION", "UK")
    told = run(*verb)
    assert told.code == 1
    assert "ASKDOC_REGION" in told.err


@pytest.mark.parametrize(("missing", "warned"), [(True, True), (False, False)])
def test_serving_tells_of_a_missing_index_before_the_address(run, monkeypatch, missing, warned):
    def serve(*_, on_open, **__):
        on_open("http://127.0.0.1:1/chat/")

    monkeypatch.setattr("askdoc.server.serve", serve)
    told = run("serve", *(("--index", "elsewhere") if missing else ())).err.splitlines()[1:]
    assert ["no index in elsewhere" in line for line in told] == [True, False][not warned :]


def test_serving_tells_when_there_is_something_to_ask(run, monkeypatch):
    def serve(*_, on_open, on_load, **__):
        on_open("http://127.0.0.1:1/chat/")
        on_load("http://127.0.0.1:1/chat/")

    monkeypatch.setattr("askdoc.server.serve", serve)
    first, *_, last = run("serve").err.splitlines()
    assert first == "Starting the server."
    assert last == "Ready: http://127.0.0.1:1/chat/"
