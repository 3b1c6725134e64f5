"""Readable stand-ins for the expensive parts."""

import hashlib
import re

import numpy as np

from askdoc.embedding import TokenEmbeddings
from askdoc.records import Document


class WordEmbedder:
    """One dimension a word: two texts are near when they share words, so a test can see why."""

    name = "words"
    fingerprint = "words-1"
    window = 64

    def __init__(self, width=512):
        self.width = width
        self.encoded = []

    def count(self, texts):
        return [len(text.split()) for text in texts]

    def encode(self, texts, on_progress=None):
        self.encoded += texts
        rows = np.zeros((len(texts), self.width), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                row[int(hashlib.md5(word.encode()).hexdigest(), 16) % self.width] += 1
            row /= max(float(np.linalg.norm(row)), 1e-9)
        if on_progress:
            on_progress(len(texts))
        return rows


class TokenWordEmbedder(WordEmbedder):
    """Every word is one token, and its vector is the word's own."""

    def __init__(self):
        super().__init__()
        self.tokenized = []

    def encode_tokens(self, texts, on_progress=None):
        self.tokenized += texts
        return [self._tokens(text) for text in texts]

    def _tokens(self, text):
        spans = [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]
        rows = WordEmbedder().encode([text[a:b] for a, b in spans])
        [whole] = WordEmbedder().encode([text])
        return TokenEmbeddings(whole, np.array(spans, dtype=np.int64).reshape(-1, 2), rows)


def document(text, id="cats", title="Cats", **more):
    """An article in memory."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Document(id=id, title=title, text=text, url="", sha256=digest, **more)


def animals(count, start=0):
    """So many short articles, of one passage and one sentence each."""
    return [
        document(f"# T{n}\n\nAnimal {n} eats food {n % 7} at {n % 11}.", id=f"d{n}", title=f"T{n}")
        for n in range(start, start + count)
    ]


CATS = """\
# Keeping cats

Cats sleep sixteen hours a day. They hunt at dusk.

## Food

A grown cat eats meat twice a day. Milk upsets most cats.

- Dry food keeps longer.
- Wet food holds more water.

## Health

Claws are trimmed every month. A vet sees the cat once a year.
"""

CATALOGUE = """\
[banner]
text = "This page is about cats and was written by a dog."

[sources.VET]
name = "A vet"
url = "https://example.org/vet"
date = "2024"

[[topics]]
id = "milk"
topic = "Milk"
severity = "caution"
text = "Milk is bad for cats."
sources = ["VET"]
fires = ["milk"]

[[claims]]
id = "C1"
quote = "Milk upsets most cats"
classification = "supported"
note = "Right, says the vet."
sources = ["VET"]
topics = ["milk"]

[[claims]]
id = "C2"
quote = "cats thrive on milk"
classification = "contradicted"
note = "Wrong, says the vet."
sources = ["VET"]
topics = ["milk"]

[[contradictions]]
id = "both_milk"
subject = "whether milk suits cats"
asks = ["milk"]
sides = [["C1"], ["C2"]]
"""
BOTH = CATS + "\n## Drink\n\nOld books say cats thrive on milk and cream.\n"
