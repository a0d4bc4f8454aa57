"""What listens to notifications in tests: a web server that plays a part, and a real mail server."""

from __future__ import annotations

import contextlib
import email
import email.policy
import http.server
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

Answer = tuple[int, dict[str, str]]


@dataclass
class Hook:
    """Deliveries as they came; `answer` says what each gets: HTTP status and headers."""

    answer: Callable[[int], Answer] = lambda _number: (200, {})
    got: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    url: str = ""

    def until(self, enough: Callable[[], bool], seconds: float = 20.0) -> None:
        with self.changed:
            assert self.changed.wait_for(enough, seconds), self.got

    def cursors(self) -> list[int]:
        """Of the events that were taken."""
        return [int(event["cursor"]) for told in self.got for event in told["events"]]


@contextlib.contextmanager
def hook() -> Iterator[Hook]:
    made = Hook()
    count = 0

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            nonlocal count
            body = self.rfile.read(int(self.headers["content-length"]))
            with made.changed:
                count += 1
                status, headers = made.answer(count)
                if 200 <= status < 300:
                    made.got.append(json.loads(body))
                    made.bodies.append(body)
                made.headers.append({name.lower(): value for name, value in self.headers.items()})
                made.changed.notify_all()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        made.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
        yield made
        server.shutdown()
        thread.join()


@dataclass
class MailBox:
    """What a mail server took."""

    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    refuse: str = ""
    port: int = 0

    def until(self, count: int, seconds: float = 20.0) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.mails) >= count, seconds), self.mails

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        with self.changed:
            self.mails.append(message)
            self.recipients.append(list(envelope.rcpt_tos))
            self.changed.notify_all()
        return "250 OK"


@contextlib.contextmanager
def mail_server(login: tuple[str, str] | None = None, **options: Any) -> Iterator[MailBox]:
    """A mail server on this machine; `options` are those of aiosmtpd's."""
    box = MailBox()

    def authenticate(
        _server: object, _session: object, _envelope: object, _how: str, shown: LoginPassword
    ) -> AuthResult:
        good = login is not None and (shown.login.decode(), shown.password.decode()) == login
        return AuthResult(success=good, handled=False)

    if login is not None:
        options |= {"authenticator": authenticate, "auth_required": True}
    with socket.create_server(("127.0.0.1", 0)) as free:
        box.port = free.getsockname()[1]  # the library must know it beforehand
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
