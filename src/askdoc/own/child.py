"""`python -m askdoc.own.child NAME`: reads one article from standard input, and nothing else.

It runs apart from the server, with limits on memory and time and with no file that it may write, so
that a file which is made to do harm ends this program alone.
"""

import json
import sys

MEMORY_BYTES = 1_000_000_000
CPU_S = 10


def main() -> None:
    """Writes the article, or why it cannot be read, to standard output as JSON."""
    _bound()
    from askdoc.documents import document_from_bytes
    from askdoc.errors import DocumentError

    name = sys.argv[1]
    try:
        document = document_from_bytes(sys.stdin.buffer.read(), name, id="article")
        told = {"title": document.title, "text": document.text, "url": document.url}
    except DocumentError as error:
        told = {"error": str(error).removeprefix(f"{name}: ")}
    except MemoryError:
        told = {"error": "needs too much memory to be read."}
    sys.stdout.write(json.dumps(told))


def _bound() -> None:
    """Sets the limits, where the system knows any."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
