"""Requests and answers out of what was sent over TCP, and on the lines between wrappers and the local site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.power_cut.recording import Kind, Operation


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer, which began to go out with operation number `at`."""

    at: int
    method: str
    path: str
    sent: bytes
    status: int
    answer: bytes


@dataclass(slots=True)
class _Line:
    to: str
    client: bytearray = field(default_factory=bytearray)
    server: bytearray = field(default_factory=bytearray)
    pieces: list[tuple[int, int]] = field(default_factory=list)
    """Where in `server` what was sent by which operation begins."""


def exchanges(operations: Iterable[Operation]) -> list[Exchange]:
    """Every request that was answered, in the order of the answers."""
    lines: dict[str, list[_Line]] = {}
    for number, operation in enumerate(operations):
        if operation.kind is not Kind.SEND or "->" not in operation.path:
            continue
        sender, receiver = operation.path.split("->")
        if receiver in lines and sender == lines[receiver][-1].to:
            line = lines[receiver][-1]
            line.pieces.append((len(line.server), number))
            line.server += operation.data
        else:
            known = lines.setdefault(sender, [])
            if not known or known[-1].server or known[-1].to != receiver:  # another connection, or the next request
                known.append(_Line(receiver))
            known[-1].client += operation.data
    found = [exchange for one in lines.values() for line in one for exchange in _read(line)]
    return sorted(found, key=lambda exchange: exchange.at)


def _read(line: _Line) -> Iterator[Exchange]:
    if line.client.startswith(b"token "):
        yield from _wish(line)
        return
    requests, answers = _messages(bytes(line.client)), _messages(bytes(line.server))
    finals = [one for one in answers if not one[1].startswith(b"HTTP/1.1 100")]
    for (_, asked, sent), (place, said, answer) in zip(requests, finals, strict=False):
        method, path, _version = asked.split(b"\r\n", 1)[0].decode().split(" ")
        at = max(number for start, number in line.pieces if start <= place)
        yield Exchange(at, method, path, sent, int(said.split(b" ", 2)[1]), answer)


def _wish(line: _Line) -> Iterator[Exchange]:
    """The wish for a token, as if it had come by HTTP."""
    first, _, lines = bytes(line.client).partition(b"\n")
    _word, tag, instance = first.decode().split(" ")
    if line.pieces:
        path = f"/worker/v1/{tag}/token?instance={instance}"
        status = 200 if line.server == b"go\n" else 409
        yield Exchange(line.pieces[0][1], "POST", path, lines, status, bytes(line.server))


def _messages(stream: bytes) -> list[tuple[int, bytes, bytes]]:
    """Place, head and body of each whole message."""
    found, at = [], 0
    while (end := stream.find(b"\r\n\r\n", at)) >= 0:
        head, body = stream[at:end], end + 4
        fields = {
            name.lower(): value.strip() for name, _, value in (f.partition(b":") for f in head.split(b"\r\n")[1:])
        }
        if fields.get(b"transfer-encoding") == b"chunked":
            content, after = _chunks(stream, body)
        else:
            after = body + int(fields.get(b"content-length", b"0"))
            content = stream[body:after]
        if after > len(stream):
            break
        found.append((at, head, content))
        at = after
    return found


def _chunks(stream: bytes, at: int) -> tuple[bytes, int]:
    parts = []
    while (end := stream.find(b"\r\n", at)) >= 0:
        size = int(stream[at:end], 16)
        parts.append(stream[end + 2 : end + 2 + size])
        at = end + 2 + size + 2
        if size == 0:
            return b"".join(parts), at
    return b"", len(stream) + 1
