"""`glite-wms-job-logging-info` (gLite reference §8.6)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gridwms.bookkeeping.event_types import type_named
from gridwms.glite import logging_text, options
from gridwms.glite.lb import LbError
from gridwms.glite.options import Given, Option
from gridwms.glite.python_session import (
    BAD_SOME,
    UiCommand,
    UiSession,
    job_ids,
    run,
    tell_file,
    write_result,
)
from gridwms.glite.python_talk import UiError

NAME = logging_text.NAME
TABLE = (
    *(one for one in options.COMMON if one is not options.VO),
    options.INPUT,
    Option("verbosity", "v", "level", "how much is told: 0 to 3"),
    Option("event", "", "name", "only events of this type", repeatable=True),
    Option("exclude", "e", "name", "no events of this type", repeatable=True),
    Option("from", "", "[MM:DD:]hh:mm[:[CC]YY]", "events after this"),
    Option("to", "", "[MM:DD:]hh:mm[:[CC]YY]", "events before this"),
    Option("user-tag", "", "name=value", "events that give the job this tag", repeatable=True),
    options.OUTPUT,
    options.NOINT,
    options.JSON,
)


def check(given: Given) -> None:
    """What goes with what. Raises UiError."""
    for first, second in (("event", "exclude"), ("json", "output")):
        if given.has(first) and given.has(second):
            raise UiError("UI_ARG_EXCLUSIVE", first, second)
    if given.operands and given.has("input"):
        raise UiError("UI_TOO_MANY_ARGS", usage=True)
    if not given.operands and not given.has("input"):
        raise UiError("UI_ARG_MISS", "jobId", usage=True)


def main(session: UiSession) -> int:
    """Print what happened to jobs."""
    given, talk = session.given, session.talk
    level = session.level("DefaultLogInfoLevel")
    wanted = [_type(name, "event") for name in given.all("event")]
    unwanted = [_type(name, "exclude") for name in given.all("exclude")]
    begin, end, tags = session.since("from"), session.since("to"), session.tags()

    def fits(event: Mapping[str, Any]) -> bool:
        kind, data = event["type"], event.get("data") or {}
        if (wanted and kind not in wanted) or kind in unwanted:
            return False
        if tags and (kind != "UserTag" or (data.get("name"), data.get("value")) not in tags):
            return False
        return (begin is None or event["timestamp"] > begin) and (end is None or event["timestamp"] < end)

    found: dict[str, list[dict[str, Any]]] = {}
    for job in job_ids(session):
        talk.debug("Job:log", job)
        try:
            found[job] = [event for event in session.lb.events(job) if fits(event)]
        except LbError as error:
            session.wrong = True
            text = f"Unable to retrieve the Job Events for: {job}\n{error}"
            talk.error(UiError("UI_GENERIC_ERROR_ON_JOB_ID", job, text))
    return _tell(session, found, level)


def _tell(session: UiSession, found: dict[str, list[dict[str, Any]]], level: int) -> int:
    talk = session.talk
    if session.given.has("json"):
        entries = [logging_text.json_entry(job, events, level) for job, events in found.items()]
        talk.line(json.dumps(entries) + "\n")
        return 0 if found else 1
    if not found:
        talk.last_words()
        return 1
    text = logging_text.whole([logging_text.job_block(job, events, level) for job, events in found.items()])
    saved = write_result(session, text) if session.given.has("output") else None
    if saved is None:
        talk.line(text)
    elif talk.log_file:
        tell_file(session, NAME, "Logging Information", saved)
    talk.last_words()
    return BAD_SOME if session.wrong else 0


def _type(name: str, option: str) -> str:
    found = type_named(name)
    if found is None:
        raise UiError("UI_ARG_MISMATCH", option)
    return found.name


COMMAND = UiCommand(NAME, TABLE, "<job id> ...", main, check)


def command() -> None:
    """The console script."""
    run(COMMAND)
