"""A front end fills a message with passages; what the person asked is asked, and nothing else."""

import pytest

from askdoc.answering import crisis_answer
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
PASSAGES = (
    "He took a whole bottle of paracetamol.\nShe wanted to kill herself, and had an overdose."
)
MARKED = {
    "tags": "<context>\n{context}\n</context>\n\n{asked}",
    "tags behind": "{asked}\n<search_results>\n{context}\n</search_results>",
    "tags with attributes": '<source id="1">{context}</source>\n<source id="2">I took 40</source>\n'
    "{asked}",
    "tags in tags": '<documents>\n<document index="1">\n<source>a.pdf</source>\n'
    "<document_content>\n{context}\n</document_content>\n</document>\n</documents>\n\n{asked}",
    "LibreChat": "The user has attached a file to the conversation:\n<files>\n<file>\n<filename>a"
    "</filename>\n</file>\n</files>\n\n<context>\n<file>\n<context>\n<contextItem>\n{context}\n"
    "</contextItem>\n</context>\n</file>\n<file>\n<context>\n{context}\n</context>\n</file>\n"
    "</context>\n\nUse the context to answer the user.\n- If you don't know the answer, say so.\n"
    "{asked}",
    "LobeChat, knowledge": "<knowledge_base_qa_info>\nYou get a question and passages.\n"
    '<knowledge_base id="1">x</knowledge_base>\n<retrieved_chunks>\n<chunk fileId="1">{context}'
    "</chunk>\n</retrieved_chunks>\n<user_query>\n<user_query_docstring>A query.\n"
    "</user_query_docstring>\n<raw_query>{asked}</raw_query>\n<user_query>\n"
    "</knowledge_base_qa_info>",
    "LobeChat, files": "{asked}\n\n<!-- SYSTEM CONTEXT (NOT PART OF USER QUERY) -->\n"
    "<context.instruction>Follow this.</context.instruction>\n<files_info>\n"
    '<file id="1">{context}</file>\n</files_info>\n<!-- END SYSTEM CONTEXT -->',
    "AnythingLLM": "Given the conversation and context below, answer the question.\nContext:\n"
    "[CONTEXT 0]:\n{context}\n[END CONTEXT 0]\n\n[CONTEXT 1]:\n{context}\n[END CONTEXT 1]\n\n"
    "{asked}",
    "edges": "=== CONTEXT START ===\n{context}\n=== CONTEXT END ===\n\n{asked}",
    "Chatbox": "{asked}\n\n<ATTACHMENT_FILE>\n<FILE_NAME>a</FILE_NAME>\n<FILE_CONTENT>\n{context}"
    "\n</FILE_CONTENT>\n</ATTACHMENT_FILE>",
    "Continue": "```md notes/a.md (1-9)\n{context}\n```\n\n{asked}",
    "Cherry Studio": "Please answer the question based on the reference materials\n\n"
    "## Citation Rules:\n- Please cite the context.\n\n## My question is:\n\n{asked}\n\n"
    "## Reference Materials:\n\n```json\n{context}\n```\n\nPlease respond in the language of the "
    "question.",
    "Jan": "Use the following pieces of context to answer the question at the end.\n--------\n"
    "CONTEXT: {context}\n--------\nQUESTION: {asked}\n--------\nHelpful Answer:",
    "AI SDK": "Use the following information to answer the question:\n"
    '"{context}"\n"More."\n{asked}',
    "RAGFlow": "Answer from the knowledge base.\nHere is the knowledge base:\n{context}\n"
    "The above is the knowledge base.\n{asked}",
    "a question, then its context": "Use the following context to answer the question.\n"
    "Question: {asked}\nContext: {context}\nAnswer:",
    "a context, then its question": "Answer the question based on the context below.\n\n"
    "Context: {context}\n\nQuestion: {asked}\n\nAnswer:",
    "quotation marks": 'Context: """{context}"""\n\nQuestion: {asked}',
    "a fence": "Given the following documents:\n```\n{context}\n```\n{asked}",
}


def filled(template, asked, context=CONTEXT):
    return TEMPLATES[template].format(context=context, asked=asked)


def marked(template, asked):
    context = PASSAGES.replace("\n", " ") if template == "AI SDK" else PASSAGES
    return MARKED[template].format(context=context, asked=asked)


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
        "Context information is below. I took 40 tablets.",
        "### Task:\nRespond to the user query using the provided context. I took 40 tablets.",
    ],
)
def test_a_message_of_no_template_is_asked_whole(message):
    assert asked_in(message) == message


def test_a_request_asks_what_the_person_asked():
    messages = [{"role": "user", "content": filled(name, name)} for name in TEMPLATES]
    assert Completion(model="askdoc", messages=messages).questions() == list(TEMPLATES)


@pytest.mark.parametrize("template", MARKED)
def test_marked_passages_are_not_asked(template):
    asked = "How much is a ticket?"
    assert asked_in(marked(template, asked)) == asked


@pytest.mark.parametrize("template", MARKED)
def test_a_crisis_in_marked_passages_is_no_crisis(template):
    assert crisis_answer(asked_in(marked(template, "How much is a ticket?"))) is None


@pytest.mark.parametrize("template", MARKED)
@pytest.mark.parametrize(
    "asked",
    [
        "I took 40 tablets of paracetamol",
        "how deep is it\nI want to kill myself\nhow deep is it",
        "I want to kill myself </context> how deep is it",
        "Use the sources to answer: he took a whole bottle of pills",
        "Context: I want to kill myself",
        "<context>I want to kill myself</context> how deep is it",
    ],
)
def test_a_crisis_in_the_persons_words_is_read_whatever_surrounds_them(template, asked):
    assert crisis_answer(asked_in(marked(template, asked)))


@pytest.mark.parametrize("template", MARKED)
def test_a_crisis_before_all_that_a_front_end_added_is_read(template):
    message = f"I want to kill myself\n\n{marked(template, 'How much is a ticket?')}"
    assert crisis_answer(asked_in(message))


@pytest.mark.parametrize(
    "message",
    [
        "<context>I want to kill myself</context>",
        "<context>\nI want to kill myself\n</context>",
        "[CONTEXT 1]\nI want to kill myself\n[END CONTEXT 1]",
        'Context: """I want to kill myself"""',
        "Use the following context.\n<context>\nI want to kill myself\n</context>",
        "<context>I want to kill myself</context>\nhow deep is it",
        "Context: I want to kill myself.\nQuestion: how deep is it",
        "Context:\n```\nI want to kill myself\n",
        "<note>I want to kill myself</note>",
        "<b>I want to kill myself</b> how deep is it",
    ],
)
def test_who_marks_their_own_words_loses_no_crisis(message):
    assert crisis_answer(asked_in(message))


def test_passages_in_an_earlier_message_are_no_history():
    turns = [marked("tags", "How much is a ticket?"), "And for a child?"]
    messages = [{"role": "user", "content": turn} for turn in turns]
    asked = Completion(model="askdoc", messages=messages)
    assert asked.questions() == ["How much is a ticket?", "And for a child?"]


def test_an_attached_file_in_a_part_of_its_own_is_not_asked():
    parts = ["How much?", "<ATTACHMENT_FILE>\n" + PASSAGES + "\n</ATTACHMENT_FILE>"]
    content = [{"type": "text", "text": part} for part in parts]
    asked = Completion(model="askdoc", messages=[{"role": "user", "content": content}])
    assert asked.questions() == ["How much?"]


@pytest.mark.parametrize(
    "task",
    [
        "### Task:\nGenerate a title of 5 words for the chat history.\n<chat_history>\n{}\n"
        "</chat_history>",
        "### Task:\nSuggest 3 follow-up questions, as JSON.\n### Chat History:\n{}\n### Output:",
        "Summarize the conversation into a title of 10 words or less.\n{}",
        "Give this conversation a name.\n\n```\n{}\n```\n\nThe name is:",
    ],
)
def test_an_earlier_reply_in_a_prompt_for_a_title_is_not_asked(task):
    turns = f"USER: How much is a ticket?\nASSISTANT: Three euros.\n\n{PASSAGES}"
    asked = asked_in(task.format(turns))
    assert "How much is a ticket?" in asked
    assert crisis_answer(asked) is None


def test_what_the_person_said_earlier_is_read_in_a_prompt_for_a_title():
    turns = "user: I want to kill myself\nassistant: Call somebody.\nuser: how deep is it"
    assert crisis_answer(asked_in(f"Generate a title for this conversation.\n{turns}"))


@pytest.mark.parametrize(
    "mark", ["<context>", "Context:\n", '"""', "user:\nai:\n", "[CONTEXT 1]\n"]
)
def test_many_marks_that_nothing_ends_leave_a_message_whole(mark):
    message = mark * (60_000 // len(mark)) + "I want to kill myself"
    assert "I want to kill myself" in asked_in(message)
