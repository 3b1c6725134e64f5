"""Reads an article in a program of its own, within limits: it may come from anybody."""

import asyncio
import contextlib
import json
import os
import sys
from asyncio import subprocess

from askdoc.documents import document_from_text
from askdoc.errors import DocumentError
from askdoc.i18n import N_, _
from askdoc.records import Document

LONGEST = 300_000
"""Characters of an article; some 50,000 words, a book of 150 pages."""
_TIMEOUT_S = 30.0
_NAME = "Your own article"
_TOO_MUCH = N_("This article takes too much time or memory to be read. Bring a part of it.")
_REASONS = (
    ("password", N_("This file is protected by a password. Save a copy without it.")),
    ("scanned", N_("This file holds pictures of pages and no text. Paste its text.")),
    ("spell words", N_("The text in this file does not spell words. Paste it instead.")),
    ("holds no text", N_("There is no text in this article.")),
    ("is empty", N_("There is no text in this article.")),
    *((words, _TOO_MUCH) for words in ("Split it", "too deep", "too much", "Shorten it")),
)
_DAMAGED = N_(
    "This file is damaged, or not what its name says. Open it in its own program, save it again, "
    "or paste its text."
)
"""What a reader is told, by words of what the command line tells."""


async def read_apart(data: bytes, ending: str, id: str, url: str = "") -> Document:
    """Reads an article.

    Args:
        data: The file.
        ending: The ending that tells its format, such as ".pdf".
        id: What the document is called.
        url: Where it was fetched from, if it does not state an address.

    Raises:
        DocumentError: It cannot be read, is too long, or takes too much time or memory.
    """
    told = await _told(data, f"{_NAME}{ending}")
    if "error" in told:
        reasons = (words for sign, words in _REASONS if sign in told["error"])
        raise DocumentError(_(next(reasons, _DAMAGED)))
    if len(told["text"]) > LONGEST:
        raise DocumentError(
            _(
                "This article has {count} characters; {most} can be asked. Bring a part of it.",
                count=f"{len(told['text']):,}",
                most=f"{LONGEST:,}",
            )
        )
    return document_from_text(id, told["title"], told["text"], told["url"] or url)


async def _told(data: bytes, name: str) -> dict[str, str]:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "askdoc.own.child", name),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            output, _errors = await child.communicate(data)
        told = json.loads(output)
    except TimeoutError:
        return {"error": f"is too much to be read within {_TIMEOUT_S:g} s."}
    except ValueError:  # it was ended by a limit
        return {"error": "takes too much time or memory."}
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    return {key: str(value) for key, value in told.items()}
