"""Serves `host.html` on another origin than the chat's, under a strict policy.

Start the chat with `ASKDOC_EMBED_ORIGINS=http://localhost:8080 askdoc serve`, then
`python examples/host.py`, and open http://localhost:8080/host.html.
"""

import functools
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CHAT = "http://127.0.0.1:7860"
HERE = Path(__file__).parent


class StrictHost(SimpleHTTPRequestHandler):
    """Files of this folder, allowed to load a script and a frame from the chat alone."""

    chat = CHAT

    def end_headers(self) -> None:
        """Adds the policy."""
        self.send_header(
            "Content-Security-Policy",
            f"default-src 'none'; script-src {self.chat}; style-src 'self'; "
            f"frame-src {self.chat}; base-uri 'none'; form-action 'none'",
        )
        super().end_headers()


def main(port: int = 8080) -> None:
    """Serves until interrupted."""
    handler = functools.partial(StrictHost, directory=str(HERE))
    with ThreadingHTTPServer(("localhost", port), handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
