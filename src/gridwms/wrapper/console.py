"""The worker node's end of a console. Runs alone beside the payload, with any Python from 3.6 on.

Arguments: the address of the attempt, `terminal` or `streams`, the wrapper's process id, and two files for copies of
standard output and error (empty: none). Standard input: the capability. In its directory it finds the pipes
`con.stdin`, `con.stdout` and `con.stderr`, or makes a terminal; it says that it is ready by the file `con.ready`, which
holds the terminal's name. The payload writes its process group into `con.group`. USR1 tells that the payload is over:
what is left is sent.

The numbers of bytes, who keeps what, and what answers mean: docs/worker-protocol.md.
"""

# ruff: noqa: B905, PTH104, PTH110, PTH123, SIM105, SIM115, UP031

import fcntl
import http.client
import os
import select
import signal
import ssl
import struct
import sys
import termios
import threading
import time
import urllib.parse
import urllib.request

KEPT = 1 << 20
PART = 256 * 1024
LAST_WORDS = 60.0
"""Seconds for which the output is offered to a service that is away, once the payload is over."""


class Final(Exception):
    """The service does not want this attempt to go on, or does not know it."""


class Caller:
    """One connection to the service, made again when it breaks. For one thread."""

    def __init__(self, base: str, capability: str) -> None:
        self.url = urllib.parse.urlsplit(base)
        self.head = {"Authorization": "Bearer " + capability, "Content-Type": "application/octet-stream"}
        self.connection = None  # type: http.client.HTTPConnection | None
        self.patience = 0.2

    def connect(self) -> "http.client.HTTPConnection":
        host = self.url.hostname or ""
        proxy = "" if urllib.request.proxy_bypass(host) else urllib.request.getproxies().get(self.url.scheme, "")
        if not proxy:
            return self.to(host, self.url.port)
        there = urllib.parse.urlsplit(proxy if "//" in proxy else "//" + proxy)
        made = self.to(there.hostname or "", there.port)
        made.set_tunnel(host, self.url.port or (443 if self.url.scheme == "https" else 80))
        return made

    def to(self, host: str, port: "int | None") -> "http.client.HTTPConnection":
        if self.url.scheme != "https":
            return http.client.HTTPConnection(host, port, timeout=60)
        own = "authority.pem" if os.path.exists("authority.pem") else None
        return http.client.HTTPSConnection(host, port, timeout=60, context=ssl.create_default_context(cafile=own))

    def call(
        self, method: str, path: str, body: "bytes | None" = None
    ) -> "tuple[bytes, http.client.HTTPMessage] | None":
        """The answer; None when there was none, after a pause that grows. Raises Final."""
        try:
            if self.connection is None:
                self.connection = self.connect()
            self.connection.request(method, self.url.path + path, body, self.head)
            answer = self.connection.getresponse()
            data = answer.read()
            if answer.status < 300:
                self.patience = 0.2
                return data, answer.headers
            if answer.status < 500 and answer.status not in (408, 429):
                raise Final(answer.status)
        except (OSError, http.client.HTTPException) as error:
            sys.stderr.write("console: %s\n" % error)
        if self.connection is not None:
            self.connection.close()
            self.connection = None
        time.sleep(self.patience)
        self.patience = min(self.patience * 2, 2.0)
        return None


class Sender(threading.Thread):
    """Sends what comes out of one file. `kept`: the last that was read, from byte `start_at` on; before `sent` all is
    at the service."""

    def __init__(self, caller: Caller, stream: str, source: int, copy: str) -> None:
        threading.Thread.__init__(self, daemon=True)
        self.caller, self.stream, self.source = caller, stream, source
        self.copy = open(copy, "ab", 0) if copy else None
        self.kept, self.start_at, self.sent = bytearray(), 0, 0
        self.over = False
        self.deadline = None  # type: float | None
        self.wake_out, self.wake_in = os.pipe()
        os.set_blocking(self.wake_out, False)
        os.set_blocking(source, False)

    def wake(self) -> None:
        """Look again."""
        os.write(self.wake_in, b"x")

    def back_to(self, have: int) -> None:
        """The service says how much it has: less than before when it was started anew."""
        if have < self.sent:
            self.sent = max(have, self.start_at)
            self.wake()

    @property
    def end(self) -> int:
        return self.start_at + len(self.kept)

    def run(self) -> None:
        try:
            while (self.read() or self.sent < self.end) and not self.in_vain():
                self.send(False)
            while not self.send(True) and not self.in_vain():
                pass
        except Final:
            refused(self.caller)

    def read(self) -> bool:
        """Take what there is, waiting for something; False at the end."""
        if self.sent == self.end and not self.over:
            select.select([self.source, self.wake_out], [], [])
        try:
            os.read(self.wake_out, 4096)
        except BlockingIOError:
            pass
        over = self.over  # asked before reading: what comes after is read in the next round
        taken = 0
        while self.end - self.sent < PART:
            try:
                data = os.read(self.source, 65536)
            except BlockingIOError:
                break
            except OSError:  # the terminal has nobody at its other end any more
                data = b""
            if not data:
                break
            taken += len(data)
            self.kept += data
            if self.copy is not None:
                try:
                    self.copy.write(data)
                except OSError:
                    self.copy = None
        return taken > 0 or not over

    def in_vain(self) -> bool:
        """Whether the service has been away for too long."""
        return self.deadline is not None and time.monotonic() > self.deadline

    def send(self, last: bool) -> bool:
        """Offer what is not sent; whether the end has arrived."""
        offset, data = self.sent, bytes(self.kept[self.sent - self.start_at :][:PART])
        if not data and not last:
            return False
        if self.over and self.deadline is None:
            self.deadline = time.monotonic() + LAST_WORDS
        end = "&end=1" if last and offset + len(data) == self.end else ""
        path = "/console/out/%s?offset=%d&oldest=%d%s" % (self.stream, offset, self.start_at, end)
        answer = self.caller.call("POST", path, data)
        if answer is None:
            return False
        self.deadline = None
        have = int(answer[0])
        self.sent = min(max(have, self.start_at), self.end)
        spare = self.sent - self.start_at - KEPT
        if spare > 0:
            del self.kept[:spare]
            self.start_at += spare
        return bool(end) and self.sent == self.end


class Feeder(threading.Thread):
    """Brings the input and the wishes of those attached. `taken`: bytes that are here or with the payload."""

    def __init__(self, caller: Caller, target: int, terminal: bool, senders: "list[Sender]") -> None:
        threading.Thread.__init__(self, daemon=True)
        self.caller, self.target, self.terminal, self.senders = caller, target, terminal, senders
        self.taken, self.wish, self.ended = 0, 0, False
        self.pending = bytearray()
        self.changed = threading.Condition()
        os.set_blocking(target, False)

    def run(self) -> None:
        threading.Thread(target=self.feed, daemon=True).start()
        try:
            while not OVER.is_set():
                self.round()
        except Final:
            refused(self.caller)

    def round(self) -> None:
        with self.changed:
            # a payload that does not read must not keep signals from arriving
            self.changed.wait_for(lambda: len(self.pending) < PART // 2, 1.0)
            room = PART - len(self.pending)
        path = "/console/in?offset=%d&control=%d&room=%d&wait=%d&terminal=%d&ended=%d"
        wait = 20 if room > 0 else 0
        answer = self.caller.call("GET", path % (self.taken, self.wish, room, wait, self.terminal, self.ended))
        if answer is None:
            return
        data, head = answer
        for sender, have in zip(self.senders, head.get("Gridwms-Have", "").split()):
            sender.back_to(int(have))
        for wish in filter(None, head.get("Gridwms-Wishes", "").split(",")):
            number, _, text = wish.strip().partition(" ")
            self.wish = int(number)
            self.fulfil(text.split())
        with self.changed:
            self.taken += len(data)
            self.ended = self.ended or bool(head.get("Gridwms-End"))
            self.pending += data
            self.changed.notify_all()

    def feed(self) -> None:
        """Write what is pending, as the payload reads; to its end, if there is one."""
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.pending or self.ended)
                data = bytes(self.pending[:65536])
            if not data:
                break
            select.select([], [self.target], [])
            try:
                written = os.write(self.target, data)
            except BlockingIOError:
                continue
            except OSError:  # nobody reads any more
                written = len(data)
            with self.changed:
                del self.pending[:written]
                self.changed.notify_all()
        while not os.path.exists("con.group"):
            time.sleep(0.02)
        # a terminal is told by its sign for the end; a pipe is closed, now that the payload has its own end of it
        if self.terminal:
            os.write(self.target, termios.tcgetattr(self.target)[6][termios.VEOF])
        else:
            os.close(self.target)

    def fulfil(self, wish: "list[str]") -> None:
        """A wish: `size <rows> <columns>` or `signal <name>`."""
        try:
            if wish[0] == "size" and self.terminal:
                size = struct.pack("HHHH", int(wish[1]), int(wish[2]), 0, 0)
                fcntl.ioctl(self.target, termios.TIOCSWINSZ, size)
            elif wish[0] == "signal":
                os.killpg(self.group(), getattr(signal, "SIG" + wish[1]))
        except (OSError, ValueError, AttributeError) as error:
            sys.stderr.write("console: %s: %s\n" % (" ".join(wish), error))

    def group(self) -> int:
        """Whom a signal is for: what runs in the foreground of the terminal, else the payload's group."""
        if self.terminal:
            return os.tcgetpgrp(self.target)
        while True:
            try:
                with open("con.group") as file:
                    return int(file.read())
            except (OSError, ValueError):
                time.sleep(0.02)


def refused(caller: Caller) -> None:
    """The service wants no more of this attempt: the wrapper is to end it, as when peeking is told so."""
    with open("withdrawn", "w"):
        pass
    while not OVER.is_set():
        os.kill(WRAPPER, signal.SIGTERM)
        OVER.wait(0.2)


def open_terminal() -> "tuple[int, str]":
    """The controlling end of a new terminal and its name. Its other end stays open with us, so that it lives."""
    ours, theirs = os.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    return ours, os.ttyname(theirs)


def main() -> None:
    base, terminal = sys.argv[1], sys.argv[2] == "terminal"
    capability = sys.stdin.readline().strip()
    for ignored in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGXCPU, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)  # the wrapper decides when this ends

    def make(stream: str, source: int, copy: str) -> Sender:
        return Sender(Caller(base, capability), stream, source, copy)

    if terminal:
        target, name = open_terminal()
        senders = [make("stdout", os.dup(target), sys.argv[4])]
    else:
        # both ways, so that none waits for the other; pipes have room for 64 KiB
        target, name = os.open("con.stdin", os.O_RDWR), ""
        senders = [make(n, os.open("con." + n, os.O_RDWR), c) for n, c in zip(("stdout", "stderr"), sys.argv[4:])]
    signal.signal(signal.SIGUSR1, lambda *_: OVER.set())
    for sender in senders:
        sender.start()
    Feeder(Caller(base, capability), target, terminal, senders).start()
    with open("con.new", "w") as file:
        file.write(name + "\n")
    os.rename("con.new", "con.ready")
    while not OVER.wait(3600):
        pass
    for sender in senders:
        sender.over = True
        sender.wake()
    for sender in senders:
        sender.join()
    if terminal:
        call = Caller(base, capability)
        call.call("POST", "/console/out/stderr?offset=0&end=1", b"")


WRAPPER = int(sys.argv[3])
OVER = threading.Event()
if __name__ == "__main__":
    main()
