"""A small website on loopback, and stand-ins for the rest of the internet."""

import contextlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PARAGRAPHS = [
    "Green tea is made of leaves that are steamed soon after they are picked.",
    "It is brewed at eighty degrees for two minutes, and tastes bitter when it is hotter.",
    "A cup holds about thirty milligrams of caffeine, which is less than coffee has.",
    "Leaves can be brewed three times, each time for a little longer than before.",
    "Store it in a dark tin, away from spices, and drink it within a year.",
    "Matcha is green tea that was ground to powder and is drunk with the leaf itself.",
]


def page(*paragraphs, title="Green tea", head=""):
    """An article as HTML."""
    body = "".join(f"<p>{words}</p>" for words in paragraphs or PARAGRAPHS)
    return (
        f"<html><head><title>{title}</title>{head}</head>"
        f"<body><article><h1>{title}</h1>{body}</article></body></html>"
    )


class Site:
    """Pages by path. A page is a text, or a function that answers a request by itself."""

    def __init__(self):
        self.pages = {}
        self.asked = []
        self.headers = []
        self.address = ""

    def get(self, handler):
        self.asked.append(handler.path)
        self.headers.append(dict(handler.headers))
        found = self.pages.get(handler.path)
        if callable(found):
            found(handler)
        elif found is None:
            respond(handler, "not here", status=404)
        else:
            respond(handler, found)


def respond(handler, body, *, status=200, kind="text/html; charset=utf-8", **headers):
    """Sends a response; header names are written with underscores."""
    data = body.encode() if isinstance(body, str) else body
    handler.send_response(status)
    headers = {"Content_Type": kind, "Content_Length": str(len(data)), **headers}
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    with contextlib.suppress(OSError):
        handler.wfile.write(data)


@contextlib.contextmanager
def serving(site, tls=None):
    """Serves a site on loopback until the end of a test; over TLS with a context for it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            with contextlib.suppress(OSError):
                site.get(self)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    site.address = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def answering(*chunks, pause_s=0.0):
    """A server that answers any request with some bytes as they are; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as place:
        stop = threading.Event()

        def run():
            place.settimeout(0.05)
            while not stop.is_set():
                try:
                    connection, _ = place.accept()
                except TimeoutError:
                    continue
                threading.Thread(target=send, args=(connection,), daemon=True).start()

        def send(connection):
            with contextlib.suppress(OSError), connection:
                connection.settimeout(2)
                if b"/robots.txt" in connection.recv(65536):
                    connection.sendall(b"HTTP/1.1 404 Not found\r\nContent-Length: 0\r\n\r\n")
                    return
                for chunk in chunks if isinstance(chunks, tuple) else ():
                    for part in chunk() if callable(chunk) else (chunk,):
                        if stop.is_set():
                            return
                        connection.sendall(part)
                        stop.wait(pause_s)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{place.getsockname()[1]}/"
        finally:
            stop.set()
            thread.join()
