"""Registering, starting and matching (gLite reference §4.3, §4.4)."""

from __future__ import annotations

from typing import Any

from gridwms.api.desk import Desk
from gridwms.api.wmproxy.common import Handler, delegation_name, structure
from gridwms.api.wmproxy.faults import NoResource
from gridwms.describe.convert.dialects import Dialect
from gridwms.describe.jdl.private import without_private
from gridwms.flow import check, stated, status, submit
from gridwms.flow.credentials import carried
from gridwms.flow.errors import NotInState, Refused
from gridwms.jobs.states import State
from gridwms.match.verdict import Candidate
from gridwms.security.policy import Action


def _register(at: Desk, text: bytes, dialect: Dialect, given: str, *, held: bool) -> dict[str, Any]:
    at.may(Action.SUBMIT)
    name = carried.choose(at.world, at.identity, _asked(at, given))
    who = at.identity
    taken = _taken(text, dialect)
    [answer] = submit.register(
        at.world,
        who.subject,
        who.vo,
        [taken],
        dialects={taken: dialect},
        fqan=who.groups[0] if who.groups else "",
        delegation=name,
        held=held,
    )
    if answer.key is None:
        raise Refused(answer.problems)
    stated.keep_original(at.world, answer.key, text)
    return {"jobIdStruct": structure(at, answer.key)}


def _asked(at: Desk, given: str) -> str | None:
    """Which delegation is meant. Whoever came with a token may have none, and goes without."""
    return given or (delegation_name(at, given) if at.identity.issuer.startswith("/") else None)


def _registering(part: str, dialect: Dialect, *, held: bool) -> Handler:
    def handler(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
        return _register(at, _text(values[part]), dialect, values["delegationId"], held=held)

    return handler


def _job_start(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    key = at.job(values["jobId"], Action.FEED)
    [view] = status.status(at.world, [key])
    if view.state is not State.SUBMITTED:
        raise NotInState(f"the job has already been started: it is {view.state}.", "Each job is started once.")
    submit.start(at.world, [key])
    return {}


def _matching(part: str, dialect: Dialect) -> Handler:
    def handler(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
        at.may(Action.CHECK)
        carried.choose(at.world, at.identity, _asked(at, values["delegationId"]))
        found = check.match(at.world, _taken(_text(values[part]), dialect), dialect, vo=at.identity.vo)
        if isinstance(found, check.CompoundAnswer):
            raise NotInState("Operation permitted only for normal job.", "'gridwms match' looks at compounds too.")
        places = [
            *((place.ce_id, _rank(place)) for place in found.candidates),
            *((place, 0) for place in found.unranked),
        ]
        if not places:
            raise NoResource("No suitable resources found.", found.summary)
        return {"CEIdAndRankList": {"file": [{"name": ce, "size": rank} for ce, rank in places]}}

    return handler


_MOST = (1 << 63) - 1


def _rank(place: Candidate) -> int:
    """A rank as the number that the interface has for it."""
    return int(max(-_MOST, min(place.rank, _MOST)))


def _taken(text: bytes, dialect: Dialect) -> bytes:
    return without_private(text) if dialect is Dialect.JDL else text


def _text(given: str | bytes) -> bytes:
    return given if isinstance(given, bytes) else given.encode()


HANDLERS: dict[str, Handler] = {
    "jobRegister": _registering("jdl", Dialect.JDL, held=True),
    "jobRegisterJSDL": _registering("jsdl", Dialect.JSDL, held=True),
    "jobSubmit": _registering("jdl", Dialect.JDL, held=False),
    "jobSubmitJSDL": _registering("jsdl", Dialect.JSDL, held=False),
    "jobStart": _job_start,
    "jobListMatch": _matching("jdl", Dialect.JDL),
    "jobListMatchJSDL": _matching("jsdl", Dialect.JSDL),
}
