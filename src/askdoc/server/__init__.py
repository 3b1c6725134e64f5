"""The web server: who may reach what, under which headers and limits.

This room owns routes, headers, limits, readiness and the loading of the index in the background.
What is said and how it looks is left to answering, rendering and chat.
"""

from askdoc.server.app import create_app, serve
from askdoc.server.mcp import run_stdio
from askdoc.server.service import NotReadyError, Service
from askdoc.server.settings import Settings

__all__ = ["NotReadyError", "Service", "Settings", "create_app", "run_stdio", "serve"]
