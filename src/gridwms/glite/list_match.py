"""`glite-wms-job-list-match` (gLite reference §8.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gridwms.glite import options
from gridwms.glite.documents import write
from gridwms.glite.failure import Failure, Fault
from gridwms.glite.options import Given, Option
from gridwms.glite.session import Command, Session, run
from gridwms.glite.submit import vo_in
from gridwms.glite.wording import WIDTH, stripe

if TYPE_CHECKING:
    from gridwms.glite.wmproxy import WmProxy

TABLE = (
    *options.COMMON,
    options.AUTOMATIC,
    options.DELEGATION,
    options.ENDPOINT,
    Option("rank", about="print the ranks too"),
    Option("default-jdl", "", "file", "attributes for descriptions that lack them"),
    options.OUTPUT,
    options.NOINT,
    options.JSON,
    options.PRETTY,
)
_HEAD = (
    f"{stripe(WIDTH)}\n\n\t\t     COMPUTING ELEMENT IDs LIST \n"
    " The following CE(s) matching your job requirements have been found:\n\n"
)
_RANK_AT = 65
Found = Sequence[tuple[str, int]]


def listing(found: Found, *, rank: bool) -> str:
    """The elements as they are printed."""
    if not rank:
        lines = "".join(f" - {ce}\n" for ce, _rank in found)
        return f"{_HEAD}\t*CEId*\n{lines}\n{stripe(WIDTH)}\n\n"
    # An id that is too long is followed by a blank, where the original ran it into the rank.
    lines = "".join(f" - {ce.ljust(_RANK_AT) if len(ce) < _RANK_AT else f'{ce} '}{number}\n" for ce, number in found)
    return f"{_HEAD}\t*CEId*{' ' * 51}*Rank*\n\n{lines}\n{stripe(WIDTH)}\n\n"


def nothing() -> str:
    """What is printed when there is none."""
    banner = stripe(WIDTH, "glite-wms-job-list-match failure")
    text = "No Computing Element matching your job requirements has been found!"
    return f"{banner}\n{text}\n{stripe(WIDTH)}\n"


def document(found: Found, *, rank: bool) -> dict[str, Any]:
    """The same for programs."""
    data: dict[str, Any] = {"result": "success", "ceid": [ce for ce, _rank in found]}
    return data | ({"rank": [number for _ce, number in found]} if rank else {})


def check(given: Given) -> None:
    """One description, the last of all. Raises Failure."""
    if not given.operands:
        raise Failure("Wrong Option", "The last argument must be a JDL file")
    if len(given.operands) > 1:
        raise Failure("Wrong Option", f"Wrong Input Argument: {given.operands[0]}")


def main(session: Session) -> None:
    """Where could it run?"""
    from gridwms.glite.delegating import at_service, wanted
    from gridwms.glite.jobid_file import ask_to_overwrite

    given, talk = session.given, session.talk
    if given.has("output"):
        ask_to_overwrite(given.text("output"), talk)
    delegation = wanted(session)
    text = _text(session)

    def step(server: WmProxy) -> Found:
        talk.debug("WMProxy Version:", server.version())
        return _ask(server, text, at_service(session, server, delegation))

    found = session.servers.first(step)
    _tell(session, found)


def _ask(server: WmProxy, text: str, delegation: str) -> Found:
    try:
        return server.matching(text, delegation)
    except Fault as error:
        if error.kind == "NoSuitableResourcesFault":
            return []
        raise Fault(
            "Operation failed", f"Unable to perform the operation: {error.text}", elsewhere=error.elsewhere
        ) from error


def _text(session: Session) -> str:
    from gridwms.glite import description
    from gridwms.glite.defaults import completed

    prepared = completed(session, description.read_file(session.given.operands[0]))
    if prepared.kind in ("dag", "collection"):
        kind = "DAG" if prepared.kind == "dag" else "Collection"
        raise Failure("Not supported Type", f"{kind} type is not supported for list match")
    if "SubmitTo" in prepared.ad:
        raise Failure("submitTo", "Forcing CEId for job-list-match does not make sense")
    session.talk.debug("JDL", f"\n{prepared.text}")
    return prepared.text


def _tell(session: Session, found: Found) -> None:
    from gridwms.glite.jobid_file import save

    given, talk = session.given, session.talk
    rank = given.has("rank")
    if session.json or session.pretty:
        talk.line(write(document(found, rank=rank), json=session.json, pretty=session.pretty, spaced=True))
        return
    text = listing(found, rank=rank) if found else nothing()
    saved = save(given.text("output"), text, talk) if given.has("output") and found else None
    if saved is None:
        talk.line(text)
    else:
        banner = stripe(84, "glite-wms-job-list-match success")
        sentence = "Computing Element(s) matching your job requirements have been stored in the file:"
        talk.line(f"\n{banner}\n\n{sentence}\n{saved}\n\n{stripe(84)}\n\n")
    talk.last_words()


COMMAND = Command(
    "glite-wms-job-list-match",
    TABLE,
    "<jdl file>",
    main,
    pairs=(("autm-delegation", "delegationid"), ("json", "output")),
    check=check,
    vo_in=vo_in,
)


def command() -> None:
    """The console script."""
    run(COMMAND)
