import numpy as np
from training.classifier_data import Row
from training.fit_windows import (
    in_windows,
    long_messages,
    placed,
    run_on,
    short_samples,
    unmarked,
)
from training.output_weights import Sample, logistic

CALM = "The weather has been awful all week, so nobody has been out in the garden. "
CRISIS = "I have tied the knot and I keep looking at it."


def test_of_a_message_with_a_crisis_the_windows_that_hold_it_are_fitted_to():
    text = CALM * 3 + CRISIS + " " + CALM
    at = text.index(CRISIS)
    samples = in_windows((text, (at, at + len(CRISIS)), frozenset({"self_harm"})))
    assert [(sample.text, sample.on) for sample in samples] == [(CRISIS, {"self_harm"})]


def test_every_window_of_a_harmless_message_is_one_on_nothing():
    samples = in_windows((CALM + "Nothing else. " + CALM + CRISIS, None, frozenset()))
    assert len(samples) >= 3
    assert {sample.on for sample in samples} == {frozenset()}


def test_crises_are_put_into_harmless_messages_where_their_places_say():
    crises = [Sample(f"{CRISIS[:-1]} {n}", frozenset({"self_harm"}), 1.0) for n in range(8)]
    calm = Sample("How often are roses watered?", frozenset(), 1.0)
    own = (CRISIS, (0, len(CRISIS)), frozenset({"self_harm"}))
    found = list(placed([*crises, calm], [(CALM * 4, None, frozenset()), own]))
    said = {text[slice(*place)] for text, place, _ in found}
    assert len(found) == len(said) == 9
    written = [CRISIS, *(sample.text for sample in crises)]
    assert said <= {form(text) for text in written for form in (str, run_on)}
    assert all(len(text.split()) > 40 and on == {"self_harm"} for text, _, on in found)
    assert {place[0] for _, place, _ in found} != {0}


def test_a_message_without_marks_keeps_the_place_of_its_crisis():
    text = CALM + CRISIS + " " + CALM
    at = text.index(CRISIS)
    written, place, on = unmarked((text, (at, at + len(CRISIS)), frozenset({"self_harm"})))
    assert written[slice(*place)] == "i have tied the knot and i keep looking at it"
    assert (written, on) == (run_on(text), {"self_harm"})


def test_of_the_short_questions_those_near_a_block_are_all_kept_and_others_in_part():
    near = [Row(f"near {n}", forbid=frozenset({"self_harm"}), kind="near_miss") for n in range(5)]
    other = [Row(f"other {n}", frozenset({"legal"}), kind="topic") for n in range(24)]
    foreign = [Row("hola", frozenset({"self_harm"}), kind="topic", language="es")]
    kept = [sample.text for sample in short_samples([*near, *other, *foreign], ["self_harm"])]
    assert kept == [*(row.question for row in near), "other 11", "other 23"]


def test_the_regression_separates_what_can_be_separated():
    rng = np.random.default_rng(0)
    table = np.column_stack([rng.normal(size=200), rng.normal(size=200), np.ones(200)])
    on_it = (table[:, 0] > 0.2).astype(float)
    found = logistic(table.astype(np.float32), on_it, np.ones(200), 300.0)
    assert float(((table @ found > 0) == (on_it > 0)).mean()) > 0.97


def test_each_crisis_of_the_long_messages_stands_where_its_row_says():
    messages = [*long_messages("train"), *long_messages("dev")]
    assert sum(crisis is not None for _, crisis, _ in messages) >= 300
    for text, crisis, on in messages:
        assert (crisis is None) == (not on)
        assert crisis is None or len(text[slice(*crisis)].split()) >= 3
