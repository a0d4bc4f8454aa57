"""What the commands in C++ print beside their result: information, warnings, errors, questions, a log (§8.1)."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from gridwms.glite.failure import Failure
from gridwms.glite.log_file import open_named, open_own
from gridwms.glite.wording import file_moment, logged_moment

_POSSIBLE = "Possible Errors and Debug messages have been printed in the following file:"
_EDGE = "-" * 41


class Talk:
    """`quiet`: no lines beside the result; `noint`: every question has the answer it proposes."""

    def __init__(self, command: str, *, quiet: bool = False, debug: bool = False, noint: bool = False) -> None:
        self.command = command
        self.quiet, self.debugging, self.noint = quiet, debug, noint
        self.log_file: Path | None = None
        self.seen: list[str] = []
        """Warnings and errors so far, for whoever sums them up."""

    def open_log(self, named: str, directory: str) -> None:
        """Keep messages in the file named, or with --debug in one of our own below `directory`. Raises Failure."""
        if not named and not self.debugging:
            return
        own = f"{self.command}_{os.getuid()}_{os.getpid()}_{file_moment(time.time())}"
        try:
            self.log_file = open_named(Path(named).expanduser()) if named else open_own(Path(directory), own)
        except OSError as error:
            text = f"Unable to write the log file: {error.filename} ({error.strerror})"
            raise Failure("Log File Error", text) from error

    def line(self, text: str) -> None:
        """Text to stdout as it stands."""
        sys.stdout.write(text)
        sys.stdout.flush()

    def info(self, header: str, text: str) -> None:
        """Such as `Connecting to the service URL`."""
        self._log("I", header, text)
        if not self.quiet:
            self.line(f"\n{header} {text}\n\n")

    def warning(self, title: str, text: str = "") -> None:
        """Something is wrong, and the command goes on."""
        self.seen.append(f"{title}: {text}" if text else title)
        self._log("W", title, text)
        self._aside(f"\nWarning - {title}\n" + (f"{text}\n\n" if text else ""))

    def error(self, title: str, text: str = "") -> None:
        """The command failed."""
        self._log("E", title, text)
        self._aside(f"\nError - {title}\n{text}\n\n")
        if self.log_file:
            self._aside(f"\n{_POSSIBLE}\n{self.log_file}\n\n")

    def debug(self, header: str, text: str = "") -> None:
        """What is done, for who wants to know."""
        said = self._log("I", header, text)
        if self.debugging:
            self.line(f"{_EDGE}\n{said}\n{_EDGE}\n")

    def ask(self, question: str, *, default: bool) -> bool:
        """Yes or no; nobody there to answer is the default."""
        if self.noint:
            return default
        self.line(f"\n{question} [y/n]{'y' if default else 'n'} : ")
        while True:
            answer = self.answer()
            if answer is None or answer == "":
                return default
            if answer.lower() in ("y", "yes", "n", "no"):
                return answer.lower().startswith("y")
            self.line("Please answer y or n : ")

    def answer(self) -> str | None:
        """A line that was typed; None at the end of the input."""
        typed = sys.stdin.readline()
        return typed.strip() if typed else None

    def last_words(self) -> None:
        """What follows the result."""
        if self.quiet:
            return
        if self.log_file:
            self.line(f"\t\t*** Log file created ***\n{_POSSIBLE}\n{self.log_file}\n")
        else:
            self.line("\n")

    def _aside(self, text: str) -> None:
        sys.stdout.flush()
        sys.stderr.write(text)
        sys.stderr.flush()

    def _log(self, kind: str, header: str, text: str) -> str:
        said = f"{logged_moment(time.time())} -{kind}- PID: {os.getpid()} (Debug) - {header} {text}".rstrip()
        if self.log_file:
            with self.log_file.open("a", encoding="utf-8") as file:
                file.write(f"{said}\n")
        return said
