"""Late interaction: token embeddings are compared in the open, and kept with the index."""

import numpy as np
import pytest

from askdoc.index import Fusion, PassageIndex, build_index
from askdoc.index import late_interaction as room
from askdoc.index.late_interaction import SentenceTokens, question_tokens
from askdoc.text import tokenize
from fakes import CATS, TokenWordEmbedder, WordEmbedder, document


def maxsim(question, sentence):
    """The formula, in plain loops."""
    return np.mean([max(0, *(float(q @ s) for s in sentence)) for q in question])


def test_scores_are_maxsim_by_hand():
    rng = np.random.default_rng(1)
    sentences = [rng.normal(size=(n, 4)).astype(np.float16) for n in (3, 1, 5)]
    question = rng.normal(size=(2, 4)).astype(np.float32)
    scores = SentenceTokens.of(sentences).nearest(np.array([2, 0]), question).mean(axis=1)
    assert scores == pytest.approx(
        [maxsim(question, sentences[2]), maxsim(question, sentences[0])], rel=1e-3
    )


def test_a_sentence_is_read_once_for_its_vector_and_its_tokens():
    embedder = TokenWordEmbedder()
    index = build_index([document(CATS)], embedder=embedder)
    sentences = list(index.store.library.sentences())
    assert sorted(embedder.tokenized) == sorted(set(sentences))
    vectors = index.store.vectors.sentences.reconstruct_n(0, len(sentences))
    assert vectors == pytest.approx(WordEmbedder().encode(sentences))


def tokens_of(question, idf=lambda stem: 1.0):
    [encoded] = TokenWordEmbedder().encode_tokens([question])
    return question_tokens(tokenize(question), encoded, idf)


def test_only_content_words_of_a_question_are_compared():
    tokens = tokens_of("what do cats eat?")
    assert tokens.vectors == pytest.approx(WordEmbedder().encode(["cats", "eat"]))


def test_a_rare_word_weighs_more():
    idf = {"cat": 1.0, "eat": 3.0}.__getitem__
    tokens = tokens_of("what do cats eat?", idf)
    assert tokens.weights.tolist() == [0.25, 0.75]


def test_a_question_without_content_words_is_compared_whole():
    assert len(tokens_of("is it so?").vectors) == 4


def test_the_sentence_that_has_something_for_each_word_comes_first():
    index = build_index([document(CATS)], embedder=TokenWordEmbedder())
    only_maxsim = Fusion(passage=0, lexical=0, maxsim=1)
    hit = index.search("dusk hunt", fusion=only_maxsim)[0]
    assert hit.passage.sentence(hit.best_sentences[0].span) == "They hunt at dusk."
    assert hit.signals.maxsim == pytest.approx(1, abs=1e-3)


def test_a_sentence_scores_its_cosine_and_its_maxsim_by_hand():
    embedder, query = TokenWordEmbedder(), "how often does a vet see cats?"
    index = build_index([document(CATS)], embedder=embedder)
    question = tokens_of(query, index.lexical.idf)
    [whole] = embedder.encode([query])
    hits = index.search(query)
    assert len(hits) == 3
    for hit in hits:
        for found in hit.best_sentences:
            [one] = embedder.encode_tokens([hit.passage.sentence(found.span)])
            nearest = np.maximum((one.vectors @ question.vectors.T).max(axis=0), 0)
            expected = float(one.whole @ whole + nearest @ question.weights)
            assert found.score == pytest.approx(expected, abs=1e-2)


def test_tokens_survive_saving_and_loading(tmp_path, monkeypatch):
    monkeypatch.setattr("askdoc.index.search.load_embedder", lambda model: TokenWordEmbedder())
    index = build_index([document(CATS)], embedder=TokenWordEmbedder())
    index.save(tmp_path)
    again = PassageIndex.load(tmp_path)
    assert again.search("dusk hunt")[0].signals == index.search("dusk hunt")[0].signals


def test_a_rebuilt_index_takes_over_the_tokens_of_unchanged_sentences():
    first = build_index([document(CATS)], embedder=TokenWordEmbedder())
    embedder = TokenWordEmbedder()
    build_index([document(CATS + "\nKittens play.\n")], embedder=embedder, previous=first)
    assert embedder.tokenized == ["Kittens play."]


def test_an_embedder_without_tokens_gives_an_index_without_them():
    index = build_index([document(CATS)], embedder=WordEmbedder())
    assert index.store.tokens is None
    assert index.search("dusk")[0].signals.maxsim == 0


def test_a_large_collection_keeps_no_tokens(monkeypatch):
    monkeypatch.setattr(room, "LATE_INTERACTION_SENTENCES", 3)
    assert build_index([document(CATS)], embedder=TokenWordEmbedder()).store.tokens is None


def test_only_the_best_candidates_are_compared_and_stay_ahead():
    texts = [document(f"Cat number {n} eats fish.", id=f"c{n}") for n in range(9)]
    index = build_index(texts, embedder=TokenWordEmbedder())
    hits = index.search("cat number 4", k=9, fusion=Fusion(compared=2))
    assert [hit.signals.maxsim > 0 for hit in hits] == [True] * 2 + [False] * 7
    assert "4" in hits[0].passage.text
