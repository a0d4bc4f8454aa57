"""`glite-wms-job-submit` (gLite reference §8.2)."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gridwms.glite import options
from gridwms.glite.failure import Failure
from gridwms.glite.options import Given, Option
from gridwms.glite.session import Command, Session, run

if TYPE_CHECKING:
    from gridwms.glite.description import Prepared
    from gridwms.glite.submitting import Done, Work
    from gridwms.glite.talk import Talk
    from gridwms.glite.wmproxy import WmProxy

_SOURCES = ("collection", "dag", "jsdl")
_WITH_START = (
    *("register-only", "input", "resource", "nodes-resource", "to", "valid", *_SOURCES, "default-jdl"),
    *("autm-delegation", "delegationid", "transfer-files"),
)
TABLE = (
    *options.COMMON,
    options.AUTOMATIC,
    options.DELEGATION,
    options.ENDPOINT,
    Option("input", "i", "file", "file of computing elements to choose from"),
    Option("resource", "r", "ceid", "the computing element to run on"),
    Option("nodes-resource", "", "ceid", "the computing element for all nodes"),
    Option("lrms", "", "type", "kind of batch system of the computing element named"),
    Option("to", "", "[MM:DD:]hh:mm[:[CC]YY]", "until when the job may wait"),
    Option("valid", "v", "hh:mm", "how long the job may wait from now"),
    Option("register-only", about="register the job and do not start it"),
    Option("transfer-files", about="with --register-only: send its files"),
    Option("start", "", "jobid", "start a registered job"),
    Option("proto", "", "protocol", "how files travel"),
    Option("collection", "", "dir", "the descriptions of this directory as one collection"),
    Option("dag", "", "dir", "the descriptions of this directory as one DAG"),
    Option("jsdl", "", "file", "a description in JSDL"),
    Option("default-jdl", "", "file", "attributes for descriptions that lack them"),
    Option("nolisten", about="accepted, and without effect"),
    Option("nomsg", about="print the job id and nothing else"),
    options.OUTPUT,
    options.NOINT,
    options.JSON,
    options.PRETTY,
)


def check(given: Given) -> None:
    """What goes with what. Raises Failure."""
    sources = [name for name in _SOURCES if given.has(name)]
    if len(sources) > 1 or (sources and given.operands):
        wrong = given.operands[0] if given.operands else f"--{sources[1]}"
        text = f"Unknown or incompatible option used with --{sources[0]}: {wrong}"
        raise Failure("Wrong Option", text)
    if given.has("lrms") and not (given.has("resource") or given.has("input")):
        raise Failure("Input Option Error", "--lrms must be used with --resource, -r or --input, -i")
    if given.has("transfer-files") and not given.has("register-only"):
        raise Failure("Input Option Error", "--transfer-files must be used with --register-only")
    for name in ("resource", "nodes-resource"):
        if given.has(name) and "/" not in given.text(name):
            raise Failure("Wrong Option", f"invalid resource value ({given.text(name)})")
    if given.has("start"):
        from gridwms.glite.jobids import is_job_id

        if given.operands:
            raise Failure("Wrong Option", f"Wrong Input Argument: {given.operands[0]}")
        if not is_job_id(given.text("start")):
            raise Failure("Wrong Input Value", f"all parsed jobids in bad format: {given.text('start')}")
    elif not sources and not given.operands:
        raise Failure("Wrong Option", "The last argument must be a JDL file")
    if len(given.operands) > 1:
        raise Failure("Wrong Option", f"Wrong Input Argument: {given.operands[0]}")


def vo_in(given: Given, talk: Talk) -> str:
    """The VO of the description, when nothing else names one."""
    from gridwms.glite.description import prepare, read_file, text_of

    if not given.operands:
        return ""
    return text_of(prepare(read_file(given.operands[0]), (), {}).ad, "VirtualOrganisation")


def main(session: Session) -> None:
    """Submit, or register, or start."""
    given, talk = session.given, session.talk
    if given.has("output"):
        from gridwms.glite.jobid_file import check_id_file

        check_id_file(given.text("output"), talk)
    _check_protocol(session)
    if given.has("start"):
        _tell(session, _start(session, given.text("start")), "started")
        return
    from gridwms.glite.delegating import at_service, wanted
    from gridwms.glite.submitting import check_room, submit_at

    delegation = wanted(session)
    with tempfile.TemporaryDirectory(prefix="glite-wms-") as place:
        work = _read(session, Path(place))

        def step(server: WmProxy) -> Done:
            talk.debug("WMProxy Version:", server.version())
            check_room(session, server, work)
            return submit_at(session, server, work, at_service(session, server, delegation))

        done = session.servers.first(step)
        if given.has("register-only") and not given.has("transfer-files"):
            done = _keep_archives(done, Path(place))
    _tell(session, done, "registered" if given.has("register-only") else "submitted")


def _check_protocol(session: Session) -> None:
    given = session.given
    if given.has("proto") and (given.has("start") or given.has("register-only")):
        session.talk.warning("Wrong Option", "--proto: this option is ignored with --start or --register-only")
    elif given.has("proto") and given.text("proto") not in ("https", "gsiftp"):
        raise Failure("Wrong Option", f"--proto: unknown protocol ({given.text('proto')}): https or gsiftp")


def _start(session: Session, job: str) -> Done:
    from gridwms.glite.record import read_record, server_for
    from gridwms.glite.submitting import Done, start_at
    from gridwms.glite.wmproxy import JobIds

    server = server_for(session, read_record(session, job))
    start_at(session, server, job)
    return Done(JobIds(job), server.url)


def _read(session: Session, place: Path) -> Work:
    from gridwms.glite import description
    from gridwms.glite.defaults import completed
    from gridwms.glite.jsdl import read_jsdl
    from gridwms.glite.submitting import Work

    given, talk = session.given, session.talk
    if given.has("jsdl"):
        return Work(jsdl=read_jsdl(given.text("jsdl")))
    directory = given.text("collection") or given.text("dag")
    if directory:
        source = description.read_directory(directory, dag=given.has("dag"))
    else:
        source = description.read_file(given.operands[0])
    changes: dict[str, str | int] = {} if directory else _expiry(given, time.time())
    resource = _resource(session)
    nodes = {"SubmitTo": given.text("nodes-resource")} if given.has("nodes-resource") else None
    if resource:
        changes["SubmitTo"] = resource
        if given.has("lrms"):
            changes["LRMS_type"] = given.text("lrms")
    prepared = completed(session, source, changes, nodes)
    _check_resource(prepared.kind, resource, given.text("nodes-resource"))
    talk.debug("JDL", f"\n{prepared.text}")
    packed = description.zipped(prepared, place)
    _tell_zipped(talk, packed, prepared, place)
    return Work(packed, files=tuple(description.uploads(packed)))


def _tell_zipped(talk: Talk, packed: Prepared, prepared: Prepared, place: Path) -> None:
    if packed is prepared:
        talk.debug("File archiving and file compression disabled by user in the JDL")
        return
    talk.debug("File archiving and file compression allowed by user in the JDL")
    for archive in sorted(place.glob("*.tar.gz")):
        talk.debug("Archiving the ISB files:", str(archive))
        talk.debug("ISB ZIPPED file successfully created:", str(archive))


def _expiry(given: Given, now: float) -> dict[str, str | int]:
    from gridwms.glite.moments import BadMoment, lasting, until

    try:
        if given.has("valid"):
            return {"ExpiryTime": int(now) + lasting(given.text("valid"))}
        if given.has("to"):
            return {"ExpiryTime": int(until(given.text("to"), now))}
    except BadMoment as error:
        raise Failure("Wrong Time Value", str(error)) from error
    return {}


def _resource(session: Session) -> str:
    """The computing element that -r names, or that is chosen out of the file of -i."""
    given, talk = session.given, session.talk
    if not given.has("input"):
        return given.text("resource")
    from gridwms.glite.jobid_file import read_items
    from gridwms.glite.menu import choose_one

    items, remarks = read_items(given.text("input"))
    good = [item for item in items if "/" in item]
    if not good:
        raise Failure("Wrong Input Value", f"no valid resource in the file: {given.text('input')}")
    if len(good) == 1 or talk.noint:
        return good[0]
    return choose_one(good, talk.line, talk.answer, "resource", remarks)


def _check_resource(kind: str, resource: str, nodes_resource: str) -> None:
    if kind and resource:
        text = "cannot be used for  DAG, collection, partitionable and parametric jobs"
        raise Failure("Incompatible Argument: --resource, -r\t" + resource, text)
    if not kind and nodes_resource:
        raise Failure("Incompatible Argument: --nodes-resource\t" + nodes_resource, "cannot be used for jobs")


def _keep_archives(done: Done, place: Path) -> Done:
    """Archives that the user is to send himself must outlive this command."""
    kept = []
    directory: Path | None = None
    for one in done.pending:
        path = one.path
        if path.parent == place:
            directory = directory or Path(tempfile.mkdtemp(prefix="ISBfiles_"))
            path = path.rename(directory / path.name)
        kept.append(replace(one, path=path))
    return replace(done, pending=tuple(kept))


def _tell(session: Session, done: Done, verb: str) -> None:
    from gridwms.glite import submit_text

    given, talk = session.given, session.talk
    job = done.job.id
    saved: Path | None = None
    if given.has("output"):
        from gridwms.glite.jobid_file import save_id

        saved = save_id(given.text("output"), job)
    if given.has("nomsg"):
        talk.line(f"{job}\n")
        return
    if session.json or session.pretty:
        talk.line(submit_text.document(done.job, done.url, json=session.json, pretty=session.pretty))
        return
    talk.line(submit_text.success(job, verb, saved))
    if verb == "registered":
        talk.line(submit_text.left_to_do(job, done.pending))
    talk.last_words()


COMMAND = Command(
    "glite-wms-job-submit",
    TABLE,
    "<jdl file>",
    main,
    pairs=(
        ("autm-delegation", "delegationid"),
        ("input", "resource"),
        ("input", "nodes-resource"),
        ("valid", "to"),
        ("json", "output"),
        *(("start", name) for name in _WITH_START),
    ),
    check=check,
    vo_in=vo_in,
)


def command() -> None:
    """The console script."""
    run(COMMAND)
