"""`glite-lb-job_reg`: register a job of another system, and print its id as a shell reads it."""

from __future__ import annotations

import os
import secrets
import sys
import time
from pathlib import Path

from gridwms.bookkeeping import jobid
from gridwms.bookkeeping.seqcode import SequenceCode, increment
from gridwms.bookkeeping.sources import source_named
from gridwms.glite.books import shared
from gridwms.glite.books.shared import Asked, Command, Option, Usage

OPTIONS = (
    shared.HELP,
    shared.SERVER,
    Option("j", "jobid", "jobid", "its id; else a new one"),
    Option("s", "source", "source", "who registers it; else UserInterface"),
    Option("n", "num_subjobs", "number", "sub-jobs that are registered with it"),
    Option("e", "seed", "text", "what the ids of sub-jobs are made of"),
    Option("C", "collection", "", "it is a collection"),
    Option("S", "dag", "", "it is a DAG"),
    Option("l", "jdl", "file", "its description"),
)


def main(asked: Asked) -> int:
    """Register it."""
    source = source_named(asked.text("source") or "UserInterface")
    if source is None:
        raise Usage(f"'{asked.text('source')}' is not a source of events")
    try:
        count = int(asked.text("num_subjobs") or 0)
        job = jobid.parse(asked.text("jobid")) if asked.has("jobid") else _new(shared.server_named(asked))
        jdl = Path(asked.text("jdl")).read_text("utf-8") if asked.has("jdl") else "[]"
    except (ValueError, jobid.BadId, OSError) as error:
        raise Usage(str(error)) from error
    kind = "COLLECTION" if asked.has("collection") else "DAG" if count or asked.has("dag") else "SIMPLE"
    code = SequenceCode()
    values = {"jdl": jdl, "ns": "", "jobtype": kind} | ({"nsubjobs": str(count)} if count else {})
    values |= {"seed": asked.text("seed")} if asked.has("seed") else {}
    lines = [shared.line_of(str(job), "RegJob", values, source, str(code))]
    children = list(jobid.sub_jobs(job, count, asked.text("seed")))
    below = {"jdl": "[]", "ns": "", "jobtype": "SIMPLE", "parent": str(job)}
    lines += [shared.line_of(str(child), "RegJob", below, source, str(code)) for child in children]
    server = shared.destination_of(str(job))
    lb = shared.books(shared.me(), server if asked.has("server") else "")
    try:
        if shared.log_lines(lb, server, lines):
            return 1
    finally:
        lb.close()
    sys.stdout.write(f'new jobid: {job}\n\nEDG_JOBID="{job}"\nEDG_WL_SEQUENCE="{increment(code, source)}"\n')
    for at, child in enumerate(children):
        sys.stdout.write(f'EDG_WL_SUB_JOBID[{at}]="{child}"\n')
    return 0


def _new(server: str) -> jobid.JobId:
    host, _, port = server.rpartition(":")
    return jobid.new_job_id(host, int(port), os.getpid(), time.time_ns() // 1000, secrets.randbits(63))


COMMAND = Command("glite-lb-job_reg", OPTIONS, "", main)


def command() -> None:
    """The console script."""
    shared.run(COMMAND)
