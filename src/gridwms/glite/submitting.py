"""A submission at one service: room for the files, registered, files sent, started (gLite reference §8.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridwms.glite.failure import Failure, Fault

if TYPE_CHECKING:
    from lxml import etree

    from gridwms.glite.description import Prepared, Upload
    from gridwms.glite.session import Session
    from gridwms.glite.talk import Talk
    from gridwms.glite.transfer import Sending
    from gridwms.glite.wmproxy import JobIds, WmProxy

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


def submit_at(session: Session, server: WmProxy, work: Work, delegation: str) -> Done:
    """Submit, or register, as the options say. Raises Failure."""
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
        start_at(session, server, job.id)
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


def start_at(session: Session, server: WmProxy, job: str) -> None:
    """Start a registered job. Raises Failure."""
    session.talk.debug("Starting the job:", job)
    try:
        server.start(job)
    except Fault as error:
        raise Failure("Operation failed", f"Unable to start the job: {job}\n{error.text}") from error


def check_room(session: Session, server: WmProxy, work: Work) -> None:
    """Whether the input sandbox may be that large; a service that does not tell its limits says so later.

    Raises Failure."""
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
