"""askdoc on MTRAG-UN: the last questions of conversations, many of them without an answer.

    python -m benchmarks.mtrag DATA [--html FILE] [--index FOLDER]

DATA is the folder `mtragun-human` of the repository IBM/mt-rag-benchmark, after Rosenthal et al.,
"MTRAG-UN: A Benchmark for Open Challenges in Multi-Turn RAG Conversations" (arXiv 2602.23184). What
is searched are the passages that its tasks name as references, of all four domains in one index,
and not the corpora they were taken from: ranks are easier to get right than in the paper. An answer
is judged by the passage it quotes. Partly answerable questions count as answerable, as they do in
the benchmark; underspecified ones have no right status here, and are counted apart.
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askdoc import ask
from askdoc.embedding import load_embedder
from askdoc.evaluation import to_html
from askdoc.evaluation.collections import Case, Cases, Collection, Query, made_document
from askdoc.evaluation.lines import rows
from askdoc.evaluation.measures import Qrels
from askdoc.evaluation.pipeline import InFolder, answer_report, collection_folder, rank_report
from askdoc.evaluation.report import Report
from askdoc.evaluation.statistics import compare
from askdoc.evaluation.variants import parse_variant
from askdoc.index import PassageIndex
from askdoc.records import Document, Status

MEASURES = ("R@5", "nDCG@5", "R@10", "nDCG@10")
STATUSES: dict[str, Status] = {
    "ANSWERABLE": "answered",
    "PARTIAL": "answered",
    "UNANSWERABLE": "not_in_article",
}
"""The status that is right for each kind of question; underspecified ones have none."""


@dataclass(frozen=True)
class Task:
    """The last question of a conversation.

    Attributes:
        id: The task's.
        answerability: As the benchmark has it, such as "ANSWERABLE".
        question: The last question.
        history: The person's questions before it, oldest first.
        passages: The reference passages, by id.
    """

    id: str
    answerability: str
    question: str
    history: tuple[str, ...]
    passages: Mapping[str, Document]


def main() -> None:
    """Reads the command line, searches and asks, and prints what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--html", type=Path, help="write a page of every answer here")
    parser.add_argument("--index", type=Path, help="keep the index here, not in the user's cache")
    options = parser.parse_args()
    tasks = [task_of(row) for row in rows(options.data / "generation_tasks" / "reference.jsonl")]
    qrels = read_qrels(sorted((options.data / "retrieval_tasks" / "qrels").glob("*.tsv")))
    pool = {name: document for task in tasks for name, document in task.passages.items()}
    print(f"{len(tasks)} tasks, {len(pool)} reference passages")
    place = InFolder(options.index or collection_folder(options.data))
    index = place.index(tuple(pool.values()), embedder=load_embedder())
    print_ranks(index, tasks, qrels)
    report = answer_report(index, cases(tasks, tuple(pool.values())), ())
    print(f"\n{report.to_text()}\n")
    print_answered(index, tasks, report)
    if options.html:
        options.html.write_text(to_html(report), encoding="utf-8")


def task_of(row: Mapping[str, Any]) -> Task:
    """A line of the benchmark's tasks."""
    *before, last = [turn["text"] for turn in row["input"] if turn["speaker"] == "user"]
    passages = {
        one["document_id"]: made_document(one["document_id"], one.get("title", ""), one["text"])
        for one in row["contexts"]
        if one["text"].strip()
    }
    (answerability,) = row["answerability"]
    return Task(row["task_id"], answerability, last, tuple(before), passages)


def read_qrels(files: Iterable[Path]) -> Qrels:
    """Grades by task and passage, of all domains together."""
    qrels: Qrels = {}
    for file in files:
        with file.open(encoding="utf-8", newline="") as opened:
            for row in csv.DictReader(opened, delimiter="\t"):
                grades = qrels.setdefault(row["query-id"], {})
                grades[row["corpus-id"]] = int(row["score"])
    return qrels


def cases(tasks: Iterable[Task], pool: tuple[Document, ...]) -> Cases:
    """The tasks whose status is known, judged by the passages that answer."""
    return Cases(
        "MTRAG-UN",
        pool,
        tuple(
            Case(
                id=task.id,
                question=task.question,
                history=task.history,
                status=STATUSES[task.answerability],
                quotes=tuple(one.text for one in task.passages.values()),
            )
            for task in tasks
            if task.answerability in STATUSES
        ),
    )


def print_ranks(index: PassageIndex, tasks: Sequence[Task], qrels: Qrels) -> None:
    """Prints how passages rank: by words or as in the chat, without and with the history."""
    last = tuple(Query(task.id, task.question) for task in tasks if task.id in qrels)
    whole = tuple(Query(task.id, task.question, task.history) for task in tasks if task.id in qrels)
    pool = tuple(index.documents.values())
    reports = {
        f"{variant}, {name}": rank_report(
            index,
            Collection("MTRAG-UN", pool, queries, qrels),
            MEASURES,
            variant=parse_variant(variant),
        )
        for variant in ("lexical", "fusion")
        for name, queries in (("the last question alone", last), ("with those before", whole))
    }
    for name, report in reports.items():
        print(f"\n{name}\n{report.to_text()}")
    *_, alone, history = (report.values("nDCG@5") for report in reports.values())
    print("\nnDCG@5 with those before, against without:", compare(history, alone))


def print_answered(index: PassageIndex, tasks: Iterable[Task], report: Report) -> None:
    """Prints how many questions of each kind were answered."""
    given = {query.id: query.given.status for query in report.queries if query.given}
    answered: defaultdict[str, list[bool]] = defaultdict(list)
    for task in tasks:
        status = given.get(task.id) or ask(index, task.question, task.history).status
        answered[task.answerability].append(status == "answered")
    for kind, those in answered.items():
        print(f"{kind.lower()}: {sum(those)} of {len(those)} answered")


if __name__ == "__main__":
    main()
