import asyncio
import io
import json
import logging
import sys
import time
from importlib.metadata import version

import pytest
from mcp import Client, MCPError

from answers import CATS, PUBLISHED, CatService, about_cats, cat_server
from askdoc.errors import IndexMissingError
from askdoc.records import Caveat
from askdoc.rendering import Marking, article_to_markdown
from askdoc.server import NotReadyError, run_stdio
from askdoc.server.api import AnswerBody
from askdoc.server.mcp import mcp_server

SLEEP = "how long do cats sleep?"
CANARY = "canary-4711"


def used(server, use):
    async def inside():
        async with Client(server) as client:
            return await use(client)

    return asyncio.run(inside())


def refused(server, address):
    """The error of reading a resource."""

    async def use(client):
        try:
            return await client.read_resource(address)
        except MCPError as error:
            return error

    error = used(server, use)
    assert isinstance(error, MCPError)
    return error


def call(server, name, **arguments):
    return used(server, lambda client: client.call_tool(name, arguments))


def failing(error):
    def answer(question, history):
        raise error

    return CatService(answer)


class Starting(CatService):
    ready = False

    @property
    def index(self):
        raise NotReadyError("The article is still being loaded. Ask again.")


def test_the_article_is_asked():
    result = call(mcp_server(CatService()), "ask_article", question=SLEEP)
    assert "Overstated: twelve to sixteen" in result.content[0].text
    assert result.structured_content["status"] == "answered"


def test_the_article_is_searched():
    result = call(mcp_server(CatService()), "search_article", query="sleep", k=1)
    assert len(result.structured_content["passages"]) == 1


def test_the_articles_are_listed():
    result = call(mcp_server(CatService()), "list_articles")
    assert result.structured_content["articles"][0]["id"] == "cats"
    assert f"- Keeping cats (id cats), {PUBLISHED}" in result.content[0].text


def test_one_of_several_articles_is_asked_and_searched():
    service = CatService()
    call(mcp_server(service), "ask_article", question=SLEEP, document="cats")
    call(mcp_server(service), "search_article", query="sleep", document="cats")
    assert service.asked_of == ["cats", "cats"]


@pytest.mark.parametrize("name", ["ask_article", "list_articles"])
def test_a_fault_is_told_without_a_secret(name):
    service = failing(IndexMissingError("No index in /srv/secret"))
    service.documents = None
    arguments = {"question": SLEEP} if name == "ask_article" else {}
    result = call(mcp_server(service), name, **arguments)
    assert result.is_error
    assert "/srv/secret" not in result.content[0].text


def test_the_tools_are_reached_over_http_and_link_to_that_server():
    with cat_server() as address:
        result = call(f"{address}/mcp", "ask_article", question=SLEEP)
    citation = result.structured_content["citations"][0]
    assert (citation["document_id"], citation["title"]) == ("cats", "Keeping cats")
    assert (
        f"({address}/article/cats?start=0&end=31#quote)".replace("(", "(<").replace(")", ">)")
        in result.content[0].text
    )
    assert f"[Keeping cats](<{PUBLISHED}#:~:text=" in result.content[0].text


def test_without_a_server_links_lead_where_the_setting_says():
    server = mcp_server(CatService(), url="https://ask.example")
    text = call(server, "ask_article", question=SLEEP).content[0].text
    assert "<https://ask.example/article/cats?start=0&end=31#quote>" in text
    plain = call(mcp_server(CatService()), "ask_article", question=SLEEP).content[0].text
    assert "with all notes" not in plain


def test_every_tool_says_what_it_is_about_and_what_it_gives():
    tools = used(mcp_server(CatService()), lambda client: client.list_tools()).tools
    assert {tool.name for tool in tools} == {"ask_article", "search_article", "list_articles"}
    for tool in tools:
        assert (
            "The article: “Keeping cats”. Questions such as: How long do cats" in tool.description
        )
        assert tool.output_schema["type"] == "object"
    asked = next(tool for tool in tools if tool.name == "ask_article")
    assert set(asked.output_schema["properties"]) == set(AnswerBody.model_fields)


def test_before_the_index_is_there_the_tools_are_listed_and_no_article():
    server = mcp_server(Starting())
    assert len(used(server, lambda client: client.list_tools()).tools) == 3
    assert used(server, lambda client: client.list_resources()).resources == []
    assert "still being loaded" in str(refused(server, "askdoc://article/cats"))


def test_a_whole_article_is_a_resource():
    async def use(client):
        (listed,) = (await client.list_resources()).resources
        return listed, await client.read_resource(listed.uri)

    listed, read = used(mcp_server(CatService()), use)
    assert (listed.title, listed.mime_type) == ("Keeping cats", "text/markdown")
    assert "A grown cat eats meat twice a day." in read.contents[0].text


def test_an_article_that_is_not_held_is_told_without_an_echo(caplog):
    with caplog.at_level(logging.INFO):
        error = refused(mcp_server(CatService()), f"askdoc://article/{CANARY}")
    assert "no such article" in str(error)
    assert CANARY not in f"{error} {error.error} {caplog.text}"


def test_a_note_stands_under_its_sentence_in_an_article_written_whole():
    note = Caveat("C1", "claim", "caution", "Overstated.")
    text = article_to_markdown(CATS, [Marking(note, 0, 31)], Caveat("b", "banner", "info", "One."))
    assert text.split("\n\n")[:4] == [
        "# Keeping cats",
        "**Note:** One.",
        "Cats sleep sixteen hours a day. They hunt at dusk.",
        "> On “Cats sleep sixteen hours a day.”\n>\n> **Caution:** Overstated.",
    ]


def request(identity, method, **params):
    return {"jsonrpc": "2.0", "id": identity, "method": method, "params": params}


def test_what_was_read_is_answered_though_the_input_has_ended(monkeypatch):
    def slowly(question, history=()):
        time.sleep(0.05)
        return about_cats(question, history)

    hello = {"protocolVersion": "2025-06-18", "capabilities": {}}
    asked = [
        request(0, "initialize", clientInfo={"name": "t", "version": "1"}, **hello),
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        *(
            request(n, "tools/call", name="ask_article", arguments={"question": SLEEP})
            for n in range(1, 5)
        ),
    ]
    sent = "".join(f"{json.dumps(line)}\n" for line in asked).encode()
    told = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(sent)))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(told))
    service = CatService(slowly)
    service.wait = lambda seconds: True
    run_stdio(service)
    answers = [json.loads(line) for line in told.getvalue().splitlines()]
    assert sorted(answer["id"] for answer in answers) == [0, 1, 2, 3, 4]
    assert all("result" in answer for answer in answers)


def test_the_server_tells_its_version():
    async def use(client):
        return client.server_info.version

    assert used(mcp_server(CatService()), use) == version("askdoc")
