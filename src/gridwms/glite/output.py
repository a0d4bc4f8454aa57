"""`glite-wms-job-output` (gLite reference §8.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridwms.glite import options
from gridwms.glite.documents import write
from gridwms.glite.failure import Ended, Failure, Fault
from gridwms.glite.job_arguments import given_jobs, one_source
from gridwms.glite.jobids import unique_of
from gridwms.glite.options import Option
from gridwms.glite.output_rules import NotAllowed, check_compound, check_single
from gridwms.glite.session import Command, Session, run
from gridwms.glite.storage import directory_for

if TYPE_CHECKING:
    from gridwms.glite.record import Record
    from gridwms.glite.wmproxy import WmProxy

NAME = "glite-wms-job-output"
TABLE = (
    *options.COMMON,
    options.INPUT,
    Option("dir", "", "directory", "where to put the files"),
    Option("nosubdir", about="no directory of its own for each job"),
    Option("list-only", about="print what there is, fetch nothing"),
    Option("nopurge", "n", about="leave the files at the service"),
    Option("proto", "", "protocol", "how files travel"),
    options.NOINT,
    options.JSON,
    options.PRETTY,
)
_RULE = "=" * 80
File = tuple[str, int]


@dataclass(slots=True)
class Fetched:
    """What came of one job: where its files are, "" when there were none. `listed`: with --list-only."""

    job: str
    url: str
    directory: str = ""
    compound: bool = False
    listed: str = ""
    nodes: list[tuple[str, str, str]] = field(default_factory=list)


def outcome(done: Sequence[Fetched]) -> str:
    """What is printed."""
    text = f"\n{_RULE}\n\n\t\t\tJOB GET OUTPUT OUTCOME\n\n"
    for one in done:
        what = "DAG/Collection" if one.compound else "job"
        if one.directory:
            blank = " " if one.compound else ""
            text += f"Output sandbox files for the {what}{blank}:\n{one.job}\n"
            text += f"have been successfully retrieved and stored in the directory:\n{one.directory}\n\n"
        else:
            text += f"No output files to be retrieved for the {what}:\n{one.job}\n\n"
    return f"{text}{_RULE}\n\n"


def nodes_map(fetched: Fetched) -> str:
    """The file `ids_nodes.map` of a compound."""
    text = f"Dag JobId: {fetched.job}\n"
    for name, job, directory in fetched.nodes:
        text += f"\t - - -\n\tNode Name:\t{name}\n\tJobId:    \t{job}\n\tDir:      \t{directory}\n"
    return text


def main(session: Session) -> None:
    """Fetch the output of jobs, and let the service forget it."""
    from gridwms.glite.record import warnings_text

    given, talk = session.given, session.talk
    jobs = given_jobs(given, talk)
    done: list[Fetched] = []
    for job in jobs:
        try:
            done.append(_fetch(session, job))
        except NotAllowed as error:
            if len(jobs) == 1:
                raise
            talk.warning(f"{job}: not allowed to retrieve the output ({error.text})")
        except Failure as error:
            if len(jobs) == 1:
                raise
            talk.warning(f"{job}: {error.title}", error.text)
    if not done:
        raise Failure("Operation Failed", "Unable to retrieve the output for any job")
    if session.json or session.pretty:
        entries = {one.job: _entry(one) for one in done}
        data: dict[str, Any] = {"result": "success", "jobs": entries}
        talk.line(write(data, json=session.json, pretty=session.pretty))
        return
    talk.line("".join(one.listed for one in done) if given.has("list-only") else outcome(done))
    if given.has("debug"):
        talk.line(warnings_text(talk.seen))
    talk.last_words()


def _entry(one: Fetched) -> dict[str, Any]:
    there = bool(one.directory)
    return {"endpoint": one.url, "output_available": int(there), "location": one.directory or "None"}


def _fetch(session: Session, job: str) -> Fetched:
    from gridwms.glite.record import read_record, server_for

    record = read_record(session, job, "childstat")
    if record.compound:
        check_compound(record)
    elif warning := check_single(record):
        session.talk.warning(f"{job}: {warning}")
    purge = _may_purge(session, record)
    server = server_for(session, record)
    fetched = Fetched(job, server.url, compound=record.compound)
    directory = directory_for(session, job, "jobOutput")
    if record.compound:
        _fetch_nodes(session, server, record, directory, fetched)
    elif session.given.has("list-only"):
        fetched.listed = f"\nJobId: {job}\n{_listed(_files(server, job), '')}"
    else:
        fetched.directory = _fetch_files(session, _files(server, job), directory)
    if purge:
        _purge(session, server, job)
    return fetched


def _fetch_nodes(session: Session, server: WmProxy, record: Record, directory: Path, fetched: Fetched) -> None:
    from gridwms.glite.record import children
    from gridwms.glite.transfer import make_directory

    fetched.listed = f"\nJobId: {record.id}\n"
    for node, name in children(session, record):
        try:
            if warning := check_single(node):
                session.talk.warning(f"{node.id}: {warning}")
            files = _files(server, node.id)
        except Failure:
            state = node.state_text
            session.talk.warning(f"{node.id}: unable to retrieve the output for this node (the status is {state})")
            continue
        if session.given.has("list-only"):
            fetched.listed += f"\n\t>> child: {node.id}\n{_listed(files, chr(9))}"
            continue
        safe = name if name.isprintable() and "/" not in name and name not in ("", ".", "..") else unique_of(node.id)
        where = directory if session.given.has("nosubdir") else directory / safe
        if at := _fetch_files(session, files, where):
            fetched.nodes.append((name, node.id, at))
    if fetched.nodes:
        fetched.directory = str(make_directory(directory))
        (directory / "ids_nodes.map").write_text(nodes_map(fetched), "utf-8")


def _files(server: WmProxy, job: str) -> list[File]:
    from gridwms.glite.transfer import PROTOCOL

    try:
        return server.output_files(job, PROTOCOL)
    except Fault as error:
        raise Failure("Operation Failed", f"Unable to retrieve the output\n{error.text}") from error


def _listed(files: Sequence[File], indent: str) -> str:
    if not files:
        return f"{indent}no output file to be retrieved\n"
    return "".join(f"{indent} - file: {uri}\n{indent}   size (bytes): {size}\n" for uri, size in files)


def _fetch_files(session: Session, files: Sequence[File], directory: Path) -> str:
    """Where they are now; "" when there were none. Raises Failure when one did not come."""
    from gridwms.glite.transfer import fetch, make_directory

    if not files:
        return ""
    make_directory(directory)
    limit = session.settings.number("SystemCallTimeout")
    for uri, _size in files:
        session.talk.debug("Retrieving the file:", f"{uri}\nto: {directory}")
    wrong = fetch(session.servers.https, [uri for uri, _ in files], directory, float(limit) if limit else None)
    if wrong:
        raise Failure("Operation Failed", "Unable to retrieve the output\n" + "\n".join(wrong))
    return str(directory)


def _may_purge(session: Session, record: Record) -> bool:
    """Whether the service may forget the files afterwards; others' files are left. Raises Ended when the user stops."""
    given = session.given
    if strange := _strange(session, record):
        question = (
            f"Job's {strange} is different from that one contained in your proxy file. GridFTP could be unable to "
            "retrieve the output file. Do you want to continue (JobPurge will be disabled) ?"
        )
        if not session.talk.ask(question, default=False) and not session.talk.noint:
            raise Ended(0, "bye")
        return False
    return not (given.has("nopurge") or given.has("list-only"))


def _strange(session: Session, record: Record) -> str:
    """In what the job is not of this user: DN or VirtualOrganisation; "" when it is."""
    from gridwms.glite.description import vo_of

    owner, user = str(record.data.get("owner") or ""), session.user
    if user.subject and owner and owner != user.subject:
        return "DN"
    vo = vo_of(str(record.data.get("jdl") or "")) if user.vo else ""
    return "VirtualOrganisation" if vo and vo.lower() != user.vo.lower() else ""


def _purge(session: Session, server: WmProxy, job: str) -> None:
    try:
        server.purge(job)
    except Failure as error:
        session.talk.warning("JobPurging not allowed", f" ({error.text})")


COMMAND = Command(
    NAME, TABLE, "<job id> ...", main, pairs=(("dir", "list-only"), ("nosubdir", "list-only")), check=one_source
)


def command() -> None:
    """The console script."""
    run(COMMAND)
