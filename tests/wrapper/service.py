"""A small real server of the worker protocol (docs/worker-protocol.md), with faults on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit


@dataclass
class Carried:
    """A credential of the job: its text, which one it is, and how many seconds it lasts."""

    text: bytes
    serial: int
    left: int


@dataclass
class Attempt:
    """What the service knows of one attempt."""

    capability: str
    inputs: list[bytes] = field(default_factory=list)
    events: dict[str, dict[str, str]] = field(default_factory=dict)
    outputs: dict[bytes, bytes] = field(default_factory=dict)
    watched: list[str] = field(default_factory=list)
    peeked: dict[str, bytearray] = field(default_factory=dict)
    carried: dict[str, Carried] = field(default_factory=dict)
    instance: str = ""
    closed: bool = False
    stop: bool = False

    def of_type(self, kind: str) -> list[dict[str, str]]:
        return [event for event in self.events.values() if event["type"] == kind]

    @property
    def finished(self) -> dict[str, str] | None:
        found = self.of_type("Finished")
        return found[-1] if found else None


@dataclass
class Fault:
    """`how`: a status to answer with; `drop`: no answer; `cut`: half of the body; `late`: done, then no answer."""

    method: str
    path: str
    how: int | str
    times: int


class Service:
    """The server. Use as a context; `url` is its base."""

    def __init__(self) -> None:
        self.attempts: dict[str, Attempt] = {}
        self.requests: list[str] = []
        self.foreign: dict[str, bytes] = {}
        self.stored: dict[str, bytes] = {}
        self.headers: list[tuple[str, dict[str, str]]] = []
        self.faults: list[Fault] = []
        self.changed = threading.Condition()
        self._port = 0
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Service:
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def up(self) -> None:
        """Start listening, on the port of the first time."""
        service = self

        class Handler(_Handler):
            owner = service

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._server.daemon_threads = True
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def down(self) -> None:
        """Stop listening: connections are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def wait_for(self, what: Callable[[], Any], seconds: float = 30) -> Any:
        """Wait until `what` is true; its value. Looks after every request."""
        with self.changed:
            if not self.changed.wait_for(what, seconds):
                raise AssertionError(f"not within {seconds} s; requests so far: {self.requests}")
            return what()

    def break_down(self, method: str, path: str, how: int | str, times: int = 1) -> None:
        """The next `times` requests of this method whose path contains `path` go wrong in this way."""
        self.faults.append(Fault(method, path, how, times))

    def fault(self, method: str, path: str) -> int | str | None:
        for fault in self.faults:
            if fault.times > 0 and fault.method == method and fault.path in path:
                fault.times -= 1
                return fault.how
        return None


class _Handler(BaseHTTPRequestHandler):
    owner: Service
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve("GET")

    def do_PUT(self) -> None:
        self._serve("PUT")

    def do_POST(self) -> None:
        self._serve("POST")

    def _serve(self, method: str) -> None:
        service = self.owner
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with service.changed:
            service.requests.append(f"{method} {self.path}")
            service.headers.append((self.path, dict(self.headers)))
            how = service.fault(method, self.path)
            if how is None or how in ("late", "cut"):
                status, answer = self._answer(method, body)
            else:
                status, answer = (int(how) if how != "drop" else 0), b"as the test asked\n"
            service.changed.notify_all()
        if how in ("drop", "late"):
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if how == "cut":
            self.wfile.write(answer[: len(answer) // 2])
            self.close_connection = True
            return
        self.wfile.write(answer)

    def _answer(self, method: str, body: bytes) -> tuple[int, bytes]:
        service = self.owner
        url = urlsplit(self.path)
        if url.path in service.foreign:
            return 200, service.foreign[url.path]
        if method == "PUT" and url.path.startswith("/store/"):
            if self.headers.get("Authorization") is not None:
                return 400, b"the capability is for the service alone\n"
            service.stored[self.path] = body
            return 201, b""
        parts = url.path.split("/")
        if parts[1:3] != ["worker", "v1"] or len(parts) < 5 or parts[3] not in service.attempts:
            return 404, b"there is no such attempt\n"
        attempt = service.attempts[parts[3]]
        if self.headers.get("Authorization") != f"Bearer {attempt.capability}":
            return 401, b"this capability does not open this attempt\n"
        query = dict(parse_qsl(url.query))
        verb = f"{method} {parts[4]}"
        if verb == "GET input":
            index = int(parts[5])
            return (200, attempt.inputs[index]) if index < len(attempt.inputs) else (404, b"no such input\n")
        if verb in ("POST events", "POST token"):
            for line in body.decode().splitlines():
                event = dict(parse_qsl(line, strict_parsing=True, keep_blank_values=True))
                attempt.events.setdefault(event["id"], event)
            if verb == "POST events":
                return 200, b"stop\n" if attempt.stop else b"go on\n"
            if attempt.closed or attempt.instance not in ("", query["instance"]):
                return 409, b"stop\nanother instance has started it, or the attempt is closed\n"
            attempt.instance = query["instance"]
            return 200, b"go\n"
        if attempt.closed:
            return 409, b"the attempt is closed\n"
        if verb == "PUT output":
            attempt.outputs[unquote_to_bytes(parts[5])] = body
            return 201, b""
        if verb == "GET credentials":
            if len(parts) == 5:
                held = attempt.carried.items()
                return 200, "".join(f"{kind} {one.serial} {one.left}\n" for kind, one in held).encode()
            one = attempt.carried.get(parts[5])
            return (200, one.text) if one is not None else (404, b"no such credential\n")
        if verb == "GET peek":
            lines = "".join(f"{len(attempt.peeked.get(name, b''))} {name}\n" for name in attempt.watched)
            return 200, lines.encode()
        if verb == "PUT peek":
            seen = attempt.peeked.setdefault(unquote_to_bytes(parts[5]).decode(), bytearray())
            if int(query["offset"]) != len(seen):
                return 409, str(len(seen)).encode()
            seen.extend(body)
            return 200, b""
        return 404, b"no such route\n"
