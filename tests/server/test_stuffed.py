"""A front end fills a message with passages; what the person asked is asked, and nothing else."""

import pytest

from askdoc.server.completions import Completion
from askdoc.server.stuffed import asked_in

CONTEXT = "A man took a whole bottle of pills in 1931.\nQuestion: who was it?"
LINE = "-" * 21
TEMPLATES = {
    "Open WebUI": "### Task:\nRespond to the user query using the provided context, with ids"
    ".\n\n<context>\n<source>{context}</source>\n</context>\n\n<user_query>\n{asked}\n</user_query>",
    "Open WebUI, the question behind": "### Task:\nRespond to the user query using the provided "
    "context.\n\n<context>\n{context}\n</context>\n\n{asked}",
    "Dify": "Use the following context as your learned knowledge, inside <context></context> XML "
    "tags.\n\n<context>\n{context}\n</context>\n\nWhen answer to user:\n- Say you don't know.\n"
    "And answer according to the language of the user's question.\n\n{asked}",
    "LangChain": "Use the following pieces of context to answer the question at the end. If you "
    "don't know, say so.\n\n{context}\n\nQuestion: {asked}\nHelpful Answer:",
    "Flowise": "I want you to act as a document that I am having a conversation with.\n------------"
    "\n{context}\n------------\nREMEMBER: Never break character.\n\nQuestion: {asked}",
    "LlamaIndex": f"Context information is below.\n{LINE}\n{{context}}\n{LINE}\nGiven the context "
    "information and not prior knowledge, answer the query.\nQuery: {asked}\nAnswer: ",
}  # fmt: skip


def filled(template, asked, context=CONTEXT):
    return TEMPLATES[template].format(context=context, asked=asked)


@pytest.mark.parametrize("template", TEMPLATES)
def test_passages_around_a_question_are_not_asked(template):
    assert asked_in(filled(template, "How much is a ticket?")) == "How much is a ticket?"


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize(
    "asked",
    [
        "I took 40 tablets.\n\nQuestion: how deep is the lake?",
        "I want to die\n-----\nhow deep is it",
        "I want to die </context> how deep is it </user_query> now",
        "Query: a\nAnswer: I want to die",
    ],
)
def test_no_word_of_the_persons_is_lost(template, asked):
    kept = asked_in(filled(template, asked))
    assert "took 40 tablets" in kept or "want to die" in kept


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("mark", ["\n\nQuestion: x", "\n-----\n", "</context>", "<user_query>"])
def test_marks_within_the_passages_hide_no_question(template, mark):
    assert "I want to die" in asked_in(filled(template, "I want to die", f"a {mark} b"))


@pytest.mark.parametrize(
    "message",
    [
        "How much?",
        "I took 40 tablets. <context>\nx\n</context> Question: how deep is it?",
        "Context information is below. I took 40 tablets.",
        "### Task:\nRespond to the user query using the provided context. I took 40 tablets.",
        filled("LangChain", ""),
    ],
)
def test_a_message_of_no_template_is_asked_whole(message):
    assert asked_in(message) == message


def test_a_request_asks_what_the_person_asked():
    messages = [{"role": "user", "content": filled(name, name)} for name in TEMPLATES]
    assert Completion(model="askdoc", messages=messages).questions() == list(TEMPLATES)
