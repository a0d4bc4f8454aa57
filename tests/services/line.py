"""A line to a server that can be cut, also at the worst moment: TCP here, a Unix socket or TCP there."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path


class Line:
    """Forwards each connection from its `port` to the first of `targets` (paths, or ports of this machine) that
    takes it; they take turns at being asked first."""

    def __init__(self, *targets: Path | int) -> None:
        self.targets = list(targets)
        self.cut_before: bytes | None = None
        """The line breaks when a client sends this, and the server does not hear it. Then it is None again."""
        self.cut_after: bytes | None = None
        """The line breaks when a client has sent this and the server has answered, and the client does not hear it."""
        self.cut_at: int | None = None
        """The line breaks when clients have sent so many bytes more: also where nobody can read what they send."""
        self.deaf_at: int | None = None
        """The same, but all that was sent arrives, and no answer comes back."""
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = self._connect()
            if server is None:
                client.close()
                continue
            both = _Both(client, server)
            threading.Thread(target=self._to_server, args=(both,), daemon=True).start()
            threading.Thread(target=self._to_client, args=(both,), daemon=True).start()

    def _connect(self) -> socket.socket | None:
        self.targets.append(self.targets.pop(0))
        for target in self.targets:
            server = socket.socket(socket.AF_INET if isinstance(target, int) else socket.AF_UNIX)
            try:
                server.connect(("127.0.0.1", target) if isinstance(target, int) else str(target))
            except OSError:
                server.close()
            else:
                return server
        return None

    def _to_server(self, both: _Both) -> None:
        with both:
            while data := both.client.recv(65536):
                if self.cut_before is not None and self.cut_before in data:
                    self.cut_before = None
                    self.cuts += 1
                    return
                if self.cut_at is not None:
                    self.cut_at -= len(data)
                    if self.cut_at < 0:
                        both.server.sendall(data[: self.cut_at])
                        self.cut_at = None
                        self.cuts += 1
                        return
                if self.deaf_at is not None:
                    self.deaf_at -= len(data)
                    if self.deaf_at < 0:
                        self.deaf_at = None
                        both.deaf = True
                if self.cut_after is not None and self.cut_after in data:
                    self.cut_after = None
                    both.deaf = True
                both.server.sendall(data)

    def _to_client(self, both: _Both) -> None:
        with both:
            while data := both.server.recv(65536):
                if both.deaf:
                    self.cuts += 1
                    return
                both.client.sendall(data)


class _Both:
    """The two ends of a connection; whichever side ends first ends both."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server = client, server
        self.deaf = False
        self._users = threading.Barrier(2)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> bool:
        for one in (self.client, self.server):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._users.wait()  # neither number is given to another while one of us still uses it
        for one in (self.client, self.server):
            one.close()
        return kind is not None and issubclass(kind, OSError)


@contextlib.contextmanager
def line(*targets: Path | int) -> Iterator[Line]:
    """A line for the time of a test."""
    made = Line(*targets)
    try:
        yield made
    finally:
        made.close()
