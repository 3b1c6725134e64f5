"""How often the right section of a health article comes first.

    python -m benchmarks.medquad_sections DATA [ARTICLES]

DATA holds medquad/. Each article is an index of its own, and each section a document without its
heading, so that only the text can tell which section answers.
"""

import random
import sys
from pathlib import Path

from training.asked import sections

from askdoc import build_index
from askdoc.evaluation.lines import rows
from askdoc.evaluation.pipeline import rank_report
from askdoc.evaluation.statistics import compare
from askdoc.evaluation.variants import parse_variant


def main() -> None:
    articles = list(rows(Path(sys.argv[1]) / "medquad" / "articles.jsonl"))
    count = int(sys.argv[2]) if len(sys.argv) > 2 else len(articles)
    first: dict[str, dict[str, float]] = {"no-adapter": {}, "fusion": {}}
    for article in random.Random(1).sample(articles, count):
        data = sections(article)
        index = build_index(data.documents)
        for name, values in first.items():
            report = rank_report(index, data, ["P@1"], variant=parse_variant(name))
            values |= {f"{article['id']} {at}": v for at, v in report.values("P@1").items()}
    for name, values in first.items():
        print(f"{name}: {sum(values.values()) / len(values):.4f} of {len(values)} questions")
    print(compare(first["fusion"], first["no-adapter"]))


if __name__ == "__main__":
    main()
