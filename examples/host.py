"""Serves `host.html` on another origin than the chat's, under a strict policy.

Start the chat with `ASKDOC_EMBED_ORIGINS=http://localhost:8080 askdoc serve`, then
`python examples/host.py`, and open http://localhost:8080/host.html. Where the chat is reached is
read from the server's own variables, `ASKDOC_URL` or `ASKDOC_PORT`, or given:
`python examples/host.py http://127.0.0.1:8000 --port 8081`. The chat must name this origin in its
`ASKDOC_EMBED_ORIGINS`.
"""

import argparse
import functools
import os
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CHAT = os.environ.get("ASKDOC_URL") or f"http://127.0.0.1:{os.environ.get('ASKDOC_PORT', 7860)}"
HERE = Path(__file__).parent


class StrictHost(SimpleHTTPRequestHandler):
    """Files of this folder, allowed to load a script and a frame from the chat alone."""

    chat = CHAT

    def do_GET(self) -> None:
        """Sends a file; in the page, `{chat}` becomes the address of the chat."""
        if self.path != "/host.html":
            super().do_GET()
            return
        page = Path(self.translate_path(self.path)).read_text(encoding="utf-8")
        body = page.replace("{chat}", self.chat).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        """Adds the policy."""
        self.send_header(
            "Content-Security-Policy",
            f"default-src 'none'; script-src {self.chat}; style-src 'self'; "
            f"frame-src {self.chat}; base-uri 'none'; form-action 'none'",
        )
        super().end_headers()


def main(chat: str = CHAT, port: int = 8080) -> None:
    """Serves until interrupted; the chat must allow this origin to frame it."""
    StrictHost.chat = chat.rstrip("/")
    handler = functools.partial(StrictHost, directory=str(HERE))
    with ThreadingHTTPServer(("localhost", port), handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("chat", nargs="?", default=CHAT, help="where the chat is reached")
    options.add_argument("--port", type=int, default=8080, help="the port of this page")
    main(**vars(options.parse_args()))
