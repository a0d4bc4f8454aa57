"""A worker node without any network, for jobs of HTCondor that ask for it (`+NoNetwork = True`): its USER_JOB_WRAPPER.

The job runs in a network namespace of its own. What it connects to is the port of its starter alone, by which
condor_chirp goes: connections to it are made outside and handed in. A program of its own, for Python 3.9 and later.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import sys
import threading
from pathlib import Path


def starter() -> tuple[str, int]:
    """Where chirp finds it."""
    host, port = Path(os.environ["_CONDOR_CHIRP_CONFIG"]).read_text().split()[:2]
    return host, int(port)


def connect_outside(wishes: socket.socket) -> None:
    """Hands in a connection for each byte that comes out."""
    while wishes.recv(1):
        with socket.create_connection(starter()) as made:
            socket.send_fds(wishes, [b"c"], [made.fileno()])


def pump(source: socket.socket, sink: socket.socket) -> None:
    while data := source.recv(65536):
        sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)


def listen_inside(listener: socket.socket, wishes: socket.socket) -> None:
    while True:
        near, _ = listener.accept()
        wishes.send(b"c")
        far = socket.socket(fileno=socket.recv_fds(wishes, 1, 1)[1][0])
        for ends in ((near, far), (far, near)):
            threading.Thread(target=pump, args=ends, daemon=True).start()


def loopback_up() -> None:
    with socket.socket() as any_socket:
        flags = fcntl.ioctl(any_socket, 0x8913, struct.pack("16sh14x", b"lo", 0))  # SIOCGIFFLAGS
        up = struct.unpack("16sh14x", flags)[1] | 1
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", up))  # SIOCSIFFLAGS


def main(words: list[str]) -> None:
    if words[0] != "--inside":
        ad = Path(os.environ["_CONDOR_JOB_AD"]).read_text()
        if "NoNetwork = true" not in ad:
            os.execv(words[0], words)
        outside, inside = socket.socketpair()
        if os.fork() == 0:
            inside.close()
            connect_outside(outside)
            os._exit(0)
        outside.close()
        inside.set_inheritable(True)
        again = [sys.executable, __file__, "--inside", str(inside.fileno()), *words]
        os.execvp("unshare", ["unshare", "--user", "--map-root-user", "--net", *again])
    loopback_up()
    wishes = socket.socket(fileno=int(words[1]))
    listener = socket.create_server(starter())
    if os.fork() == 0:
        listen_inside(listener, wishes)
    listener.close()
    wishes.close()
    os.execv(words[2], words[2:])


if __name__ == "__main__":
    main(sys.argv[1:])
