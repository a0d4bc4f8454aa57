"""`glite-lb-logevent`: log an event of a job, and print the sequence code that goes on with the job."""

from __future__ import annotations

import os
import sys

from gridwms.bookkeeping.event_types import EVENT_TYPES, type_named
from gridwms.bookkeeping.seqcode import SequenceCode, increment, parse_or_none
from gridwms.bookkeeping.sources import source_named
from gridwms.glite.books import shared
from gridwms.glite.books.shared import Asked, Command, Option, Usage

_ATTRIBUTES = sorted({one.name for kind in EVENT_TYPES.values() for one in kind.fields})
OPTIONS = (
    shared.HELP,
    Option("s", "source", "source", "who saw it: UserInterface, LRMS, Application, ..."),
    Option("e", "event", "type", "RegJob, Running, UserTag, ..."),
    Option("j", "jobid", "jobid", "the job; else GLITE_WMS_JOBID"),
    Option("c", "sequence", "code", "the code that came with the job; else GLITE_WMS_SEQUENCE_CODE"),
    Option("n", "node", "host", "where; also the attribute of that name"),
    Option("p", "priority", "", "accepted: every event is on disk when the command ends"),
    Option("x", "lbproxy", "", "accepted: there is no proxy beside the service"),
)


def main(asked: Asked) -> int:
    """Log it."""
    job = asked.text("jobid") or _environment("GLITE_WMS_JOBID", "EDG_JOBID")
    kind, source = type_named(asked.text("event")), source_named(asked.text("source"))
    if not job:
        raise Usage("name the job: -j jobid")
    if kind is None or source is None:
        wrong = f"'{asked.text('event')}' is not the type of an event"
        raise Usage(wrong if kind is None else f"'{asked.text('source')}' is not a source of events")
    text = asked.text("sequence") or _environment("GLITE_WMS_SEQUENCE_CODE", "EDG_WL_SEQUENCE")
    code = parse_or_none(text) if text else SequenceCode()
    if code is None:
        raise Usage(f"'{text}' is no sequence code")
    names = {one.name for one in kind.fields}
    own = {one.name for one in OPTIONS} - {"node"}
    values = {name: value for name, value in asked.values.items() if name not in own}
    host = values.get("node", "") if "node" in names else values.pop("node", "")
    server = shared.destination_of(job)
    line = shared.line_of(job, kind.name, values, source, str(code), host)
    lb = shared.books(shared.me())
    try:
        if shared.log_lines(lb, server, [line]):
            return 1
    finally:
        lb.close()
    sys.stdout.write(f"{increment(code, source)}\n")
    return 0


def _environment(*names: str) -> str:
    return next((os.environ[name] for name in names if os.environ.get(name)), "")


COMMAND = Command("glite-lb-logevent", OPTIONS, "[--attribute value ...]", main, _ATTRIBUTES)


def command() -> None:
    """The console script."""
    shared.run(COMMAND)
