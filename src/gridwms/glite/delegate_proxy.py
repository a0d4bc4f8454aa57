"""`glite-wms-job-delegate-proxy` (gLite reference §8.3)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gridwms.glite import options
from gridwms.glite.failure import Failure, Fault
from gridwms.glite.options import Given, Option
from gridwms.glite.session import Command, Session, run
from gridwms.glite.wording import WIDTH, logged_moment, stripe

if TYPE_CHECKING:
    from gridwms.glite.wmproxy import WmProxy

NAME = "glite-wms-job-delegate-proxy"
TABLE = (
    *options.COMMON,
    options.AUTOMATIC,
    options.DELEGATION,
    options.ENDPOINT,
    Option("all", about="delegate to every service of the configuration"),
    options.OUTPUT,
    options.NOINT,
)


def check(given: Given) -> None:
    """A name, or none. Raises Failure."""
    if given.operands:
        raise Failure("Wrong Option", f"Wrong Input Argument: {given.operands[0]}")


def success(urls: Sequence[str], name: str, saved: str) -> str:
    """`name`: "" when it was generated. `saved`: the file of the result."""
    how = f"with the delegation identifier: {name}" if name else "delegation identifier was automatically generated"
    kept = f"\nThe DelegateProxy result  has been saved in the following file:\n{saved}\n" if saved else ""
    body = "Your proxy has been successfully delegated to the WMProxy(s):\n" + "".join(f"{url}\n" for url in urls)
    return f"\n{stripe(WIDTH, f'{NAME} Success')}\n\n{body}{how}\n{kept}\n{stripe(WIDTH)}\n\n"


def result_file(urls: Sequence[str], name: str, now: float) -> str:
    """What is kept of it."""
    how = f"delegation ID: {name}" if name else "delegation ID was automatically generated"
    told = "".join(f"WMProxy: {url}\n{how}\n" for url in urls)
    return f"{NAME} ({logged_moment(now)} )\n{stripe(73)}\n{told}"


def main(session: Session) -> None:
    """Let services act with the user's proxy."""
    given, talk = session.given, session.talk
    if session.user.proxy is None:
        raise Failure("Proxy File Not Found", "There is no proxy to delegate: a token is not delegated")
    from gridwms.glite.delegating import wanted

    name = wanted(session).name

    def step(server: WmProxy) -> str:
        try:
            talk.debug("WMProxy Version:", server.version())
            server.delegate(session.user, name)
        except Fault as error:
            text = f"Unable to delegate the credential to the endpoint: {server.url}\n{error.text}"
            raise Fault("Operation failed", text, elsewhere=error.elsewhere) from error
        return server.url

    every = given.has("all")
    urls = [url for url, _same in session.servers.each(step)] if every else [session.servers.first(step)]
    saved = ""
    if given.has("output"):
        from gridwms.glite.jobid_file import save

        saved = str(save(given.text("output"), result_file(urls, name, time.time()), talk) or "")
    talk.line(success(urls, name, saved))
    talk.last_words()


COMMAND = Command(NAME, TABLE, "", main, pairs=(("autm-delegation", "delegationid"), ("all", "endpoint")), check=check)


def command() -> None:
    """The console script."""
    run(COMMAND)
