"""The address under which the server is reached, for links that leave its pages."""

import re

from starlette.requests import HTTPConnection

_ADDRESS = re.compile(r"https?://[\w.:\[\]-]+/(?:[\w.~%/-]*/)?")


def root_of(request: HTTPConnection, url: str = "") -> str:
    """The server's address with a slash at its end: `url` where it is set, else as it was asked.

    "" where a visitor named a host that could be none.
    """
    root = f"{url.rstrip('/')}/" if url else str(request.base_url)
    return root if _ADDRESS.fullmatch(root) else ""
