"""Lints articles together with their catalogues: what `askdoc check` lists.

This room owns gathering the findings of files, catalogues and crisis blocks in one list.
"""

from collections.abc import Iterable
from dataclasses import replace
from importlib.resources import files
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Literal

from askdoc.caveats import Finding, line_named, line_of_id, lint, lint_crisis, parse_catalogue
from askdoc.documents import read_documents
from askdoc.errors import CatalogueError, DocumentError, PartlyReadError, needs_extra
from askdoc.records import CATALOGUE_FILE, Document


def check(paths: Iterable[str | Path]) -> tuple[Finding, ...]:
    """Checks articles, their catalogues, and askdoc's own crisis blocks.

    Args:
        paths: Files and folders with articles.

    Returns:
        Errors first, then warnings, then what a person has to confirm. Each names its file.

    Raises:
        DocumentError: Nothing could be read.
    """
    unread: list[DocumentError] = []
    documents = read_documents(paths, on_error=unread.append)
    findings = [Finding(_severity(error), "document", str(error)) for error in unread]
    kept = "still holds the example text of askdoc new. Write the article in its place"
    findings += [Finding("due", d.path, kept) for d in documents if _is_template(d)]
    for _, group in groupby(sorted(documents, key=_place), key=_place):
        findings += _catalogue_findings(list(group))
    findings += lint_crisis()
    if find_spec("textstat") is None:
        message = needs_extra("Measuring it", "eval")
        findings.append(Finding("warning", "reading grade", message))
    order = ("error", "warning", "due")
    return tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))


def _is_template(document: Document) -> bool:
    """Whether an article still holds an example sentence of `askdoc new`."""
    template = files("askdoc").joinpath("importing", "templates", "article.md")
    lines = template.read_text(encoding="utf-8").splitlines()
    return any(line in document.text for line in lines if line.endswith("."))


def _severity(error: DocumentError) -> Literal["error", "warning"]:
    return "warning" if isinstance(error, PartlyReadError) else "error"


def _place(document: Document) -> str:
    return Path(document.path).parent.as_posix()


def _catalogue_findings(documents: list[Document]) -> tuple[Finding, ...]:
    name = f"{_place(documents[0])}/{CATALOGUE_FILE}"
    if not documents[0].catalogue:
        missing = "there is none: answers carry the general banner and the crisis rules only"
        return (Finding("warning", name, missing),)
    try:
        findings = lint(parse_catalogue(documents[0].catalogue, name), documents)
    except CatalogueError as error:
        message = str(error).removeprefix(name)
        line = line_named(documents[0].catalogue, message)
        where = f"{name}:{line}" if line else name
        return (Finding("error", where, message.removeprefix(": ")),)
    return tuple(_placed(finding, name, documents[0].catalogue) for finding in findings)


def _placed(finding: Finding, name: str, text: str) -> Finding:
    """A finding whose place begins with the catalogue's file, and the line if it has one."""
    if finding.where == name:
        return finding
    line = line_of_id(text, finding.where)
    file = f"{name}:{line}" if line else name
    return replace(finding, where=f"{file} {finding.where}")
