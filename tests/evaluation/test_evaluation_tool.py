"""Baselines, variants, runs of other systems, pages and the command line."""

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from askdoc.documents import read_documents
from askdoc.errors import EvaluationError
from askdoc.evaluation import (
    NotComparableError,
    against,
    comparison_table,
    evaluate,
    parse_variant,
    provenance,
    score_run,
    to_html,
    write_run,
)
from askdoc.evaluation.answers import Judged, demanded, gold_spans, severities
from askdoc.evaluation.collections import Case
from askdoc.evaluation.measures import explained
from askdoc.evaluation.report import Expected, Scored
from askdoc.evaluation.scorecard import Scorer, answer_figures, worst_first
from askdoc.evaluation.statistics import compare, mean_interval
from askdoc.records import Answer, Caveat, Citation
from fakes import CATS, WordEmbedder, document
from judged import write_rows


@pytest.fixture
def report(beir):
    return evaluate(beir, embedder=WordEmbedder(), index_folder=beir / "index")


@pytest.fixture
def answers(cats):
    return evaluate(cats, embedder=WordEmbedder(), index_folder=cats / "index")


def test_a_clear_loss_is_significant_and_counted():
    ours = {str(n): 0.1 for n in range(20)}
    theirs = {str(n): 0.9 for n in range(20)}
    found = compare(ours, theirs)
    assert (found.wins, found.ties, found.losses) == (0, 0, 20)
    assert found.is_regression


def test_a_loss_that_may_be_luck_is_no_regression():
    found = compare({"a": 0.4, "b": 0.9, "c": 0.5}, {"a": 0.6, "b": 0.8, "c": 0.6})
    assert found.difference < 0
    assert (found.verdict, found.is_regression) == ("indistinguishable", False)


def test_the_randomisation_test_agrees_with_all_the_ways_to_swap():
    gaps = np.array([0.3, 0.1, -0.2, 0.4, 0.25, 0.05])
    signs = np.array(np.meshgrid(*[[-1, 1]] * 6)).reshape(6, -1).T
    exact = (np.abs(signs @ gaps) >= abs(gaps.sum()) - 1e-9).mean()
    ours = dict(zip("abcdef", gaps.tolist(), strict=True))
    assert compare(ours, dict.fromkeys("abcdef", 0.0)).p == pytest.approx(exact, abs=0.02)


@given(st.dictionaries(st.text(min_size=1), st.floats(0, 1), min_size=1, max_size=8))
def test_a_system_ties_with_itself(values):
    found = compare(values, values, rounds=50)
    assert found.verdict == "indistinguishable"
    assert (found.difference, found.p, found.ties) == (0, 1, len(values))


def test_systems_without_a_common_query_do_not_compare():
    with pytest.raises(EvaluationError, match="share no query"):
        compare({"a": 1.0}, {"b": 1.0})


def test_a_json_report_serves_as_baseline(report, tmp_path):
    (tmp_path / "old.json").write_text(json.dumps(report.to_json()))
    found = against(report, tmp_path / "old.json")
    assert found.comparisons["RR@10"].ties == 2
    assert found.regressions == ()


def test_a_run_of_another_system_serves_as_baseline(report, tmp_path):
    write_run({"1": {"dog": 2.0, "cat": 1.0}, "2": {"dog": 1.0}}, tmp_path / "other.run")
    found = against(report, tmp_path / "other.run").comparisons["RR@10"]
    assert (found.wins, found.ties, found.losses) == (1, 1, 0)


@pytest.mark.parametrize(
    "text", ['{"a": 1}', '{"queries": [{"id": "1", "values": {"RR@10": "high"}}]}', "[5]"]
)
def test_a_file_that_is_no_baseline_is_refused(report, tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(EvaluationError, match="not a report"):
        against(report, tmp_path / "x.json")


def test_a_foreign_run_is_scored_without_searching(beir, tmp_path):
    write_run({"1": {"dog": 2.0, "cat": 1.0}}, tmp_path / "other.run")
    found = score_run(beir, tmp_path / "other.run", measures=["RR@10"])
    assert found.figures == {"RR@10": 0.25}


def test_a_measure_of_a_collection_keeps_its_name_and_its_figure(beir):
    report = evaluate(beir, embedder=WordEmbedder(), index_folder=beir / "i", measures=["P@1"])
    assert report.measures == ("P@1",)
    assert 0 <= report.figures["P@1"] <= 1


def test_variants_stand_side_by_side_in_one_table(beir):
    names = ["lexical", "passages=20", "fusion"]
    reports = [
        evaluate(
            beir, embedder=WordEmbedder(), index_folder=beir / "i", variant=parse_variant(name)
        )
        for name in names
    ]
    table = comparison_table(names, reports).to_markdown()
    assert "| measure | lexical | passages=20 | fusion |" in table
    assert re.search(r"\| RR@10 \|( 1\.0000 \[0\.342, 1\.000\] \|){3}", table)
    assert "lexical against fusion: indistinguishable on every measure." in table
    assert "▲ better and ▼ worse than fusion" in table


@pytest.mark.parametrize("name", ["dens", "model=", "passages=0", "passages=x", ""])
def test_an_unknown_variant_is_refused_with_those_known(name):
    with pytest.raises(EvaluationError, match="dense"):
        parse_variant(name)


class Outside(HTMLParser):
    """Collects everything a page would fetch or run."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found += [tag] if tag in {"script", "link", "img", "iframe"} else []
        self.found += [value for name, value in attrs if name in {"src", "href"}]


def test_the_page_fetches_and_runs_nothing(answers):
    page = Outside()
    page.feed(to_html(answers))
    assert [found for found in page.found if not found.startswith("#")] == []


def test_the_page_shows_figures_plots_and_escapes_ids(answers):
    expected = Expected("<script>alert(2)</script>", quotes=("<script>alert(3)</script>",))
    hostile = replace(answers.queries[0], id="<script>alert(1)</script>", expected=expected)
    page = to_html(replace(answers, queries=(hostile, *answers.queries)))
    assert "<script>" not in page
    assert "gold sentence quoted" in page
    assert page.count("<svg") >= 3
    assert "Reliability" in page


def test_markdown_lists_the_worst_queries(answers):
    text = answers.to_markdown(worst=1)
    assert "| gold passage first | 1.0000 | [0.207, 1.000] |" in text
    assert "Worst 1 queries" in text


def test_the_command_prints_figures_and_writes_what_is_asked(beir, tmp_path, command):
    files = {kind: tmp_path / f"out.{kind}" for kind in ("run", "html", "markdown")}
    options = [part for kind, file in files.items() for part in (f"--{kind}", file)]
    done = command(beir, "--index", tmp_path / "i", "-m", "nDCG@10", *options)
    assert done.exit_code == 0, done.output
    assert "nDCG@10" in done.output
    assert all(file.stat().st_size for file in files.values())


def test_a_regression_makes_the_exit_status_one(tmp_path, command):
    folder = tmp_path / "many"
    rows = [{"_id": str(n), "text": f"animal {n} eats plant {n}"} for n in range(12)]
    write_rows(folder / "corpus.jsonl", rows)
    write_rows(folder / "queries.jsonl", [{"_id": str(n), "text": "stone"} for n in range(12)])
    (folder / "qrels.txt").write_text("".join(f"{n} 0 {n} 1\n" for n in range(12)))
    write_run({str(n): {str(n): 1.0} for n in range(12)}, tmp_path / "perfect.run")
    done = command(folder, "--index", tmp_path / "i", "--baseline", tmp_path / "perfect.run")
    assert done.exit_code == 1
    assert "REGRESSION" in done.output


def test_the_command_compares_variants(beir, tmp_path, command):
    done = command(beir, "--index", tmp_path / "i", "--compare", "dense", "--compare", "fusion")
    assert done.exit_code == 0, done.output
    assert "| measure | dense | fusion |" in done.output


@pytest.mark.parametrize("option", ["--run", "--baseline", "--from-run"])
def test_a_comparison_refuses_what_it_would_not_write(beir, tmp_path, command, option):
    (tmp_path / "old.json").touch()
    value = [tmp_path / "old.json"]
    done = command(beir, "--index", tmp_path / "i", "--compare", "dense", option, *value)
    assert done.exit_code == 2
    assert f"does not go with {option}." in " ".join(done.output.split())
    assert not (tmp_path / "i").exists()


def figures_of_answers(judged, documents=()):
    scorer = Scorer.of(documents)
    return answer_figures(judged, [scorer.scored(one, {}) for one in judged]).values


def judged_emergency(*expected):
    """An emergency's block as the answer, where some caveats were expected."""
    article = Path(__file__).parents[2] / "corpus/kratom/article.md"
    documents = read_documents(article)
    block = Caveat("overdose_emergency", "topic", "emergency", "Call.")
    answer = Answer("q", "q", "emergency", "Call.", 0.0, caveats=(block,))
    case = Case("1", "q", caveats=expected, judges_caveats=True)
    wanted = demanded(case, answer, severities(documents))
    judged = Judged(case, answer, 0.1, (), wanted)
    return judged.missing_caveats, figures_of_answers([judged], documents)


def test_beside_an_emergency_that_was_expected_nothing_else_is_missed():
    missing, figures = judged_emergency("overdose_emergency", "pregnancy_bf")
    assert missing == ()
    assert figures["caveat recall"] == figures["emergency recall"] == 1
    assert "urgent recall" not in figures


def test_an_emergency_in_the_place_of_another_is_a_miss():
    missing, figures = judged_emergency("self_harm", "pregnancy_bf")
    assert missing == ("self_harm",)
    assert figures["emergency recall"] == 0


def test_what_an_unexpected_emergency_displaces_is_missed():
    missing, figures = judged_emergency("pregnancy_bf")
    assert missing == ("pregnancy_bf",)
    assert figures["urgent recall"] == 0


GOLD = "Cats sleep sixteen hours a day."


def judged_quotes(*quotes, status="answered"):
    """An answer that quotes these sentences to an answerable question."""
    article = document(CATS)
    case = Case("1", "q", status="answered", quotes=(GOLD,))
    citations = tuple(
        Citation(n, article.id, "cats#1", "", quote, start, start + len(quote))
        for n, quote in enumerate(quotes, start=1)
        for start in [article.text.index(quote)]
    )
    answer = Answer("q", "q", status, "", 0.5, citations=citations)
    return Judged(case, answer, 0.1, tuple(gold_spans([article], case)), ())


@pytest.mark.parametrize(
    ("quotes", "first", "clean", "padding"),
    [
        ([GOLD], 1, 1, 0),
        (["They hunt at dusk.", GOLD], 0, 0, 1 / 2),
        ([GOLD, "They hunt at dusk.", "Milk upsets most cats."], 1, 0, 2 / 3),
    ],
)
def test_quotes_are_judged_by_the_first_by_all_and_by_how_many_are_gold(
    quotes, first, clean, padding
):
    values = Scorer().scored(judged_quotes(*quotes), {}).values
    assert values["gold sentence quoted"] == 1
    assert (values["right quote first"], values["clean answers"]) == (first, clean)
    assert values["padding"] == pytest.approx(padding)


def test_abstaining_is_neither_clean_nor_padded():
    judged = judged_quotes(status="not_in_article")
    figures = figures_of_answers([judged])
    assert figures["clean answers"] == figures["right quote first"] == 0
    assert figures["missed answers"] == 1
    assert "padding" not in figures


def test_padding_counts_every_quote_alike():
    rows = [judged_quotes(GOLD), judged_quotes("They hunt at dusk.", "Milk upsets most cats.")]
    assert figures_of_answers(rows)["padding"] == pytest.approx(2 / 3)


def test_more_padding_is_a_loss():
    less, more = dict.fromkeys("abcdefgh", 0.1), dict.fromkeys("abcdefgh", 0.5)
    assert compare(more, less, lower_is_better=True).is_regression
    assert compare(more, less, lower_is_better=True).losses == 8
    assert not compare(less, more, lower_is_better=True).is_regression


def test_an_answer_to_what_the_article_does_not_say_is_a_false_answer():
    judged = judged_quotes(GOLD)
    judged = replace(judged, case=Case("1", "q", status="not_in_article"), gold=())
    assert figures_of_answers([judged])["false answers"] == 1


@pytest.mark.parametrize("p", [0.5, 0.7, 0.8, 0.9])
def test_95_percent_intervals_of_100_questions_cover_the_true_rate_in_93_to_97_percent(p):
    chances = {k: chance for k in range(101) if (chance := stats.binom.pmf(k, 100, p)) > 1e-6}
    intervals = {
        k: mean_interval(np.repeat([1.0, 0.0], [k, 100 - k]), np.ones(100)) for k in chances
    }
    covered = sum(chances[k] for k, (low, high) in intervals.items() if low <= p <= high)
    assert 0.93 <= covered <= 0.97


def test_intervals_of_graded_values_cover_their_mean():
    rng = np.random.default_rng(1)
    intervals = [mean_interval(rng.beta(0.6, 0.3, 100), np.ones(100)) for _ in range(150)]
    covered = np.mean([low <= 2 / 3 <= high for low, high in intervals])
    assert 0.9 <= covered <= 0.99


def test_a_perfect_score_is_not_certain():
    low, high = mean_interval(np.ones(40), np.ones(40))
    assert (round(low, 3), high) == (0.912, 1.0)


def test_an_interval_counts_quotes_where_padding_does():
    values, weights = np.array([0.0, 1.0] * 50), np.array([3.0, 1.0] * 50)
    low, high = mean_interval(values, weights)
    assert low < 0.25 < high < 0.4


def test_a_difference_has_an_interval_and_an_effect():
    rng = np.random.default_rng(0)
    ours = {str(n): float(v) for n, v in enumerate(rng.normal(0.6, 0.1, 80))}
    theirs = {name: value - 0.05 + float(rng.normal(0, 0.1)) for name, value in ours.items()}
    found = compare(ours, theirs)
    assert found.interval[0] < found.difference < found.interval[1]
    assert found.effect == pytest.approx(0.5, abs=0.2)
    assert found.verdict == "better"


@pytest.mark.parametrize(("least", "verdict"), [(0.0, "worse"), (0.1, "slightly worse")])
def test_a_loss_within_the_least_effect_is_no_regression(least, verdict):
    ours = {str(n): 0.5 - 0.05 * (n % 2) for n in range(60)}
    found = compare(ours, dict.fromkeys(ours, 0.5), min_effect=least)
    assert found.verdict == verdict
    assert found.is_regression is (verdict == "worse")


def test_weighted_values_keep_their_weights_when_systems_are_swapped():
    ours, theirs = dict.fromkeys("abcdefgh", 1.0), dict.fromkeys("abcdefgh", 0.0)
    weights = dict.fromkeys("abcdefgh", 3.0)
    found = compare(ours, theirs, our_weights=weights, their_weights=weights)
    assert found.p == pytest.approx(2 / 2**8)


def saved(report, file):
    file.write_text(json.dumps(report.to_json()))
    return file


def test_a_baseline_of_other_questions_is_refused_with_their_lines(answers, tmp_path):
    first, second = answers.queries
    asked = replace(first, expected=replace(first.expected, question="another?"))
    old = saved(replace(answers, queries=(asked, replace(second, id="gone"))), tmp_path / "o.json")
    with pytest.raises(NotComparableError) as refused:
        against(answers, old)
    assert re.search(
        rf'questions\.jsonl, line \d \("{first.id}"\): another question', str(refused.value)
    )
    assert re.search(rf'line \d \("{second.id}"\): not in the baseline', str(refused.value))
    assert '("gone"): only in the baseline' in str(refused.value)


def test_a_baseline_by_other_measures_is_refused_by_name(beir, report, tmp_path):
    old = saved(report, tmp_path / "old.json")
    now = evaluate(beir, embedder=WordEmbedder(), index_folder=beir / "index", measures=["P@3"])
    with pytest.raises(NotComparableError, match=r"lacks P@3\. Measure by -m nDCG@10"):
        against(now, old)


def test_a_baseline_of_other_questions_gives_status_two_and_keeps_the_report(
    beir,
    report,
    tmp_path,
    command,
):
    old = saved(replace(report, queries=report.queries[:1]), tmp_path / "old.json")
    page = tmp_path / "page.html"
    done = command(beir, "--index", tmp_path / "i", "--baseline", old, "--html", page)
    assert done.exit_code == 2
    assert "measured on other questions" in done.output
    assert "RR@10" in done.output
    assert page.stat().st_size


def test_a_comparison_writes_what_is_asked(beir, tmp_path, command):
    files = [tmp_path / "t.html", tmp_path / "t.md"]
    options = [
        "--compare",
        "dense",
        "--compare",
        "fusion",
        "--html",
        files[0],
        "--markdown",
        files[1],
    ]
    done = command(beir, "--index", tmp_path / "i", "--json", *options)
    assert set(json.loads(done.stdout)["variants"]) == {"dense", "fusion"}
    assert all("indistinguishable" in file.read_text() for file in files)


def test_the_page_tells_what_was_asked_expected_quoted_and_retrieved(answers):
    page = to_html(replace(answers, made=provenance(["askdoc", "evaluate", "x y"])))
    assert "how many hours a day do cats sleep?" in page
    assert page.count("Cats sleep sixteen hours a day.") >= 3
    assert "✓ gold" in page
    assert "✓ relevant" in page
    assert "lexical" in page
    assert "questions.jsonl, line 1" in page
    assert "askdoc evaluate &#39;x y&#39;" in page


def wrong(report, query_id):
    """The report with one answer turned into a miss."""
    queries = [
        replace(q, errors=("missed answer",), values={"status accuracy": 0.0})
        if q.id == query_id
        else q
        for q in report.queries
    ]
    return replace(report, queries=tuple(queries))


def test_the_page_filters_what_is_newly_wrong(answers, tmp_path):
    old = saved(answers, tmp_path / "old.json")
    now = wrong(answers, "sleep")
    page = to_html(now, against(now, old))
    assert 'for="f-newly-wrong">newly wrong (1)' in page
    assert re.search(r'class="q f-all f-wrong f-newly-wrong f-worse f-missed-answer" open', page)


def test_the_page_tells_why_a_question_was_answered_that_the_article_does_not_answer(cats):
    row = {"id": "x", "question": "how many hours a day do cats sleep?", "status": "not_in_article"}
    taken_out = {**row, "id": "y", "without": ["Milk upsets most cats."]}
    write_rows(cats / "more.jsonl", [row, taken_out])
    report = evaluate(cats, embedder=WordEmbedder(), index_folder=cats / "i")
    [first] = [query.given for query in report.queries if query.id == "x"]
    assert first.reasons.likeliest[0][0] == "Cats sleep sixteen hours a day."
    assert all(0 <= chance <= 1 for _, chance in first.reasons.likeliest)
    page = to_html(report)
    assert "It answers from a confidence of" in page
    assert re.search(r"Milk upsets most cats\.<small>taken out of the article", page)


def test_what_is_right_is_not_weighed_again(answers):
    right = [query.given for query in answers.queries if not query.errors]
    assert right
    assert not any(given.reasons for given in right)


def test_each_figure_is_explained():
    assert [
        name
        for name in ("nDCG@10", "RR@10", "R@5", "padding", "urgent recall")
        if not explained(name)
    ] == []


def test_provenance_tells_version_and_command():
    made = provenance(["askdoc", "evaluate", "my folder"])
    assert made.command == "askdoc evaluate 'my folder'"
    assert made.version.startswith("askdoc ")


def test_the_worst_is_the_gravest_fault_first():
    rows = [
        Scored("padded", {"a": 0.0}, errors=("padded",)),
        Scored("false", {"a": 1.0}, errors=("false answer",)),
    ]
    assert [query.id for query in worst_first(rows)] == ["false", "padded"]


def test_a_run_is_scored_and_resampled_once_a_measure_and_not_once_a_query(tmp_path, monkeypatch):
    calls = Counter()

    def counted(place, name):
        real = getattr(place, name)
        monkeypatch.setattr(place, name, lambda *a, **k: calls.update([name]) or real(*a, **k))

    counted(ir_measures, "iter_calc")
    counted(stats, "bootstrap")
    counted(stats, "permutation_test")
    run = {str(n): {str(d): 1 / (1 + (n * d) % 97) for d in range(100)} for n in range(300)}
    (tmp_path / "qrels.txt").write_text("".join(f"{n} 0 {n % 100} 1\n" for n in range(300)))
    write_run(run, tmp_path / "x.run")
    report = score_run(tmp_path / "qrels.txt", tmp_path / "x.run")
    against(report, saved(report, tmp_path / "old.json"))
    measures = len(report.measures)
    assert calls["iter_calc"] == 1
    assert calls["bootstrap"] <= 2 * measures
    assert calls["permutation_test"] <= measures


@pytest.mark.parametrize("module", ["ir_measures", "matplotlib"])
def test_a_missing_extra_is_named_before_anything_runs(beir, command, monkeypatch, module):
    monkeypatch.setattr(
        "askdoc.cli.evaluating.find_spec", lambda name: None if name == module else 1
    )
    done = command(beir)
    assert isinstance(done.exception, EvaluationError)
    assert "needs the extra eval" in str(done.exception)
    assert "pip install -c constraints.txt -e '.[eval]'" in str(done.exception)
