"""`glite-wms-job-submit` (gLite reference §8.2)."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gridwms.glite import options
from gridwms.glite.failure import Failure, Fault
from gridwms.glite.options import Given, Option
from gridwms.glite.session import Command, Session, run

if TYPE_CHECKING:
    from lxml import etree

    from gridwms.glite.description import Prepared, Upload
    from gridwms.glite.talk import Talk
    from gridwms.glite.transfer import Sending
    from gridwms.glite.wmproxy import JobIds, WmProxy

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
_UNSTARTED = "Following Job Registered but Submission failed (try use --start option)"


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be submitted: JDL, or JSDL in `jsdl`."""

    prepared: Prepared | None = None
    jsdl: etree._Element | None = None
    files: tuple[Upload, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """What became of it."""

    job: JobIds
    url: str
    pending: tuple[Sending, ...] = ()


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

    delegation = wanted(session)
    with tempfile.TemporaryDirectory(prefix="glite-wms-") as place:
        work = _read(session, Path(place))

        def step(server: WmProxy) -> Done:
            talk.debug("WMProxy Version:", server.version())
            _check_room(session, server, work)
            return _submit(session, server, work, at_service(session, server, delegation))

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
    from gridwms.glite.wmproxy import JobIds

    server = server_for(session, read_record(session, job))
    _start_at(session, server, job)
    return Done(JobIds(job), server.url)


def _start_at(session: Session, server: WmProxy, job: str) -> None:
    session.talk.debug("Starting the job:", job)
    try:
        server.start(job)
    except Fault as error:
        raise Failure("Operation failed", f"Unable to start the job: {job}\n{error.text}") from error


def _read(session: Session, place: Path) -> Work:
    from gridwms.glite import description
    from gridwms.glite.jsdl import read_jsdl

    given, talk = session.given, session.talk
    if given.has("jsdl"):
        return Work(jsdl=read_jsdl(given.text("jsdl")))
    directory = given.text("collection") or given.text("dag")
    if directory:
        source = description.read_directory(directory, dag=given.has("dag"))
    else:
        source = description.read_file(given.operands[0])
    defaults = [session.settings.jdl] if session.settings.jdl is not None else []
    if session.user.vo:
        defaults = [one.without(["VirtualOrganisation"]) for one in defaults]
    if given.has("default-jdl"):
        defaults.append(description.read_defaults(given.text("default-jdl")))
    changes: dict[str, str | int] = {} if directory else _expiry(given, time.time())
    resource = _resource(session)
    nodes = {"SubmitTo": given.text("nodes-resource")} if given.has("nodes-resource") else None
    if resource:
        changes["SubmitTo"] = resource
        if given.has("lrms"):
            changes["LRMS_type"] = given.text("lrms")
    prepared = description.prepare(source, defaults, changes, nodes)
    _check_resource(prepared.kind, resource, given.text("nodes-resource"))
    vo = session.user.vo or given.text("vo") or session.settings.vo
    if vo and not description.text_of(prepared.ad, "VirtualOrganisation"):
        prepared = description.prepare(prepared.source, (), {"VirtualOrganisation": vo})
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


def _check_room(session: Session, server: WmProxy, work: Work) -> None:
    """Whether the input sandbox may be that large; a service that does not tell its limits says so later."""
    if not work.files:
        return
    sizes = [file.path.stat().st_size for file in work.files]
    total = sum(sizes)
    try:
        free, _hard = server.free_quota()
        if 0 < free < total:
            raise Failure(
                "UserFreeQuota Error",
                f"Not enough User-FreeQuota ({free} bytes) on the server for the InputSandbox files ({total} bytes)",
            )
    except Fault as error:
        session.talk.debug("The user quota is not told:", error.text)
    try:
        limit = server.max_input_sandbox()
    except Fault as error:
        session.talk.debug("The limit of input sandboxes is not told:", error.text)
        return
    if 0 < limit < total:
        raise Failure(
            "InputSandboxSize Error",
            f"The max job size of the InputSandbox ({max(sizes)} bytes) or of the total InputStandbox ({total} bytes)"
            f" exceeds the MAX InputSandbox size limit on the server ({limit} bytes)",
        )


def _submit(session: Session, server: WmProxy, work: Work, delegation: str) -> Done:
    given, talk = session.given, session.talk
    register_only = given.has("register-only")
    if not work.files and not register_only:
        job = _registered(server, work, delegation, talk, start=True)
        talk.debug("The JobId is:", job.id)
        return Done(job, server.url)
    job = _registered(server, work, delegation, talk, start=False)
    talk.debug("The JobId is:", job.id)
    sendings = _plan(server, job, work)
    if register_only and not given.has("transfer-files"):
        return Done(job, server.url, sendings)
    _send(session, job, sendings)
    if not register_only:
        _start_at(session, server, job.id)
    return Done(job, server.url)


def _registered(server: WmProxy, work: Work, delegation: str, talk: Talk, *, start: bool) -> JobIds:
    """The job, registered, or submitted at once. Raises Fault with the service's name in it."""
    verb = "submit" if start else "register"
    what = f"{verb} (JSDL)" if work.jsdl is not None else verb
    talk.debug("Submitting JDL" if start else "Registering JDL", f"\n{work.prepared.text}" if work.prepared else "")
    try:
        if work.jsdl is not None:
            return (server.submit_jsdl if start else server.register_jsdl)(work.jsdl, delegation)
        text = work.prepared.text if work.prepared else ""
        return (server.submit if start else server.register)(text, delegation)
    except Fault as error:
        verb = "submit" if what == "register" else what
        text = f"Unable to {verb} the job to the service: {server.url}\n{error.text}"
        raise Fault("Operation failed", text, elsewhere=error.elsewhere) from error


def _plan(server: WmProxy, job: JobIds, work: Work) -> tuple[Sending, ...]:
    from gridwms.glite.transfer import PROTOCOL, plan

    if not work.files:
        return ()
    return tuple(plan(job, work.files, server.sandbox_uris(job.id, PROTOCOL)))


def _send(session: Session, job: JobIds, sendings: tuple[Sending, ...]) -> None:
    from gridwms.glite.transfer import send

    talk = session.talk
    for one in sendings:
        talk.debug("Transferring the InputSandbox file:", f"{one.path}\nto: {one.uri}")
    limit = session.settings.number("SystemCallTimeout")
    wrong = send(session.servers.https, sendings, float(limit) if limit else None)
    if not wrong:
        return
    if session.given.has("output"):
        from gridwms.glite.jobid_file import save_id

        save_id(session.given.text("output"), job.id, _UNSTARTED)
    title = (
        f"The job has been successfully registered (the JobId is: {job.id}), "
        "but an error occurred while transferring files:"
    )
    advice = (
        "To complete the operation be sure that the files have been transferred and start the job by issuing a "
        f"submission with the option:\n --start {job.id}\n"
    )
    raise Failure(title, "\n".join(wrong) + f"\n\n{advice}")


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
