"""`glite-wms-job-cancel` (gLite reference §8.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gridwms.glite import options
from gridwms.glite.documents import write
from gridwms.glite.failure import Ended, Failure
from gridwms.glite.job_arguments import given_jobs, one_source
from gridwms.glite.session import Command, Session, run
from gridwms.glite.wording import WIDTH, stripe

if TYPE_CHECKING:
    from gridwms.glite.record import Record

NAME = "glite-wms-job-cancel"
TABLE = (
    *options.COMMON,
    options.INPUT,
    options.OUTPUT,
    options.NOINT,
    options.JSON,
    options.PRETTY,
)
_WIDTH = 88
_ALLOWED = frozenset({"Submitted", "Waiting", "Ready", "Scheduled", "Running", "Unknown"})


def success(jobs: Sequence[str]) -> str:
    """What is printed for jobs whose end was asked for."""
    from gridwms.glite.jobid_file import listed

    text = "The cancellation request has been successfully submitted for the following job(s):"
    return f"\n{stripe(_WIDTH, f'{NAME} Success')}\n\n{text}\n\n{listed(jobs)}\n\n{stripe(_WIDTH)}\n\n"


def main(session: Session) -> None:
    """Ask for the end of jobs."""
    from gridwms.glite.jobid_file import ask_to_overwrite

    given, talk = session.given, session.talk
    jobs = given_jobs(given, talk)
    if given.has("output"):
        ask_to_overwrite(given.text("output"), talk)
    if not talk.ask("Are you sure you want to remove specified job(s)", default=True):
        raise Ended(1, "bye")
    done: dict[str, str] = {}
    for job in jobs:
        try:
            done[job] = _cancel(session, job)
        except Failure as error:
            if len(jobs) == 1:
                raise
            talk.warning(f"Not allowed to cancel the job:\n{job}", error.text)
    if not done:
        raise Failure("Operation Failed", "Unable to cancel any job")
    _tell(session, done)


def _cancel(session: Session, job: str) -> str:
    """The service that was asked. Raises Failure."""
    from gridwms.glite.record import read_record, server_for

    record = read_record(session, job)
    if not _may(record):
        raise Failure("Cancel not allowed", f"Current Job Status is {record.state_text}")
    server = server_for(session, record)
    server.cancel(job)
    return server.url


def _may(record: Record) -> bool:
    return record.state in _ALLOWED or record.done_code == "FAILED"


def _tell(session: Session, done: dict[str, str]) -> None:
    from gridwms.glite.jobid_file import save

    given, talk = session.given, session.talk
    if session.json or session.pretty:
        jobs = {job: {"endpoint": url, "status": "cancel requested"} for job, url in done.items()}
        data: dict[str, Any] = {"result": "success", "jobs": jobs}
        talk.line(write(data, json=session.json, pretty=session.pretty, spaced=True))
        return
    text = success(list(done))
    saved = save(given.text("output"), text, talk) if given.has("output") else None
    if saved is None:
        talk.line(text)
    else:
        sentence = "Cancellation results for the specified job(s) are stored in the file:"
        talk.line(f"\n{stripe(WIDTH, f'{NAME} Success')}\n\n{sentence}\n{saved}\n\n{stripe(WIDTH)}\n\n")
    talk.last_words()


COMMAND = Command(NAME, TABLE, "<job id> ...", main, pairs=(("json", "output"),), check=one_source)


def command() -> None:
    """The console script."""
    run(COMMAND)
