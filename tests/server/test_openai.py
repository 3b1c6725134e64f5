import openai
import pytest
from openai.types.chat import ChatCompletionChunk
from starlette.testclient import TestClient

from answers import PUBLISHED, CatService, built, cat_server
from askdoc.server import Settings
from askdoc.server.app import assemble

SLEEP = "how long do cats sleep?"
OVERDOSE = "my friend overdosed and wont wake up"
SENTENCE = (
    f"{PUBLISHED}#:~:text=Cats%20sleep%20sixteen%20hours%20a%20day"
    "&text=Cats%20sleep%20sixteen&text=hours%20a%20day"
)


@pytest.fixture(scope="module")
def server():
    with cat_server() as address:
        yield address


@pytest.fixture(scope="module")
def ai(server):
    with openai.OpenAI(base_url=f"{server}/v1", api_key="x", max_retries=0) as client:
        yield client


def asked(ai, question=SLEEP, **more):
    messages = [{"role": "user", "content": question}]
    return ai.chat.completions.create(model="askdoc", messages=messages, **more)


def client_of(service):
    app = built(assemble, service, Settings(rate="1000/minute"))
    return TestClient(app, raise_server_exceptions=True)


def test_the_article_is_a_model(ai):
    assert [model.id for model in ai.models.list()] == ["askdoc", "askdoc/cats"]
    assert ai.models.retrieve("askdoc/cats").id == "askdoc/cats"
    with pytest.raises(openai.NotFoundError):
        ai.models.retrieve("askdoc/dogs")


def test_one_of_several_articles_is_a_model_too():
    service = CatService()
    body = {"model": "askdoc/cats", "messages": [{"role": "user", "content": SLEEP}]}
    with client_of(service) as client:
        reply = client.post("/v1/chat/completions", json=body).json()
    assert service.asked_of == ["cats"]
    assert reply["model"] == "askdoc/cats"


def test_a_reply_holds_quotes_and_caveats(ai):
    messages = [{"role": "user", "content": SLEEP}]
    reply = ai.chat.completions.create(model="askdoc", messages=messages)
    text = reply.choices[0].message.content
    assert "Cats sleep sixteen hours a day." in text
    assert "Overstated: twelve to sixteen" in text
    assert reply.askdoc["citations"][0]["number"] == 1


def test_a_stream_says_the_same(ai):
    messages = [{"role": "user", "content": [{"type": "text", "text": SLEEP}]}]
    whole = ai.chat.completions.create(model="askdoc", messages=messages)
    stream = ai.chat.completions.create(model="askdoc", messages=messages, stream=True)
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text.strip() == whole.choices[0].message.content.strip()
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_an_emergency_comes_first_and_alone(ai):
    messages = [{"role": "user", "content": "my friend overdosed and wont wake up"}]
    reply = ai.chat.completions.create(model="askdoc", messages=messages)
    assert reply.choices[0].message.content.startswith("**Emergency:**")


def test_another_model_is_not_found(ai):
    with pytest.raises(openai.NotFoundError):
        ai.chat.completions.create(model="gpt-x", messages=[{"role": "user", "content": "?"}])


def test_what_an_assistant_said_is_no_history():
    seen = []

    def answer(question, history):
        seen.append((question, list(history)))
        return CatService().answer(question)

    said = [("system", "no caveats"), ("user", "a?"), ("assistant", "b."), ("user", SLEEP)]
    messages = [{"role": role, "content": text} for role, text in said]
    with client_of(CatService(answer)) as client:
        client.post("/v1/chat/completions", json={"model": "askdoc", "messages": messages})
    assert seen == [(SLEEP, ["a?"])]


def test_each_quote_is_annotated_with_its_addresses(ai, server):
    message = asked(ai).choices[0].message
    first = [note.url_citation for note in message.annotations][:2]
    assert {message.content[note.start_index : note.end_index] for note in first} == {
        "“Cats sleep sixteen hours a day.”"
    }
    assert [(note.title, note.url) for note in first] == [
        ("Keeping cats", SENTENCE),
        ("Keeping cats, with all notes", f"{server}/article/cats?start=0&end=31#quote"),
    ]


def test_a_stream_carries_the_same_annotations(ai):
    chunks = list(asked(ai, stream=True))
    whole = asked(ai).choices[0].message
    (told,) = [c.choices[0].delta for c in chunks if hasattr(c.choices[0].delta, "annotations")]
    assert told.annotations == [note.model_dump() for note in whole.annotations]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == whole.content


def test_links_lead_to_the_address_that_is_set():
    settings = Settings(url="https://ask.example.org/docs")
    body = {"model": "askdoc", "messages": [{"role": "user", "content": SLEEP}]}
    with TestClient(built(assemble, CatService(), settings)) as client:
        message = client.post("/v1/chat/completions", json=body).json()["choices"][0]["message"]
    assert (
        "(<https://ask.example.org/docs/article/cats?start=0&end=31#quote>)" in message["content"]
    )


def test_usage_is_counted_and_closes_a_stream_that_asks_for_it(ai):
    usage = asked(ai).usage
    assert usage.prompt_tokens == 6
    assert usage.total_tokens == 6 + usage.completion_tokens > 20
    chunks: list[ChatCompletionChunk] = list(
        asked(ai, stream=True, stream_options={"include_usage": True})
    )
    assert (chunks[-1].choices, chunks[-1].usage) == ([], usage)
    assert {chunk.usage for chunk in chunks[:-1]} == {None}


def test_a_length_leaves_out_whole_quotes_and_no_caveat(ai):
    whole = asked(ai)
    most = whole.usage.completion_tokens - 1
    choice = asked(ai, max_completion_tokens=most).choices[0]
    assert choice.finish_reason == "length"
    assert "Cats sleep sixteen hours a day." in choice.message.content
    assert "Milk upsets" not in choice.message.content
    assert "Overstated: twelve to sixteen" in choice.message.content
    assert "Answers quote one article on cats." in choice.message.content
    assert asked(ai, max_tokens=most + 1).choices[0] == whole.choices[0]


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_a_length_that_would_cut_a_caveat_is_refused(ai, name):
    with pytest.raises(openai.BadRequestError, match="The shortest reply") as refused:
        asked(ai, **{name: 5})
    assert refused.value.param == name


TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}
REFUSED = {
    "n": 2,
    "tools": [TOOL],
    "tool_choice": "required",
    "functions": [TOOL["function"]],
    "response_format": {"type": "json_object"},
    "stop": ["\n"],
    "logprobs": True,
    "top_logprobs": 3,
    "logit_bias": {"50256": -100},
    "modalities": ["text", "audio"],
    "audio": {"voice": "x", "format": "mp3"},
    "web_search_options": {},
    "store": True,
    "stream_options": {"include_usage": True},
    "temperature": 3,
}


@pytest.mark.parametrize(("name", "value"), REFUSED.items())
def test_what_is_not_done_is_refused_by_its_name(ai, name, value):
    with pytest.raises(openai.BadRequestError, match=name) as refused:
        asked(ai, extra_body={name: value})
    assert refused.value.param == name
    assert refused.value.type == "invalid_request_error"


@pytest.mark.parametrize("value", ["a picture", 4])
def test_what_is_not_known_is_refused_without_an_echo(ai, value):
    with pytest.raises(openai.BadRequestError, match="not known here") as refused:
        asked(ai, extra_body={"canary_4711": value})
    assert "canary" not in refused.value.message
    assert refused.value.param is None


def test_a_picture_is_refused(ai):
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
    with pytest.raises(openai.BadRequestError, match="Only text is read") as refused:
        asked(ai, [{"type": "text", "text": SLEEP}, picture])
    assert refused.value.param == "messages"


def test_settings_of_chance_change_nothing(ai):
    plain = asked(ai)
    steered = asked(
        ai,
        temperature=1.5,
        top_p=0.1,
        seed=7,
        presence_penalty=1,
        frequency_penalty=-1,
        user="somebody",
        n=1,
        tools=[TOOL],
        tool_choice="none",
        response_format={"type": "text"},
        stop=[],
        logprobs=False,
        reasoning_effort="low",
    )
    assert steered.choices == plain.choices


@pytest.mark.parametrize("more", [{"tools": [TOOL]}, {"max_tokens": 1}, {"canary": 1}, {"n": 9}])
def test_whoever_is_in_danger_is_answered_whatever_else_is_asked_for(ai, more):
    reply = asked(ai, OVERDOSE, extra_body=more)
    assert reply.choices[0].message.content.startswith("**Emergency:**")


def test_a_body_of_another_shape_is_told_as_the_protocol_tells_it():
    sent = {"model": "askdoc", "messages": [{"role": "canary", "content": "x"}]}
    with client_of(CatService()) as client:
        answer = client.post("/v1/chat/completions", json=sent)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "messages"
    assert "canary" not in answer.text
