"""Whether a change leaves all answers as they were, byte for byte.

    python benchmarks/same_answers.py before.tsv       # before the change: writes them
    python benchmarks/same_answers.py before.tsv       # after it: compares, exit 1 if any differs

Asks questions of `evals/fields` and `evals/kratom`, spread evenly, each of its own article.
`ASKDOC_READER=off` leaves the reader out, in a fifth of the time.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from askdoc import PassageIndex, ask, build_index, read_documents
from askdoc.rendering import to_json

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Writes answers, or compares them, and returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("file", type=Path, help="where the answers before the change are kept")
    parser.add_argument("--most", type=int, default=150, help="about how many questions are asked")
    options = parser.parse_args()
    found = dict(answers(options.most))
    if not options.file.exists():
        lines = (f"{name}\t{body}\n" for name, body in found.items())
        options.file.write_text("".join(lines), encoding="utf-8")
        print(f"{len(found)} answers written to {options.file}")
        return 0
    lines = options.file.read_text(encoding="utf-8").splitlines()
    before = dict(line.split("\t", 1) for line in lines)
    differing = [name for name in before if before[name] != found.get(name)]
    for name in differing:
        old, new = json.loads(before[name]), json.loads(found.get(name, "{}"))
        fields = [field for field in old | new if old.get(field) != new.get(field)]
        print(
            name,
            *(f"  {field}: {old.get(field)} -> {new.get(field)}" for field in fields),
            sep="\n",
        )
    print(f"{len(before) - len(differing)} of {len(before)} answers are the same")
    return 1 if differing else 0


def answers(most: int) -> Iterator[tuple[str, str]]:
    """Ids of questions, and the answers to them as JSON."""
    files = [*ROOT.glob("evals/fields/*.jsonl"), ROOT / "evals/kratom/questions.jsonl"]
    rows = [
        (file, json.loads(line))
        for file in sorted(files)
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    indexes: dict[Path, PassageIndex] = {}
    for file, row in rows[:: max(1, len(rows) // most)]:
        if file not in indexes:
            indexes = {file: build_index(read_documents(article_of(file)))}
        answer = ask(indexes[file], row["question"], row["history"])
        yield row["id"], json.dumps(to_json(answer), ensure_ascii=False)


def article_of(questions: Path) -> Path:
    """The article that a file of questions is about."""
    found = ROOT.glob(f"evals/fields/articles/{questions.stem}.*")
    return next(found, ROOT / "corpus/kratom")


if __name__ == "__main__":
    sys.exit(main())
