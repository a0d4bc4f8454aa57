"""`glite-wms-job-info` (gLite reference §8.4)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gridwms.glite import options
from gridwms.glite.failure import Failure, Fault
from gridwms.glite.job_arguments import given_job, one_source
from gridwms.glite.options import Given, Option
from gridwms.glite.proxy_text import proxy_text
from gridwms.glite.session import Command, Session, run
from gridwms.glite.wording import WIDTH, stripe

if TYPE_CHECKING:
    from gridwms.glite.wmproxy import WmProxy

NAME = "glite-wms-job-info"
TABLE = (
    *options.COMMON,
    Option("jdl", about="the description as the service has registered it"),
    Option("jdl-original", "j", "", "the description as it was sent"),
    Option("proxy", "p", "", "the proxy of the job"),
    Option("delegationid", "d", "id", "the proxy that was delegated under this name"),
    options.ENDPOINT,
    options.INPUT,
    options.OUTPUT,
    options.NOINT,
)
_KINDS = ("jdl", "jdl-original", "proxy", "delegationid")


def check(given: Given) -> None:
    """One question, about one job or one delegation. Raises Failure."""
    asked = [name for name in _KINDS if given.has(name)]
    if len(asked) != 1:
        words = ", ".join(one.words for one in TABLE if one.name in _KINDS)
        raise Failure("Input Option Error", f"exactly one of these options must be specified: {words}")
    if asked == ["delegationid"]:
        if given.operands or given.has("input"):
            raise Failure("Wrong Option", "--delegationid, -d takes no JobId")
        return
    one_source(given)


def body_of(jdl: str) -> str:
    """A description, one attribute a line, `; ` after all but the last."""
    from gridwms.classad import ClassAdSyntaxError, parse_ad, unparse

    try:
        ad = parse_ad(jdl, jdl=True)
    except (ClassAdSyntaxError, RecursionError):
        return f" {jdl.strip()}\n"
    lines = [f"  {name} = {unparse(ad[name])}" for name in ad]
    return " [\n" + "; \n".join(lines) + "\n ]\n"


def main(session: Session) -> None:
    """Tell what a service knows of a job or of a delegation."""
    given, talk = session.given, session.talk
    try:
        text = _delegation(session) if given.has("delegationid") else _of_job(session)
    except Fault as error:
        talk.line(f"\n{stripe(WIDTH, f'{NAME} Failure')}\n\n{error.title}\n\n{stripe(WIDTH)}\n")
        raise Failure("Operation failed", f"{error.title}\n{error.text}") from error
    kept = ""
    if given.has("output"):
        from gridwms.glite.jobid_file import save

        if path := save(given.text("output"), text, talk):
            kept = f"\nThe JobInfo result  has been saved in the following file:\n{path}\n"
    talk.line(f"\n{stripe(WIDTH, f'{NAME} Success')}\n\n{text}{kept}\n{stripe(WIDTH)}\n")
    talk.last_words()


def _delegation(session: Session) -> str:
    name = session.given.text("delegationid")

    def step(server: WmProxy) -> str:
        try:
            told = server.delegated_proxy(name)
        except Fault as error:
            title = f"Unable to retrieve information on your proxy with delegationId: {name}"
            raise Fault(title, error.text, elsewhere=error.elsewhere) from error
        head = f"Your proxy delegated to the endpoint {server.url}\nwith delegationID {name}: \n\n"
        return head + proxy_text(told, time.time())

    return session.servers.first(step)


def _of_job(session: Session) -> str:
    from gridwms.glite.record import read_record, server_for

    given = session.given
    job = given_job(given, session.talk)
    record = read_record(session, job)
    if record.parent and not given.has("proxy"):
        text = f"The operation getJDL is not supported for DAG/Collection nodes, please check the jobid: \n{job}"
        raise Failure("Operation not allowed", text)
    server = server_for(session, record)
    if given.has("proxy"):
        try:
            told = server.job_proxy(job)
        except Fault as error:
            raise Fault(f"Unable to retrieve information on the proxy for the job: {job}", error.text) from error
        head = f"Your proxy delegated to the endpoint {server.url}\n for the job {job} :\n\n"
        return head + proxy_text(told, time.time())
    original = given.has("jdl-original")
    try:
        jdl = server.jdl(job, "ORIGINAL" if original else "REGISTERED")
    except Fault as error:
        what = "the Original JDL of  the job" if original else "the Registered JDL of the job"
        raise Fault(f"Unable to retrieve information on {what}: {job}", error.text) from error
    return f"The {'original' if original else 'registered'} JDL\n for the job {job} :\n\n{body_of(jdl)}"


COMMAND = Command(NAME, TABLE, "[<job id>]", main, check=check)


def command() -> None:
    """The console script."""
    run(COMMAND)
