"""`gridwms attach`: type to a running job, and see what it says."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridwms.cli import say
from gridwms.cli.escapes import Escapes
from gridwms.cli.exit_codes import Exit
from gridwms.cli.options import Service

if TYPE_CHECKING:
    from gridwms.client import Client
    from gridwms.client.answers import Glance
    from gridwms.client.console import Console
    from gridwms.client.errors import ClientError
    from gridwms.client.typist import Typist


class _Left(BaseException):
    """The user leaves; the job goes on."""


def attach(
    job: Annotated[str, typer.Argument(metavar="JOB", help="Id (URL) or key of an interactive job.")],
    watch: Annotated[bool, typer.Option("--watch", help="Look only.")] = False,
    take: Annotated[bool, typer.Option("--take", help="Type in the place of who does now.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Standard input begins as it did before: send only what has not arrived.")
    ] = False,
    service: Service = "",
) -> None:
    """Connect this terminal, or these pipes, with an interactive job.

    Leave with Enter ~ . in a terminal of the job, with Ctrl-\\ elsewhere; the job goes on, and can be attached to
    again. One types, any number watch. Ends when the job does, with the exit codes of 'gridwms wait'.
    """
    from gridwms.client import Client

    with Client(service) as client:
        raise typer.Exit(connect(client, job, mode="watch" if watch else "take" if take else "write", resume=resume))


def connect(client: Client, job: str, *, mode: str = "write", resume: bool = False) -> Exit:
    """Attach, and stay until the job's streams end or the user leaves."""
    from gridwms.cli.wait import outcome
    from gridwms.client.typist import Typist

    console = client.attach(job, mode=mode)
    session = _Session(console, Typist(console, resume=resume))
    try:
        session.run()
        [ended] = client.wait([job])
    except _Left:
        session.close()
        say.note(f"Left; the job goes on: gridwms attach {console.key}")
        return Exit.OK
    finally:
        session.close()
    if not ended.went_well or ended.exit_code:
        say.note(f"The job has ended: {ended.state}" + (f", exit code {ended.exit_code}." if ended.went_well else "."))
    return outcome([ended])


class _Session:
    """One terminal, or one set of pipes, at a console."""

    def __init__(self, console: Console, typist: Typist) -> None:
        self._console = console
        self._typist = typist
        self._saved: list[Any] | None = None
        self._begun = self._told = self._closed = False
        self._writes = console.writes
        self._escapes = Escapes()

    def run(self) -> None:
        from gridwms.client.console import follow

        if not self._writes and self._console.mode != "watch":
            say.note("Somebody else types to this job; you watch ('--take' to type in their place).")
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGWINCH):
            signal.signal(number, self._signalled)
        self._typist.start()
        for glance in follow(self._console, self._lost):
            if glance.waiting and glance.open and not self._told:
                self._told = True
                say.note("Waiting for the job to start.")
            if not glance.waiting and not self._begun:
                self._begin(glance)
            self._show(glance)
            self._typist.seen(glance)
            if self._writes != glance.writer:
                self._note("You type now." if glance.writer else "Somebody else types now; you watch.")
            self._writes = glance.writer

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._typist.close()
        if self._saved is not None:
            import termios

            termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._saved)
        self._console.detach()

    def _begin(self, glance: Glance) -> None:
        """The payload runs: take the keyboard."""
        self._begun = True
        if self._console.mode == "watch":
            return
        if glance.terminal and say.watched(sys.stdin):
            import termios
            import tty

            self._saved = termios.tcgetattr(sys.stdin.fileno())
            tty.setraw(sys.stdin.fileno(), termios.TCSADRAIN)  # what was typed ahead is kept
            self._resize()
        threading.Thread(target=self._read, daemon=True, name="keyboard").start()

    def _read(self) -> None:
        """Standard input, as it comes, to the typist."""
        while data := os.read(sys.stdin.fileno(), 65536):
            keys, leaves = self._escapes.pass_on(data) if self._saved is not None else (data, False)
            self._typist.write(keys)
            if leaves:
                os.kill(os.getpid(), signal.SIGHUP)  # to the main thread, which may be waiting for the service
                return
        self._typist.end()

    def _show(self, glance: Glance) -> None:
        for piece in glance.pieces:
            if piece.lost:
                self._note(f"[{piece.lost} bytes before this are no longer kept]")
            _write_all(sys.stderr.fileno() if piece.stream == "stderr" else sys.stdout.fileno(), piece.data)

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGWINCH:
            self._resize()
        elif number == signal.SIGINT and self._writes and self._begun:
            self._typist.wish("INT")
        else:
            raise _Left

    def _resize(self) -> None:
        if self._saved is not None:
            size = os.get_terminal_size(sys.stdin.fileno())
            if size.lines and size.columns:  # some terminals do not know
                self._typist.wish((size.lines, size.columns))

    def _lost(self, error: ClientError) -> None:
        self._note(f"{error.sentence} Waiting for it to come back.")

    def _note(self, text: str) -> None:
        """A line of ours between those of the job; a raw terminal needs to be told where a line begins."""
        say.note(f"\r{text}\r" if self._saved is not None else text)


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
