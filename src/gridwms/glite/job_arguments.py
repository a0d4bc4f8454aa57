"""The ids that a command is given: by hand or in a file, all of one form, chosen in a menu (gLite reference §8.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridwms.glite.failure import Ended, Failure
from gridwms.glite.jobid_file import read_items
from gridwms.glite.jobids import is_job_id, once
from gridwms.glite.menu import choose_many, choose_one

if TYPE_CHECKING:
    from gridwms.glite.options import Given
    from gridwms.glite.talk import Talk


def one_source(given: Given) -> None:
    """Ids come from a file or from the line. Raises Failure."""
    if given.has("input") and given.operands:
        text = f"Wrong Input Argument: {given.operands[0]}\n(job ids stand in the file of --input, -i)"
        raise Failure("Wrong Option", text)
    if not given.has("input") and not given.operands:
        raise Failure("Wrong Option", "Last argument of the command must be a JobId, or a file of them by --input, -i")


def given_jobs(given: Given, talk: Talk) -> list[str]:
    """The jobs that are meant, each once. Raises Failure, or Ended when the user gives up."""
    ids, remarks = read_items(given.text("input")) if given.has("input") else (once(given.operands), [])
    if not ids:
        raise Failure("Wrong Input Value", f"no valid JobId in the file: {given.text('input')}")
    good = _well_formed(ids, talk)
    if len(good) > 1 and not talk.noint:
        return choose_many(good, talk.line, talk.answer, remarks, mixed=False)
    return good


def given_job(given: Given, talk: Talk) -> str:
    """The one job that is meant. Raises as `given_jobs`."""
    if len(given.operands) > 1:
        raise Failure("Wrong Option", "Too many arguments: this command takes one JobId")
    ids, remarks = read_items(given.text("input")) if given.has("input") else (once(given.operands), [])
    if not ids:
        raise Failure("Wrong Input Value", f"no valid JobId in the file: {given.text('input')}")
    good = _well_formed(ids, talk)
    if len(good) > 1 and not talk.noint:
        return choose_one(good, talk.line, talk.answer, "jobId", remarks)
    return good[0]


def _well_formed(ids: list[str], talk: Talk) -> list[str]:
    good = [one for one in ids if is_job_id(one)]
    bad = [one for one in ids if not is_job_id(one)]
    if bad and not good:
        text = "all parsed jobids in bad format"
        raise Failure("Wrong Input Value", text if len(bad) > 1 else f"{text}: {bad[0]}")
    if bad:
        talk.warning("Wrong JobId(s)", "bad format for the following jobid(s) :\n" + "\n".join(bad))
        if not talk.ask("Do you wish to continue ?", default=True):
            raise Ended(0, "bye")
    return good
