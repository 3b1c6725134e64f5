"""How often the right section of a health article comes first.

Usage: python evals/medquad_sections.py DATA [ARTICLES]

DATA holds medquad/. Each article is an index of its own, and each section a document without its
heading, so that only the text can tell which section answers.
"""

import random
import sys
from pathlib import Path

from askdoc import build_index
from askdoc.evaluation.collections import Collection, Query, made_document
from askdoc.evaluation.lines import rows
from askdoc.evaluation.pipeline import rank_report
from askdoc.evaluation.statistics import compare
from askdoc.evaluation.variants import parse_variant


def main() -> None:
    articles = list(rows(Path(sys.argv[1]) / "medquad" / "articles.jsonl"))
    count = int(sys.argv[2]) if len(sys.argv) > 2 else len(articles)
    first: dict[str, dict[str, float]] = {"no-adapter": {}, "fusion": {}}
    for article in random.Random(1).sample(articles, count):
        data = collection(article)
        index = build_index(data.documents)
        for name, values in first.items():
            report = rank_report(index, data, ["P@1"], variant=parse_variant(name))
            values |= {f"{article['id']} {at}": v for at, v in report.values("P@1").items()}
    for name, values in first.items():
        print(f"{name}: {sum(values.values()) / len(values):.4f} of {len(values)} questions")
    print(compare(first["fusion"], first["no-adapter"]))


def collection(article: dict) -> Collection:
    sections = list(enumerate(article["sections"]))
    return Collection(
        article["id"],
        tuple(made_document(str(at), article["focus"], s["text"]) for at, s in sections),
        tuple(Query(str(at), s["question"]) for at, s in sections),
        {str(at): {str(at): 1} for at, _ in sections},
    )


if __name__ == "__main__":
    main()
