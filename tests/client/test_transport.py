"""What happens when the other side is no gridwms service, hangs, or is not there."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridwms.client import Client
from gridwms.client.errors import Refused, ServiceFailed, ServiceUnreachable
from gridwms.client.find import Address
from tests.client.running import Running

KEY = "0" * 22


class Strange(http.server.BaseHTTPRequestHandler):
    """Answers every request with what the test put into `answer`."""

    answer = (200, b"{}")
    seen: list[str | None]

    def do_GET(self) -> None:
        type(self).seen.append(self.headers.get("Authorization"))
        status, body = type(self).answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def strange() -> Iterator[str]:
    Strange.seen = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Strange) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize(
    "answer", [(200, b"{}"), (200, b"<html>"), (200, b"[1]"), (500, b"oops"), (302, b""), (404, b"")]
)
def test_strange_answers_are_sentences(strange: str, answer: tuple[int, bytes]) -> None:
    Strange.answer = answer
    with Client(address=Address(strange, "t")) as client, pytest.raises(ServiceFailed) as caught:
        client.service()
    assert caught.value.advice
    assert Strange.seen == ["Bearer t"]


def test_names_of_output_files_cannot_lead_out(strange: str, tmp_path: Path) -> None:
    Strange.answer = (200, b'{"files": [{"name": "../../evil", "size": 1, "truncated": false}]}')
    with Client(address=Address(strange, "t")) as client, pytest.raises(Refused, match="no file name"):
        client.output(KEY, tmp_path / "a" / "b")
    assert list(tmp_path.rglob("*evil*")) == []


def test_nobody_there_is_a_sentence() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with Client(address=Address(url, "t")) as client, pytest.raises(ServiceUnreachable) as caught:
            client.service()
    assert caught.value.sentence.startswith(f"The service at {url} does not answer")
    assert "gridwms serve" in caught.value.advice


def test_a_wrong_token_is_a_sentence(service: Running) -> None:
    with Client(address=Address(service.address.url, "gridwms-wrong")) as client:
        with pytest.raises(Exception, match="does not know this token") as caught:
            client.service()
        assert "gridwms-wrong" not in str(caught.value)
