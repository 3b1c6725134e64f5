"""Serves the cats in a process of its own: `serve_cats.py PORT`, or `serve_cats.py stdio`."""

import sys

import uvicorn

from answers import CatService
from askdoc.server import Settings, run_stdio
from askdoc.server.app import assemble


class ReadyCats(CatService):
    def wait(self, seconds):
        return True


def main(place):
    if place == "stdio":
        run_stdio(ReadyCats())
    else:
        app = assemble(ReadyCats(), Settings(rate="1000/minute"))
        uvicorn.run(app, port=int(place), access_log=False, timeout_graceful_shutdown=3)


if __name__ == "__main__":
    main(sys.argv[1])
