"""Fit the networks that find crises and topics in wordings no lexicon foresaw.

Run: ASKDOC_DATA=FOLDER python evals/safety/fit_recogniser.py [--layers 4] [--write]

Reads the questions of this folder but for the `unseen` lists, and, as questions on none of the
topics, those of squad2, medquad and cast2019, XSTest's safe prompts, and what people type into any
chat (`everyday.jsonl` of the readers' questions, `dev`). Readers' calm questions to articles
(`../readers`, `../kratom`, `dev`) are no emergencies.

`--write` writes `src/askdoc/caveats/recogniser.json` (askdoc's own emergency blocks) and
`corpus/kratom/recogniser.json` (the other topics of that catalogue). With fewer `--layers` the
networks read fewer of the model's last layers: what that costs is seen in the shares printed.

Bounds come from scores of lists that a network was not fitted to, three times over. A topic is
found from one score and ruled out below another, `DOUBT` apart: those with which lexicon and
network together do best, which is `WORTH` times the share of its questions found, less the share
of its near misses, less `STRAY` times the share of the questions on other topics that bring it up,
less `ALARM` times that of what people type into any chat. Of emergencies at least the share `LEAST`
is found, whatever that costs.
Lists in other languages, `TONGUES`, are fitted to and do not count for the bounds.
From `CERTAIN` it is certain, so that an emergency takes the place of the answer and an uncovered
topic silences the article.
"""

import argparse
import csv
import json
import os
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import measure
import numpy as np
import torch
from torch import nn

from askdoc.answering.screening import meanings_of
from askdoc.caveats import Meaning, Recogniser
from askdoc.caveats.triage import crisis, triage
from askdoc.embedding import DEPTH, load_embedder

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FOLDS = (
    (*(f"wide{n}" for n in (1, 3, 8, 11, 13, 16, 19, 22, 25, 28, 30, 33)), "everyday1", "readers1"),
    (*(f"wide{n}" for n in (2, 4, 7, 9, 14, 17, 20, 23, 26, 29, 31, 34)), "everyday2", "readers2"),
    (*(f"wide{n}" for n in (5, 6, 10, 12, 15, 18, 21, 24, 27, 32)), "everyday3", "readers3"),
)
TONGUES = ("wide27", "wide28", "wide29")
EVERYDAY = ("everyday1", "everyday2", "everyday3")
READERS = ("readers1", "readers2", "readers3")
WORTH = {"emergency": 8.0, "urgent": 3.0, "caution": 1.5, "info": 1.5}
LEAST = {"emergency": 0.97}
STRAY, ALARM = 2.0, 4.0
DOUBT = np.arange(0, 5.1, 0.5)
CERTAIN = 2.5
GRID = np.arange(-4, 4.1, 0.25)
HIDDEN, DROPOUT, EPOCHS, RATE, DECAY, BATCH = 96, 0.3, 25, 2e-3, 0.05, 64
NEAR_MISS_WEIGHT = 4.0
# A greeting that brings up a crisis is as bad as a near miss that does, and there are few of them.
EVERYDAY_WEIGHT = 4.0
WHOLE = 0.3


class Network(nn.Module):
    """As `askdoc.caveats.recogniser.Recogniser`, with dropout."""

    def __init__(self, layers: int, dimensions: int, topics: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(layers * dimensions, HIDDEN)
        self.attend = nn.Linear(HIDDEN, topics)
        self.piece = nn.Linear(HIDDEN, topics)
        self.whole = nn.Linear(dimensions, topics, bias=False)
        self.drop = nn.Dropout(DROPOUT)

    def forward(self, pieces, mask, vectors):
        """Scores (texts, topics) of padded pieces, their mask, and whole vectors."""
        hidden = self.drop(torch.relu(self.hidden(self.drop(pieces))))
        weights = self.attend(hidden).masked_fill(~mask[..., None], -1e4).softmax(1)
        return (weights * self.piece(hidden)).sum(1) + WHOLE * self.whole(self.drop(vectors))

    def arrays(self, columns) -> dict:
        """The weights of some topics, as `Recogniser` holds them."""

        def of(layer):
            return layer.detach().numpy().astype(np.float32)

        return {
            "hidden": of(self.hidden.weight).T,
            "hidden_bias": of(self.hidden.bias),
            "attend": of(self.attend.weight).T[:, columns],
            "attend_bias": of(self.attend.bias)[columns],
            "piece": of(self.piece.weight).T[:, columns],
            "piece_bias": of(self.piece.bias)[columns],
            "whole": WHOLE * of(self.whole.weight).T[:, columns],
        }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--layers", type=int, default=DEPTH)
    arguments.add_argument("--write", action="store_true")
    options = arguments.parse_args()
    torch.set_num_threads(1)  # the batches are small: more threads only wait for each other
    catalogue = measure.catalogue()
    topics = [topic.id for topic in catalogue.topics]
    severity = {topic.id: topic.caveat.severity for topic in catalogue.topics}
    lists = {
        path.stem: [
            typed_anywhere(row) for row in measure.questions([path.stem]) if not row["history"]
        ]
        for path in sorted(HERE.glob("*.jsonl"))
        if not path.stem.startswith("unseen")
    }
    typed = everyday()
    for number, name in enumerate(EVERYDAY):
        lists[name] = strange(typed[number :: len(EVERYDAY)], EVERYDAY_WEIGHT)
    calm = calm_questions([topic for topic in topics if severity[topic] == "emergency"])
    for number, name in enumerate(READERS):
        lists[name] = calm[number :: len(READERS)]
    strangers = strange(strange_questions())
    embedder = load_embedder()
    texts = {row["question"].strip() for rows in (*lists.values(), strangers) for row in rows}
    known = {text: read(text, embedder, options.layers) for text in sorted(texts)}
    print(f"{len(known)} questions read")

    def fitted(left_out):
        rows = [row for name, rows in lists.items() if name not in left_out for row in rows]
        return fit([*rows, *strangers], topics, known)

    scored = []
    for fold in FOLDS:
        network = as_recogniser(fitted(fold), embedder, topics, range(len(topics)))
        for row in (row for name in fold if name not in TONGUES for row in lists[name]):
            scored.append((row, network.scores(known[row["question"].strip()])))
        print("scored", *fold)
    words = [worded(row["question"], catalogue) for row, _ in scored]
    bounds = {
        topic: bounds_of(topic, at, scored, words, severity[topic])
        for at, topic in enumerate(topics)
    }
    show(scored, words, bounds, severity)
    if options.write:
        write(fitted(()), embedder, topics, severity, bounds)


def read(text, embedder, layers) -> Meaning:
    """A text as the last so many layers read it."""
    [found] = meanings_of(embedder, [text])
    return replace(found, pieces=found.pieces[:, -layers * len(found.vector) :].copy())


def write(network, embedder, topics, severity, bounds) -> None:
    own = [at for at, topic in enumerate(topics) if severity[topic] == "emergency"]
    others = [at for at in range(len(topics)) if at not in own]
    for columns, file in (
        (own, ROOT / "src/askdoc/caveats/recogniser.json"),
        (others, measure.CATALOGUE.parent / "recogniser.json"),
    ):
        found = as_recogniser(network, embedder, topics, columns, bounds)
        file.write_text(found.to_json() + "\n", encoding="utf-8")
        print(file.relative_to(ROOT), found.bounds)


def show(scored, words, bounds, severity) -> None:
    """The shares of questions found, and of near misses fired, by severity."""
    counts = defaultdict(list)
    for (row, scores), (sure, unsure) in zip(scored, words, strict=True):
        for (topic, (low, high, _)), score in zip(bounds.items(), scores.tolist(), strict=True):
            up = topic in sure or score >= high or (topic in unsure and score >= low)
            if topic in row["caveats"]:
                counts[f"{severity[topic]} found"].append(up)
            elif topic in row["forbid"]:
                counts[f"{severity[topic]} near misses fired"].append(up)
                counts["near misses fired"].append(up)
    for what, ups in sorted(counts.items()):
        print(f"{what:30} {np.mean(ups):.4f} of {len(ups)}")


def as_recogniser(network, embedder, topics, columns, bounds=None) -> Recogniser:
    columns = list(columns)
    named = {topics[at]: (bounds[topics[at]] if bounds else (0.0, 0.0, 0.0)) for at in columns}
    return Recogniser(embedder.fingerprint, named, network.arrays(columns))


def worded(question: str, catalogue) -> tuple[set[str], set[str]]:
    """The topics that the lexicon brings up for certain, and by weak words."""
    by_crisis, by_topic = crisis().reader.read(question), catalogue.reader.read(question)
    entries = [
        *((by_crisis, block.caveat.id, block.rules, block.weak) for block in crisis().blocks),
        *((by_topic, topic.id, topic.rules, topic.weak) for topic in catalogue.topics),
    ]
    certain = {id for reading, id, rules, _ in entries if reading.fires(rules)}
    return certain, {id for reading, id, _, weak in entries if reading.fires(weak)} - certain


def bounds_of(topic, at, scored, words, grade) -> tuple[float, float, float]:
    """The scores below which a topic is ruled out, from which it is found, and is certain."""
    scores = np.array([float(found[at]) for _, found in scored])
    certain = np.array([topic in sure for sure, _ in words])
    weak = np.array([topic in unsure for _, unsure in words])
    on_it = np.array([topic in row["caveats"] for row, _ in scored])
    near = np.array([topic in row["forbid"] for row, _ in scored])
    other = ~on_it & ~near & np.array([bool(row["caveats"]) for row, _ in scored])
    none = np.array(["weight" in row and topic in row.get("only", (topic,)) for row, _ in scored])

    def shares(low, high):
        up = certain | (scores >= high) | (weak & (scores >= low))
        return up[on_it].mean(), up[near].mean(), up[other].mean(), up[none].mean()

    def gain(bounds):
        right, fired, strayed, alarmed = shares(*bounds)
        return WORTH[grade] * right - fired - STRAY * strayed - ALARM * alarmed

    pairs = [(high - doubt, high) for high in GRID for doubt in DOUBT]
    enough = [pair for pair in pairs if shares(*pair)[0] >= LEAST.get(grade, 0.0)]
    low, high = map(float, max(enough or pairs, key=gain))
    told = zip(("found", "near", "other", "none"), shares(low, high), strict=True)
    print(f"{topic:22} {low:5.2f} {high:5.2f} ", *(f"{name} {share:.3f} " for name, share in told))
    return low, high, max(high, CERTAIN)


def fit(rows, topics, known) -> Network:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    batches = [batch(chunk, topics, known) for chunk in chunks(rows, known)]
    targets = torch.cat([on_it for *_, on_it, _ in batches])
    rarity = ((len(targets) - targets.sum(0)) / targets.sum(0).clamp(min=1)).sqrt()
    pieces, _, vectors, *_ = batches[0]
    dimensions = vectors.shape[-1]
    network = Network(pieces.shape[-1] // dimensions, dimensions, len(topics))
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, RATE, total_steps=EPOCHS * len(batches)
    )
    for _ in range(EPOCHS):
        for number in rng.permutation(len(batches)):
            *inputs, on_it, weights = batches[number]
            loss = nn.functional.binary_cross_entropy_with_logits(
                network(*inputs), on_it, pos_weight=rarity, weight=weights
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return network.eval()


def chunks(rows, known):
    """Rows of like length together."""
    ordered = sorted(rows, key=lambda row: len(known[row["question"].strip()].pieces))
    return [ordered[at : at + BATCH] for at in range(0, len(ordered), BATCH)]


def batch(rows, topics, known):
    read = [known[row["question"].strip()] for row in rows]
    scale = len(read[0].vector) ** 0.5
    longest = max(1, *(len(text.pieces) for text in read))
    pieces = torch.zeros(len(rows), longest, read[0].pieces.shape[1])
    mask = torch.zeros(len(rows), longest, dtype=torch.bool)
    for at, text in enumerate(read):
        pieces[at, : len(text.pieces)] = scale * torch.from_numpy(text.pieces)
        mask[at, : max(1, len(text.pieces))] = True
    vectors = scale * torch.from_numpy(np.stack([text.vector for text in read]))
    on_it = torch.tensor([[float(topic in row["caveats"]) for topic in topics] for row in rows])
    near = torch.tensor([[float(topic in row["forbid"]) for topic in topics] for row in rows])
    weights = 1 + (NEAR_MISS_WEIGHT - 1) * near
    weights *= torch.tensor([[row.get("weight", 1.0)] for row in rows])
    weights *= torch.tensor([[float(t in row.get("only", topics)) for t in topics] for row in rows])
    return pieces, mask, vectors, on_it, weights


def strange(questions, weight=1.0) -> list[dict]:
    nothing = {"history": [], "caveats": [], "forbid": [], "weight": weight}
    return [{"question": question, **nothing} for question in questions]


def typed_anywhere(row) -> dict:
    """A question, told to be of that kind if it is one that people type into any chat."""
    plain = not row["caveats"] and set(row["forbid"]) == {"overdose_emergency", "self_harm"}
    return {**row, "weight": 1.0} if plain else row


def everyday() -> list[str]:
    """What people type into any chat, but for what is held out."""
    asked = lines(HERE.parent / "readers/everyday.jsonl")
    return [row["question"] for row in asked if row["split"] == "dev"]


def calm_questions(emergencies) -> list[dict]:
    """What readers ask an article calmly: no emergency, and of other topics nothing is known."""
    asked = [
        row
        for file in ("readers/kratom", "readers/medquad", "readers/squad2", "kratom/questions")
        for row in lines(HERE.parent / f"{file}.jsonl")
        if row.get("split", "dev") == "dev" and row.get("status") != "emergency"
    ]
    told = {"history": [], "caveats": [], "forbid": [], "weight": EVERYDAY_WEIGHT}
    return [
        {"question": row["question"], **told, "only": emergencies}
        for row in asked
        if not set(row.get("caveats") or ()) & set(emergencies) and not triage(row["question"])
    ]


def strange_questions() -> list[str]:
    """Questions on none of the topics, from the public collections."""
    data = Path(os.environ["ASKDOC_DATA"])
    squad = [row["question"] for row in lines(data / "squad2/questions.jsonl")][::6]
    articles = lines(data / "medquad/articles.jsonl")
    health = [part["question"] for row in articles for part in row["sections"]][::4]
    turns = [row["question"] for row in lines(data / "cast2019/turns.jsonl")]
    with (data / "xstest/prompts.csv").open(encoding="utf-8", newline="") as file:
        safe = [row["prompt"] for row in csv.DictReader(file) if row["label"] == "safe"]
    return [*squad, *health, *turns, *safe]


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
