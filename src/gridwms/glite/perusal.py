"""`glite-wms-job-perusal` (gLite reference §8.4)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gridwms.glite import options
from gridwms.glite.failure import Failure, Fault
from gridwms.glite.job_arguments import given_job
from gridwms.glite.options import Given, Option
from gridwms.glite.session import Command, Session, run
from gridwms.glite.storage import directory_for
from gridwms.glite.wording import WIDTH, stripe

if TYPE_CHECKING:
    from gridwms.glite.record import Record
    from gridwms.glite.wmproxy import WmProxy

NAME = "glite-wms-job-perusal"
TABLE = (
    *options.COMMON,
    Option("set", about="let files be looked at while the job runs"),
    Option("get", about="fetch what a file has grown by"),
    Option("unset", about="no longer"),
    Option("filename", "f", "name", "the file", repeatable=True),
    Option("input-file", "", "file", "file of file names"),
    Option("all", about="with --get: from the beginning"),
    Option("dir", "", "directory", "where to put the pieces"),
    Option("nodisplay", about="do not print them"),
    Option("proto", "", "protocol", "how files travel"),
    options.INPUT,
    options.OUTPUT,
)
_MODES = ("set", "get", "unset")
_ENDED = frozenset({"Aborted", "Cancelled", "Cleared"})


def check(given: Given) -> None:
    """One of the three, and what goes with it. Raises Failure."""
    from gridwms.glite.job_arguments import one_source

    modes = [name for name in _MODES if given.has(name)]
    if len(modes) != 1:
        raise Failure("Input Option Error", "exactly one of these options must be specified: --set, --get, --unset")
    if given.has("filename") and given.has("input-file"):
        text = "the following options cannot be specified together:\n--filename, -f\n--input-file"
        raise Failure("Input Option Error", text)
    named = given.has("filename") or given.has("input-file")
    if modes[0] != "unset" and not named:
        raise Failure("Input Option Error", f"--{modes[0]} needs --filename, -f <name> or --input-file <file>")
    if modes[0] == "unset" and named:
        raise Failure("Input Option Error", "--unset takes no file: it is for all files of the job")
    if modes[0] == "get" and len(given.all("filename")) > 1:
        raise Failure("Input Option Error", "--get takes one file at a time")
    one_source(given)


def main(session: Session) -> None:
    """Files of a running job."""
    from gridwms.glite.record import read_record, server_for

    given = session.given
    job = given_job(given, session.talk)
    record = read_record(session, job)
    _check_state(given, record)
    server = server_for(session, record)
    if given.has("get"):
        _get(session, server, job)
    elif given.has("set"):
        _set(session, server, job)
    else:
        _enable(server, job, [])
        _tell(session, f"File(s) perusal has been successfully disabled for the job:\n{job}\n")
    session.talk.last_words()


def _check_state(given: Given, record: Record) -> None:
    if record.compound:
        raise Failure("Perusal not allowed", "Operation supported only by jobs")
    current = f"Current Job Status is: {record.state_text}"
    if given.has("get"):
        if record.state == "Cleared":
            raise Failure("Perusal not allowed", current)
    elif record.state in _ENDED or record.done_code in ("FAILED", "CANCELLED"):
        raise Failure("(un)setting Job file perusal not allowed", current)


def _names(session: Session) -> list[str]:
    given = session.given
    if not given.has("input-file"):
        return list(dict.fromkeys(given.all("filename")))
    from gridwms.glite.jobid_file import read_items

    items, _remarks = read_items(given.text("input-file"))
    if not items:
        raise Failure("Wrong Input Value", f"no file name in the file: {given.text('input-file')}")
    return items


def _enable(server: WmProxy, job: str, names: Sequence[str]) -> None:
    try:
        server.enable_perusal(job, names)
    except Fault as error:
        raise Failure("WMProxy Server Error", error.text) from error


def _set(session: Session, server: WmProxy, job: str) -> None:
    names = _names(session)
    _enable(server, job, names)
    many = len(names) > 1
    files = "Files" if many else "File"
    text = f"{files} perusal has been successfully enabled for the job:\n{job}\n"
    kept = f"###{files} perusal enabled for the job {job}###\n" + "".join(f"{name}\n" for name in names)
    what = "The list of files to peruse" if many else "The name of the file to peruse"
    _tell(session, text + _kept(session, kept, f"{what} has been saved in the following file:"))


def _get(session: Session, server: WmProxy, job: str) -> None:
    from gridwms.glite.transfer import PROTOCOL, fetch, file_name, make_directory

    given, talk = session.given, session.talk
    names = _names(session)
    name = names[0]
    if len(names) > 1 and not talk.quiet:
        from gridwms.glite.menu import choose_one

        name = choose_one(names, talk.line, talk.answer, "file")
    try:
        uris = server.perusal_files(job, name, PROTOCOL, all_chunks=given.has("all"))
    except Fault as error:
        raise Failure("WMProxy Server Error", error.text) from error
    if not uris:
        _tell(session, f"No files to be retrieved for the job:\n{job}\n")
        return
    directory = make_directory(directory_for(session, job, "jobPerusal"))
    limit = session.settings.number("SystemCallTimeout")
    wrong = fetch(session.servers.https, uris, directory, float(limit) if limit else None)
    if wrong:
        raise Failure("Operation Failed", "\n".join(wrong))
    paths = [directory / file_name(uri) for uri in uris]
    kept = f"###Perusal: file(s) retrieved for the job {job}###\n" + "".join(f"{path}\n" for path in paths)
    sentence = "The name of the file to peruse is stored in the file:"
    text = f"The retrieved files have been successfully stored in:\n{directory}\n"
    _tell(session, text + _kept(session, kept, sentence))
    if not given.has("nodisplay"):
        _display(session, paths)


def _display(session: Session, paths: Sequence[Path]) -> None:
    """The pieces one after the other, by `more` where a person looks."""
    rule = stripe(WIDTH, sign="-")
    more = shutil.which("more") if sys.stdout.isatty() else None
    for at, path in enumerate(paths, 1):
        session.talk.line(f"{rule}\nfile {at}/{len(paths)}: {path.name}\n{rule}\n\n")
        if more:
            subprocess.run([more, str(path)], check=False)  # noqa: S603 - a pager on a file of the user's
        else:
            session.talk.line(path.read_text("utf-8", "replace") + "\n")


def _kept(session: Session, text: str, sentence: str) -> str:
    from gridwms.glite.jobid_file import save

    if not session.given.has("output"):
        return ""
    path = save(session.given.text("output"), text, session.talk)
    return f"\n{sentence}\n{path}\n" if path else ""


def _tell(session: Session, text: str) -> None:
    session.talk.line(f"\n{stripe(WIDTH, f'{NAME} Success')}\n\n{text}\n{stripe(WIDTH)}\n\n")


COMMAND = Command(NAME, TABLE, "<job id>", main, check=check)


def command() -> None:
    """The console script."""
    run(COMMAND)
