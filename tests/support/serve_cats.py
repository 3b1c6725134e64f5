"""Serves the cats in a process of its own: `serve_cats.py PORT`, or `serve_cats.py stdio`."""

import socket
import sys

from answers import CatService
from askdoc.server import Settings, run_stdio
from askdoc.server.app import assemble, configured
from askdoc.server.connections import Server


class ReadyCats(CatService):
    def wait(self, seconds):
        return True


def main(place):
    if place == "stdio":
        run_stdio(ReadyCats())
    else:
        settings = Settings(rate="1000/minute")
        config = configured(assemble(ReadyCats(), settings), settings)
        config.timeout_graceful_shutdown = 3
        Server(config).run(sockets=[socket.create_server(("127.0.0.1", int(place)))])


if __name__ == "__main__":
    main(sys.argv[1])
