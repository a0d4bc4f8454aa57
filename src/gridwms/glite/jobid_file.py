"""Files of job ids, the result of a submission that is kept, and who may overwrite what (gLite reference §8.1)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from gridwms.glite.failure import Ended, Failure

if TYPE_CHECKING:
    from gridwms.glite.talk import Talk

HEADER = "###Submitted Job Ids###"
ABORTED = 103
"""Exit code when the user does not want a file to be overwritten."""


def read_items(path: str) -> tuple[list[str], list[str]]:
    """The items of a file (ids of jobs or computing elements), each once, and the comments that menus show.

    Raises Failure.
    """
    try:
        lines = Path(path).expanduser().read_text("utf-8", "replace").splitlines()
    except OSError as error:
        raise Failure("Input File Error", f"Unable to read the file: {path} ({error.strerror})") from error
    items: list[str] = []
    remarks: list[str] = []
    for line in map(str.strip, lines):
        if line.startswith("#*"):
            remarks.append(line[2:].strip())
        elif line and not line.startswith(("#", "//")) and line not in items:
            items.append(line)
    return items, remarks


def check_id_file(path: str, talk: Talk) -> None:
    """Before a submission: ids are added to a file of ids; any other is overwritten if the user wants that.

    Raises Ended when he does not.
    """
    file = Path(path).expanduser()
    if not file.exists() or HEADER in _text(file):
        return
    talk.warning("The following pathname is not a valid submission output file:", str(file))
    if not talk.noint and not talk.ask("Do you want to overwrite it ?", default=False):
        raise Ended(1, "bye")
    file.unlink()


def save_id(path: str, job: str, remark: str = "") -> Path:
    """Add an id to a file of ids. Raises Failure."""
    file = Path(path).expanduser()
    try:
        there = file.exists() and HEADER in _text(file)
        with file.open("a" if there else "w", encoding="utf-8") as out:
            out.write("" if there else f"{HEADER}\n")
            out.write(f"#*{remark}\n" if remark else "")
            out.write(f"{job}\n")
    except OSError as error:
        raise Failure("File Error", f"Unable to write on the file: {path} ({error.strerror})") from error
    return file.absolute()


def ask_to_overwrite(path: str, talk: Talk) -> None:
    """Before cancel and list-match do their work. Raises Ended."""
    file = Path(path).expanduser()
    if not file.exists() or talk.noint:
        return
    talk.line(f"\n{file} file already exists\n")
    if not talk.ask("Do you want to overwrite it ?", default=False):
        raise Ended(ABORTED, "bye")
    file.unlink()


def save(path: str, text: str, talk: Talk) -> Path | None:
    """Write a result. A file that is there is added to, overwritten or left (None), as the user says.

    Raises Failure.
    """
    file = Path(path).expanduser()
    mode = "w"
    if file.exists() and not talk.noint:
        talk.line(f"\n{file} file already exists\n")
        talk.line("Do you want to append (a) or to overwrite (o) ? \nPress the 'q' key for not saving. : ")
        answer = (talk.answer() or "q").lower()
        if answer not in ("a", "o"):
            return None
        mode = "a" if answer == "a" else "w"
    try:
        with file.open(mode, encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise Failure("File Error", f"Unable to write on the file: {path} ({error.strerror})") from error
    return file.absolute()


def listed(items: Iterable[str]) -> str:
    """Ids as results show them: `- <id>` a line."""
    return "\n".join(f"- {item}" for item in items)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError as error:
        raise Failure("File Error", f"Unable to read the file: {file} ({error.strerror})") from error
