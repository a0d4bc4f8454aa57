"""A web server of the tests' own with one document, and an ETag for it."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Web:
    """`content` and `status` may be changed at any time; `drip`: seconds between two bytes. `asked`: the paths."""

    def __init__(self) -> None:
        self.content, self.kind, self.status, self.drip = b"{}", "application/json", 200, 0.0
        self.statuses: list[int] = []
        self.asked: list[str] = []
        self.url = ""


@contextmanager
def serving() -> Iterator[Web]:
    """A running server."""
    web = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content, mark = web.content, hashlib.sha256(web.content).hexdigest()
            known = self.headers.get("If-None-Match") == mark
            web.asked.append(self.path)
            web.statuses.append(304 if known else web.status)
            self.send_response(web.statuses[-1])
            self.send_header("ETag", mark)
            self.send_header("Content-Type", web.kind)
            if not known:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if known:
                return
            with suppress(OSError):
                for byte in content if web.drip else ():
                    self.wfile.write(bytes([byte]))
                    time.sleep(web.drip)
                if not web.drip:
                    self.wfile.write(content)

        def log_message(self, *_words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    web.url = f"http://127.0.0.1:{server.server_address[1]}/info.json"
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
