"""`glite-wms-job-status` (gLite reference §8.5)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from gridwms.bookkeeping.states import state_named
from gridwms.glite import options, status_text
from gridwms.glite.jobids import server_of
from gridwms.glite.lb import LbError
from gridwms.glite.options import Given, Option
from gridwms.glite.python_session import (
    BAD_SOME,
    UiCommand,
    UiSession,
    given_ids,
    job_ids,
    lb_servers,
    run,
    tell_file,
    write_result,
)
from gridwms.glite.python_talk import UiError
from gridwms.glite.status_text import Shown
from gridwms.glite.wording import WIDTH, stripe

NAME = "glite-wms-job-status"
TABLE = (
    *options.COMMON,
    options.INPUT,
    Option("all", about="all jobs of mine"),
    Option("verbosity", "v", "level", "how much is told: 0 to 3"),
    Option("from", "", "[MM:DD:]hh:mm[:[CC]YY]", "jobs submitted after this"),
    Option("to", "", "[MM:DD:]hh:mm[:[CC]YY]", "jobs submitted before this"),
    Option("user-tag", "", "name=value", "jobs with this tag", repeatable=True),
    Option("status", "s", "state", "jobs in this state", repeatable=True),
    Option("exclude", "e", "state", "jobs not in this state", repeatable=True),
    options.OUTPUT,
    options.NOINT,
    Option("nonodes", about="of compound jobs the parent only"),
    options.JSON,
)
_QUERY = ("all", "from", "to", "user-tag", "status", "exclude")
_WRONG_FORM = "JOBID CONTAINS WRONG FORMAT: SHOULD BE https://<host>:<tcpport>/<ID>"


def check(given: Given) -> None:
    """What goes with what. Raises UiError."""
    for first, second in (("status", "exclude"), ("input", "all"), ("vo", "config"), ("json", "output")):
        if given.has(first) and given.has(second):
            raise UiError("UI_ARG_EXCLUSIVE", first, second)
    if given.operands and (given.has("all") or given.has("input")):
        raise UiError("UI_TOO_MANY_ARGS", usage=True)
    if not given.operands and not given.has("input") and not any(given.has(name) for name in _QUERY):
        raise UiError("UI_ARG_MISS", "jobId", usage=True)


def main(session: UiSession) -> int:
    """Tell how jobs are."""
    given = session.given
    level = session.level("DefaultStatusLevel")
    answers: dict[str, str] = {}
    shown: list[Shown] = []
    if given.has("json"):
        ids = _sorted_out(session, answers)
    else:
        ids = job_ids(session) if given.operands or given.has("input") else []
    if any(given.has(name) for name in _QUERY):
        ids = _asked(session, ids)
    for job in ids:
        try:
            shown.append(_read(session, job, level))
        except LbError as error:
            answers[job] = _json_error(error)
            session.wrong = session.wrong or not given.has("json")
            if not given.has("json"):
                session.talk.line(f"*** Warning: Unable to retrieve the status for: {job}\n\n{error}\n\n")
    if given.has("json"):
        return _tell_json(session, shown, answers, level)
    return _tell(session, shown, level)


def _sorted_out(session: UiSession, answers: dict[str, str]) -> list[str]:
    """For programs every id has an answer: also one that is none."""
    from gridwms.glite.jobids import is_job_id

    ids, _remarks = given_ids(session.given)
    for one in dict.fromkeys(ids):
        if not is_job_id(one):
            answers[one] = _WRONG_FORM
    return [one for one in dict.fromkeys(ids) if one not in answers]


def _asked(session: UiSession, ids: Sequence[str]) -> list[str]:
    """The jobs for which the conditions of the options hold, of these or of all that the servers know."""
    servers = list(dict.fromkeys(server_of(job) for job in ids)) or lb_servers(session.settings)
    if not servers:
        raise UiError("LB_API_OPEN_ALL")
    quiet = session.talk.quiet
    if not quiet:
        session.talk.line("\n*** LB APPROACH\n")
    conditions = _conditions(session)
    found: list[str] = []
    answered = False
    for server in servers:
        if not quiet:
            session.talk.line(
                f"\nRetrieving Information from LB server {server}\n"
                "Please wait: this operation could take some seconds.\n"
            )
        session.talk.debug("Query", server, conditions)
        try:
            told = session.lb.query(server, conditions)
            mine = {one["id"] for one in told}
            # Nodes are told with their parents.
            found += [str(one["id"]) for one in told if ids or one.get("parent") not in mine]
            answered = True
        except LbError as error:
            session.talk.line("" if quiet else f"*** Warning: Unable to query the LB server: {server}\n\n{error}\n\n")
    if not answered:
        raise UiError("LB_API_OPEN_ALL")
    if not ids:
        return list(dict.fromkeys(found))
    for job in ids:
        if job not in found and not quiet:
            session.talk.line(f"Warning: no matching information for job id: {job}\n")
    return [job for job in ids if job in found]


def _conditions(session: UiSession) -> str:
    """In the query language of L&B."""
    given = session.given
    parts = []
    if session.user.subject:
        parts.append(f"owner={quote(session.user.subject, safe='')}")
    wanted = [_state(name, "status") for name in given.all("status")]
    if wanted:
        parts.append("status=" + "|=".join(wanted))
    parts += [f"status<>{_state(name, 'exclude')}" for name in given.all("exclude")]
    for name, sign in (("from", ">"), ("to", "<")):
        if (when := session.since(name)) is not None:
            parts.append(f"time(submitted){sign}{int(when)}")
    parts += [f"usertag({quote(name, safe='')})={quote(value, safe='')}" for name, value in session.tags()]
    return "&".join(parts)


def _state(name: str, option: str) -> str:
    found = state_named(name)
    if found is None:
        raise UiError("UI_ARG_MISMATCH", option)
    return found.name.lower()


def _read(session: UiSession, job: str, level: int) -> Shown:
    """A job and its nodes. Raises LbError."""
    nodes = not session.given.has("nonodes")
    session.talk.debug("Job:getStatus", job, level)
    data = session.lb.status(job, "childstat" if nodes else "")
    shown = _shown(session, data, level)
    if nodes:
        shown.nodes = list(_nodes(session, data, level))
    return shown


def _shown(session: UiSession, data: dict[str, Any], level: int, name: str = "") -> Shown:
    reasons: list[str] = []
    if level and status_text.wants_reasons(data):
        events = session.lb.events(str(data["jobId"]))
        reasons = [str(reason) for one in events if one["type"] == "Done" and (reason := one["data"].get("reason"))]
    return Shown(data, reasons, name)


def _nodes(session: UiSession, parent: dict[str, Any], level: int) -> Iterator[Shown]:
    from gridwms.glite.description import node_name
    from gridwms.glite.record import node_ids

    ids = node_ids(session.lb, str(parent["jobId"]), parent)
    if not level:
        yield from (Shown(one) for one in parent.get("children_states") or ())
        return
    for job in ids:
        data = session.lb.status(job)
        yield _shown(session, data, level, node_name(str(data.get("jdl") or "")))


def _tell(session: UiSession, shown: Sequence[Shown], level: int) -> int:
    given, talk = session.given, session.talk
    text = "".join(status_text.job_block(one, level) for one in shown)
    if level == 0 and shown:
        text += f"{stripe(WIDTH)}\n\n"
    if not shown:
        if not given.operands and not given.has("input"):
            raise UiError("UI_NO_JOBID")
        talk.last_words()
        return 1
    saved = write_result(session, text) if given.has("output") else None
    if saved is None:
        talk.line(text)
    elif talk.log_file:
        tell_file(session, NAME, "Bookkeeping information", saved)
    talk.last_words()
    return BAD_SOME if session.wrong else 0


def _tell_json(session: UiSession, shown: Sequence[Shown], answers: dict[str, str], level: int) -> int:
    entries: dict[str, Any] = {}

    def add(one: Shown) -> None:
        entries[one.id] = status_text.json_entry(one, level)
        for node in one.nodes:
            add(node)

    for one in shown:
        add(one)
    entries |= answers
    parts = ['"result": "success"' if shown else '"result": "failure"']
    parts += [f"{json.dumps(job)}: {json.dumps(entry)}" for job, entry in entries.items()]
    session.talk.line("{ " + " , ".join(parts) + " }\n")
    return 0 if shown else 1


def _json_error(error: LbError) -> str:
    match error.kind:
        case "ENOENT" | "EIDRM" | "EPERM":
            return "JOB NOT FOUND"
        case "ETIMEDOUT":
            return "JOBID CONTAINS WRONG ENDPOINT OR ENDPOINT CANNOT BE CONTACTED (CONNECTION TIMEOUT)"
        case "ECONNREFUSED" if "refused" in str(error).lower():
            return "JOBID CONTAINS WRONG ENDPOINT OR ENDPOINT CANNOT BE CONTACTED (CONNECTION REFUSED)"
        case "ECONNREFUSED" | "GSI":
            return "JOBID CONTAINS WRONG ENDPOINT OR ENDPOINT CANNOT BE CONTACTED"
    return "BAD ARGUMENT"


COMMAND = UiCommand(NAME, TABLE, "<job id> ...", main, check)


def command() -> None:
    """The console script."""
    run(COMMAND)
