"""A WMProxy with its L&B that says what a test wants, over TLS, and remembers what it was asked."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from lxml import etree

from gridwms.soap.envelope import read_call
from tests.services.certificates import Made

PATH = "/glite_wms_wmproxy_server"
NAMESPACE = "http://glite.org/wms/wmproxy"
Answer = str | Callable[[dict[str, Any]], str]


def fault(kind: str, sentence: str, *causes: str, code: str = "1202", method: str = "op") -> str:
    """The body of a fault."""
    told = "".join(f"<FaultCause>{cause}</FaultCause>" for cause in causes)
    return (
        f"<s:Fault><faultcode>s:Server</faultcode><faultstring>{sentence}</faultstring><detail>"
        f'<n:{kind} xmlns:n="{NAMESPACE}"><methodName>{method}</methodName><Timestamp>2026-11-22T00:00:00Z</Timestamp>'
        f"<ErrorCode>{code}</ErrorCode><Description>{sentence}</Description>{told}</n:{kind}></detail></s:Fault>"
    )


class Fake:
    """`answers`: by operation, the parts of the answer or a fault; `jobs`: statuses by id; `events`: by id."""

    def __init__(self, certificate: Made) -> None:
        self.answers: dict[str, Answer] = {"getVersion": "<version>3.3.1</version>"}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.found: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16  # in one piece: between small ones the network waits

            def log_message(self, *_: object) -> None:
                pass

            def _send(self, status: int, body: bytes, kind: str = "text/xml") -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                fake.headers.append(dict(self.headers))
                status, body = fake.call(raw)
                self._send(status, body)

            def do_PUT(self) -> None:
                fake.files[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
                status = 507 if self.path.endswith("full") else 201
                self._send(status, json.dumps({"error": {"message": "the disk is full"}}).encode(), "application/json")

            def do_GET(self) -> None:
                fake.asked.append(self.path)
                if self.path in fake.files:
                    return self._send(200, fake.files[self.path], "application/octet-stream")
                status, data = fake.look(self.path)
                self._send(status, json.dumps(data).encode(), "application/json")
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.base = f"https://127.0.0.1:{self._server.server_address[1]}"
        self.url = self.base + PATH
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def call(self, raw: bytes) -> tuple[int, bytes]:
        """The answer to a call."""
        element = read_call(raw)
        name = etree.QName(element)
        parts = {str(one.tag): [item.text for item in one] if len(one) else one.text or "" for one in element}
        self.calls.append((name.localname, parts))
        answer = self.answers.get(name.localname, "")
        body = answer if isinstance(answer, str) else answer(parts)
        wrong = "<s:Fault>" in body
        if not wrong:
            body = f'<n:{name.localname}Response xmlns:n="{name.namespace}">{body}</n:{name.localname}Response>'
        envelope = "http://schemas.xmlsoap.org/soap/envelope/"
        text = f'<s:Envelope xmlns:s="{envelope}"><s:Body>{body}</s:Body></s:Envelope>'
        return 500 if wrong else 200, text.encode()

    def look(self, path: str) -> tuple[int, dict[str, Any]]:
        """The answer of the bookkeeping."""
        parts = urlsplit(path)
        job = parse_qs(parts.query).get("job", [""])[0]
        if parts.path.endswith("/query"):
            return 200, {"jobs": self.found, "next": None}
        if job not in self.jobs:
            return 404, {"error": {"code": "unknown_job", "message": f"There is no job {job}.", "advice": ""}}
        if parts.path.endswith("/events"):
            return 200, {"events": self.events.get(job, [])}
        return 200, {"job": self.jobs[job]}

    def job(self, unique: str, state: str = "Running", **more: Any) -> str:
        """A job in this state; its id."""
        job = f"{self.base}/{unique}"
        text = more.pop("text", state)
        self.jobs[job] = {
            "jobId": job,
            "state": state,
            "state_text": text,
            "jobtype": "SIMPLE",
            "owner": "/DC=org/O=Users/CN=Alice",
            "network_server": self.url,
            "stateEnterTimes": {"Submitted": 1236070931, state: 1236070940},
            "exit_code": 0,
        } | more
        return job

    @property
    def operations(self) -> list[str]:
        """What was called, in order."""
        return [name for name, _parts in self.calls]
