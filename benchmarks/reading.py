"""How rightly PDF files are read, against poppler's `pdftotext`: a folder of real files.

    python benchmarks/reading.py FOLDER [--list NAMES] [--worst 10] [--pages 40] [--strict]

For each file: the share of poppler's words that askdoc reads, the share of neighbouring word pairs
that it keeps, and the words that it glues or splits among those that differ. Poppler is often wrong
where a file is hard, so the worst files want a look with one's own eyes: `--show` prints where the
words differ. A text kept by hand as NAME.txt beside NAME.pdf takes poppler's place.

What is compared of both texts: the marks of an index (x_i is xi, as poppler writes it, but with
`--strict` two words) and accents that compose with no letter are left out, a Chinese or Japanese
character is a word, and codes that poppler leaves of TeX's ligatures are these. Running heads,
which askdoc leaves out, count as lost.

The folder that the changelog's figures come from holds the PDF files of the Debian packages
asymptote-doc, bash-doc, developers-reference, doxygen-doc, gnuplot-doc, libsuitesparse-dev, lyx,
maint-guide, octave-doc, pari-doc, r-cran-lme4, -multcomp, -mvtnorm, -survival and -zoo, r-doc-pdf
and xfig-doc, and those of the tests of pdfminer.six, pdfplumber and py-pdf's sample-files.
"""

import argparse
import re
import subprocess
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import NamedTemporaryFile

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

from askdoc.documents import read_documents
from askdoc.errors import DocumentError

_CJK = "\u2e80-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_CJK}]|[^\W_{_CJK}]+")  # Chinese and Japanese by the character
# Poppler leaves ligatures of TeX's fonts as codes: OT1's are 0B to 0F, T1's 1B to 1F.
_LIGATURES = dict.fromkeys((0x0B, 0x1B), "ff") | {
    0x0C: "fi", 0x0D: "fl", 0x0E: "ffi", 0x0F: "ffl", 0x1C: "fi", 0x1D: "fl", 0x1E: "ffi",
    0x1F: "ffl",
}  # fmt: skip
_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Result:
    """One file's figures; `words` counts the words of the text it is held against."""

    name: str
    words: int
    recall: float
    order: float
    torn: float
    seconds: float
    missing: tuple[str, ...]


def words_of(text: str, *, strict: bool = False) -> list[str]:
    """The words of a text, in small letters, without marks of format and hyphens at line ends."""
    text = unicodedata.normalize("NFKC", text.replace("\u00ad", "").replace("\u2010", "-"))
    text = re.sub(r"(?<=[^\W\d_])-\s*\n\s*(?=[a-zß-ÿ])", "", text)
    text = re.sub("[\u0300-\u036f]", "", text)  # what composes with no letter, as in formulas
    text = text if strict else re.sub(r"(?<=\w)[_^]\(?(?=\w)", "", text)
    return [word.lower() for word in _WORD.findall(text)]


def poppler_text(path: Path, pages: int) -> str:
    """What `pdftotext` reads; of a file beside it that was made by hand, that."""
    by_hand = path.with_suffix(".txt")
    if by_hand.exists():
        return by_hand.read_text(encoding="utf-8")
    command = ["pdftotext", "-nopgbrk", "-l", str(pages), "-enc", "UTF-8", str(path), "-"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=_TIMEOUT_S)
    return done.stdout.decode("utf-8", "replace").translate(_LIGATURES)


def compare(name: str, expected: Sequence[str], found: Sequence[str], seconds: float) -> Result:
    """Counts words and pairs of words that both have, and words that were glued or split."""
    wanted, had = Counter(expected), Counter(found)
    missing, surplus = wanted - had, had - wanted
    pairs, kept = Counter(pairwise(expected)), Counter(pairwise(found))
    torn = sum(_torn(missing, surplus, expected)) + sum(_torn(surplus, missing, found))
    return Result(
        name,
        len(expected),
        1 - sum(missing.values()) / max(len(expected), 1),
        (pairs & kept).total() / max(pairs.total(), 1),
        torn / max(len(expected), 1),
        seconds,
        tuple(f"{word}×{n}" for word, n in missing.most_common(12)),
    )


def _torn(gone: Counter[str], come: Counter[str], text: Sequence[str]) -> Iterator[int]:
    """How often two neighbours of a text that are gone stand as one word in what has come."""
    for (left, right), n in Counter(pairwise(text)).items():
        if gone[left] and gone[right] and come[left + right]:
            yield min(n, gone[left], gone[right], come[left + right])


def read(path: Path, pages: int) -> tuple[str, float]:
    """Askdoc's text of a file, or of its first pages, and how long that took."""
    part = first_pages(path, pages)
    try:
        start = time.perf_counter()
        (document,) = read_documents(part, max_bytes=200_000_000)
        return document.text, time.perf_counter() - start
    finally:
        if part != path:
            part.unlink()


def first_pages(path: Path, pages: int) -> Path:
    """A copy of a file's first pages, or the file itself if it has no more."""
    try:
        reader = PdfReader(path)
        if len(reader.pages) <= pages:
            return path
        writer = PdfWriter()
        for page in reader.pages[:pages]:
            writer.add_page(page)
    except PyPdfError:
        return path  # damaged in a way that poppler and PDFium mend
    with NamedTemporaryFile(suffix=".pdf", delete=False) as file:
        writer.write(file)
    return Path(file.name)


def measured(
    paths: Sequence[Path], pages: int, *, show: bool, strict: bool = False
) -> Iterator[Result]:
    for path in paths:
        try:
            expected = words_of(poppler_text(path, pages), strict=strict)
            text, seconds = read(path, pages)
        except DocumentError as error:
            print(f"refused  {str(error)[:150]}")
            continue
        except (subprocess.SubprocessError, OSError) as error:
            print(f"skipped  {path.name}: {error}")
            continue
        result = compare(path.name, expected, words_of(text, strict=strict), seconds)
        if show:
            print(f"{result.name}: missing {' '.join(result.missing)}")
        yield result


def report(results: Sequence[Result], worst: int) -> None:
    def line(result: Result) -> str:
        return (
            f"{result.name[:40]:40} {result.words:7} {result.recall:7.4f} {result.order:7.4f} "
            f"{result.torn:7.4f} {result.seconds:6.1f}"
        )

    words = max(sum(result.words for result in results), 1)
    mean = [
        sum(getattr(result, name) * result.words for result in results) / words
        for name in ("recall", "order", "torn")
    ]
    seconds = sum(result.seconds for result in results)
    print(f"{'file':40} {'words':>7} {'recall':>7} {'order':>7} {'torn':>7} {'s':>6}")
    for result in sorted(results, key=lambda r: r.recall - r.torn)[:worst]:
        print(line(result))
    print(line(Result(f"all {len(results)} files", words, *mean, seconds, ())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--list", type=Path, help="names of files to read, one a line")
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--worst", type=int, default=10)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--strict", action="store_true")
    options = parser.parse_args()
    named = options.list.read_text(encoding="utf-8").split() if options.list else None
    paths = [path for path in sorted(options.folder.rglob("*.pdf")) if path.is_file()]
    if named is not None:
        paths = [path for path in paths if path.name in named]
    found = measured(paths, options.pages, show=options.show, strict=options.strict)
    report(list(found), options.worst)


if __name__ == "__main__":
    main()
