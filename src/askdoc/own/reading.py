"""Reads an article in a program of its own, within limits: it may come from anybody."""

import asyncio
import contextlib
import json
import os
import sys
from asyncio import subprocess

from askdoc.documents import document_from_text
from askdoc.errors import DocumentError
from askdoc.records import Document

LONGEST = 300_000
"""Characters of an article; some 50,000 words, a book of 150 pages."""
_TIMEOUT_S = 30.0
_NAME = "Your own article"


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
        raise DocumentError(f"This article {told['error']}")
    if len(told["text"]) > LONGEST:
        raise DocumentError(
            f"This article has {len(told['text']):,} characters; {LONGEST:,} can be asked. Bring "
            "a part of it."
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
            output, _ = await child.communicate(data)
        told = json.loads(output)
    except TimeoutError:
        return {"error": f"could not be read within {_TIMEOUT_S:g} s. Bring a part of it."}
    except ValueError:  # it was ended by a limit
        return {"error": "takes too much time or memory to be read. Bring a part of it."}
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    return {key: str(value) for key, value in told.items()}
