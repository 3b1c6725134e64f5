import pytest

from askdoc import ask, build_index
from askdoc.question.language import LINES, language_of, line_in
from fakes import CATS, WordEmbedder, document

ASKED = {
    "es": "¿es legal el kratom en españa y a qué edad se puede comprar?",
    "pt": "o kratom é legal em portugal e onde posso comprar?",
    "fr": "est-ce que le kratom est légal en france en ce moment ?",
    "de": "ist kratom in deutschland eigentlich noch erlaubt?",
    "it": "il kratom è legale in italia e quanto costa?",
    "nl": "is kratom in nederland nog steeds verboden of niet?",
    "pl": "czy kratom jest w polsce legalny i gdzie go kupię?",
    "tr": "kratom türkiye'de yasal mı, nereden alabilirim?",
    "ru": "кратом легален?",
    "ar": "هل القرطوم قانوني",
    "hi": "क्या क्रैटम वैध है",
    "zh": "卡痛叶合法吗",
}


@pytest.mark.parametrize(("language", "question"), ASKED.items())
def test_a_question_in_another_language_gets_one_line_in_it_with_an_emergency_number(
    language, question
):
    assert language_of(question) == language
    line = line_in(language_of(question))
    assert line.text == LINES[language].format(emergency_us="911", emergency_eu="112")
    assert "112" in line.text
    assert line.sources


@pytest.mark.parametrize(
    "question",
    [
        "is kratom legal in spain",
        "does it hlep wiht opiod withdrwal sympotms",
        "mitragyna speciosa",
        "hola",
        "que?",
        "Who wrote 'Don Quijote de la Mancha'?",
        "",
        "7-OH 20mg",
    ],
)
def test_english_names_typos_and_single_words_get_none(question):
    assert line_in(language_of(question)) is None


def test_the_marks_of_spanish_tell_it_in_two_words():
    assert line_in(language_of("¿es adictivo?")).text.startswith(LINES["es"][:20])


def test_no_word_of_another_language_is_told_as_never_mentioned():
    index = build_index([document(CATS)], embedder=WordEmbedder())
    assert "abogados" not in ask(index, "¿pagan impuestos los abogados?").text
    assert "lawyers" in ask(index, "Are lawyers taxed?").text


def test_the_line_comes_with_the_answer_and_not_with_an_emergency():
    index = build_index([document(CATS)], embedder=WordEmbedder())
    ids = [caveat.id for caveat in ask(index, ASKED["de"]).caveats]
    assert ids == ["language_line", "article_banner"]
    grave = ask(index, "ich will nicht mehr leben und ich will sterben")
    assert grave.status == "emergency"
    assert "language_line" not in [caveat.id for caveat in grave.caveats]


def test_plain_english_does_not_load_the_model(monkeypatch):
    monkeypatch.setattr("askdoc.question.language._identifier", lambda: pytest.fail("loaded"))
    assert line_in(language_of("what does the article say about withdrawal symptoms")) is None
