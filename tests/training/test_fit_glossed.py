import numpy as np
from training.classifier_data import Row
from training.fit_glossed import foreign, rounded, words_of


def test_words_of_several_questions_get_weights():
    assert words_of(["my brother dead dead", "brother not here", "sun"]) == ["brother"]


def test_a_word_that_weighs_nothing_is_left_out():
    weights = np.array([[0.004, -0.001], [1.234, 0.0]])
    assert rounded(["the", "dead"], weights) == {"dead": (1.23, 0.0)}


def test_rows_in_languages_without_a_glossary_are_not_fitted_to():
    rows = [Row("a", language="en"), Row("b", language="es"), Row("c", language="ru")]
    assert [row.question for row in foreign(rows)] == ["b"]
