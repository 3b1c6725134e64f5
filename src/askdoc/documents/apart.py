"""PDF files read in a program of their own: a file made to do harm ends that program alone.

PDFium is written in C; a few hundred bytes can make it draw for hours, or fill the memory. The
program stays for the next file, and ends with the one that began it.
"""

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict

from askdoc.documents.extract import DAMAGED, Extract, UnreadableError

MEMORY_BYTES = 500_000_000
PAGE_CPU_S = 5.0
_LENGTH_BYTES = 8
_TOO_MUCH = "takes too much time or memory to be read. Split it."
_LOCK = threading.Lock()
_running: subprocess.Popen[bytes] | None = None
_begun_by = 0


@atexit.register
def end_reading() -> None:
    """Ends the program, if there is one; it ends with this one in any case."""
    with _LOCK:
        _end()


def extract_apart(data: bytes) -> Extract:
    """Reads a PDF as `pdf.extract_pdf` does, within limits on memory and on time for each page.

    Raises:
        UnreadableError: It cannot be read, or takes too much.
    """
    with _LOCK:
        told = _told_of(data)
    if "error" in told:
        raise UnreadableError(told["error"])
    return Extract(**told)


def _told_of(data: bytes) -> dict[str, str]:
    child = _child()
    line = b""
    if child.stdin is not None and child.stdout is not None:
        with contextlib.suppress(OSError):
            child.stdin.write(len(data).to_bytes(_LENGTH_BYTES, "big") + data)
            child.stdin.flush()
            line = child.stdout.readline()
    if not line:
        _end()
        return {"error": _TOO_MUCH}
    told: dict[str, str] = json.loads(line)
    return told


def _child() -> subprocess.Popen[bytes]:
    """The program; another one in a process that was forked."""
    global _running, _begun_by
    if _running is None or _begun_by != os.getpid():
        _begun_by = os.getpid()
        _running = subprocess.Popen(
            [sys.executable, "-m", "askdoc.documents.apart"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    return _running


def _end() -> None:
    global _running
    if _running is not None and _begun_by == os.getpid():
        _running.kill()
        with contextlib.suppress(OSError):
            _running.communicate()
    _running = None


def main() -> None:
    """Answers each file on standard input, its length before it, with a line of JSON."""
    from askdoc.documents import pdf

    _limit_memory()
    while length := int.from_bytes(sys.stdin.buffer.read(_LENGTH_BYTES), "big"):
        data = sys.stdin.buffer.read(length)
        try:
            _allow_cpu(PAGE_CPU_S)
            told = asdict(pdf.extract_pdf(data, on_page=lambda: _allow_cpu(PAGE_CPU_S)))
        except UnreadableError as error:
            told = {"error": str(error)}
        except MemoryError:
            told = {"error": _TOO_MUCH}
        except Exception as error:
            told = {"error": DAMAGED.format(type(error).__name__)}
        _allow_cpu(0)
        print(json.dumps(told), flush=True)  # noqa: T201


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # not on this system
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allow_cpu(seconds: float) -> None:
    """Lets the system end this program after so much more time of a core; 0 is no limit."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


if __name__ == "__main__":
    main()
