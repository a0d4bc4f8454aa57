"""The manner of the two commands that were Python: their options, errors, questions, logs (gLite reference §8.1)."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from gridwms.glite.log_file import open_named, open_own
from gridwms.glite.options import Given, Option

_TEXTS = {
    "UI_WRONG_OPT": 'Option "{}" not allowed',
    "UI_ARG_MISS": 'Argument is missing for the "{}" option',
    "UI_OPT_POS": 'Option "{}" cannot not be specified after the command argument(s)',
    "UI_ARG_MISMATCH": 'Not a valid value for the "{}" option',
    "UI_ARG_OUT_OF_LIMIT": 'Argument "{}" is out of limit',
    "UI_ARG_EXCLUSIVE": 'Argument "{}" cannot be specified with argument "{}"',
    "UI_REPEATED_OPT": 'Option "{}" has been specified more than once in the command line',
    "UI_TOO_MANY_ARGS": "Too many arguments specified",
    "UI_WRONG_JOBID_FORMAT": 'The "{}" jobID is not in a valid format',
    "UI_WRONG_JOBID_ALL": "All jobID are in wrong format",
    "UI_JOBID_REPEAT": 'The jobID "{}" has been already specified in the input list.\n'
    "The jobID will be taken into account only once.",
    "UI_NO_JOBID": "Unable to find any jobID",
    "UI_GENERIC_ERROR_ON_JOB_ID": 'Error retrieving information on JobID "{}".\nError description: {}',
    "UI_FILE_NOT_FOUND": 'Unable to find the file "{}"',
    "UI_FILE_EXISTS": '"{}" file already exists.',
    "UI_WRITE_FILE": 'Unable to write on the file "{}"',
    "UI_PROXY_NOT_FOUND": "Proxy certificate not found.",
    "UI_PROXY_EXPIRED": "Proxy certificate validity expired.",
    "UI_SKIP_QUESTION": "No interaction required: question skipped ({})",
    "LB_API_OPEN_ALL": "Unable to open connection with any LB supplied",
    "UI_CONFIG_ERROR": "{}",
}
_POSSIBLE = "Possible Errors and Debug messages have been printed in the following file:"
_HOUR = 3600


class UiError(Exception):
    """An error with its code. `usage`: what the command takes is printed after it."""

    def __init__(self, code: str, *words: object, usage: bool = False) -> None:
        self.code, self.usage = code, usage
        self.text = _TEXTS[code].format(*words)
        super().__init__(f"{code}: {self.text}")


def parse(words: Sequence[str], table: Sequence[Option]) -> Given:
    """Options before operands; a long one may have one dash. Raises UiError."""
    known = {f"--{one.name}": one for one in table} | {f"-{one.name}": one for one in table}
    known |= {f"-{one.short}": one for one in table if one.short}
    given = Given()
    left = list(words)
    while left:
        word = left.pop(0)
        if not word.startswith("-"):
            if late := next((one for one in left if one.startswith("-")), ""):
                raise UiError("UI_OPT_POS", late, usage=True)
            given.operands = [word, *left]
            break
        option = known.get(word)
        if option is None:
            raise UiError("UI_WRONG_OPT", word, usage=True)
        if option.name in given.values and not option.repeatable:
            raise UiError("UI_REPEATED_OPT", word, usage=True)
        values = given.values.setdefault(option.name, [])
        if option.value:
            if not left or (left[0].startswith("-") and left[0] in known):
                raise UiError("UI_ARG_MISS", word, usage=True)
            values.append(left.pop(0))
    return given


class UiTalk:
    """`quiet`: a program reads stdout. `noint`: nothing is asked."""

    def __init__(self, command: str, *, quiet: bool = False, debug: bool = False, noint: bool = False) -> None:
        self.command, self.quiet, self.debugging, self.noint = command, quiet, debug, noint
        self.log_file: Path | None = None

    def open_log(self, named: str, directory: str) -> None:
        """The log file: as named, or one of our own with --debug or --noint; old ones of ours go. Raises UiError."""
        if not (named or self.debugging or self.noint):
            return
        stem = f"{self.command}_{os.getuid()}_"
        if not named:
            _remove_old(Path(directory), stem)
        try:
            own = f"{stem}{os.getpid()}_{int(time.time())}"
            self.log_file = open_named(Path(named).expanduser()) if named else open_own(Path(directory), own)
        except OSError as error:
            raise UiError("UI_WRITE_FILE", error.filename) from error

    def line(self, text: str) -> None:
        """Text to stdout as it stands."""
        sys.stdout.write(text)
        sys.stdout.flush()

    def error(self, error: UiError) -> None:
        """The command failed, or one of its jobs."""
        self._aside("Error", error)

    def warning(self, error: UiError) -> None:
        """Something is wrong, and the command goes on."""
        self._aside("Warning", error)

    def debug(self, function: str, *parameters: object) -> None:
        """What is asked of whom."""
        lines = "".join(f">> {one}\n" for one in parameters)
        text = (
            f"#### {time.ctime()} Debug API ####\n"
            f"The function '{function}' has been called with the following parameter(s):\n{lines}#### End Debug ####\n"
        )
        if self.debugging and not self.quiet:
            self.line(text)
        self._log(text)

    def ask(self, question: str, *, default: bool) -> bool:
        """Yes or no; an empty answer is no."""
        if self.noint:
            self._log(f"{UiError('UI_SKIP_QUESTION', question).text}\n")
            return default
        self.line(f"\n{question} [y/n]n :")
        return (self.answer() or "").lower() in ("y", "yes")

    def answer(self) -> str | None:
        """A line that was typed; None at the end of the input."""
        typed = sys.stdin.readline()
        return typed.strip() if typed else None

    def last_words(self) -> None:
        """What follows the result."""
        if self.log_file and not self.quiet:
            self.line(f"\n{' ' * 27}*** Log file created ***\n{_POSSIBLE}\n{self.log_file}\n")

    def _aside(self, word: str, error: UiError) -> None:
        text = f"**** {word}: {error.code} ****  \n{error.text}\n"
        sys.stdout.flush()
        sys.stderr.write(text)
        sys.stderr.flush()
        self._log(text)

    def _log(self, text: str) -> None:
        if self.log_file:
            with self.log_file.open("a", encoding="utf-8") as file:
                file.write(text)


def _remove_old(directory: Path, stem: str) -> None:
    """Logs of this command and user that are older than an hour."""
    with contextlib.suppress(OSError):
        for path in directory.glob(f"{stem}*.log"):
            found = path.lstat()
            if found.st_uid == os.getuid() and found.st_mtime < time.time() - _HOUR:
                path.unlink()
