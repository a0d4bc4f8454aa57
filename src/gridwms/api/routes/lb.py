"""The HTTP side of an L&B server: the job's own address, the user's jobs, queries (gLite reference §6.11).

`?text` asks for lines key=value; without it browsers get a page, and others the lines too.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Awaitable, Callable
from urllib.parse import quote, unquote, urlsplit

from anyio import to_thread
from fastapi import APIRouter, HTTPException, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from gridwms.api import html, pages
from gridwms.api.desk import Desk, desk
from gridwms.api.lb_errors import LbError, no_jobs, purged, translated
from gridwms.api.lb_questions import find_all, one_job
from gridwms.api.routes.lb_soap import wsdl
from gridwms.bookkeeping.jobid import UNIQUE_LENGTH
from gridwms.bookkeeping.query.attributes import Subject
from gridwms.bookkeeping.query.errors import QueryError
from gridwms.bookkeeping.query.flags import parse_flags
from gridwms.bookkeeping.query.url import parse_query
from gridwms.bookkeeping.states import StateCode
from gridwms.bookkeeping.text_view import job_text, jobs_text, notifications_text, state_text
from gridwms.flow import subscriptions
from gridwms.flow.bookkeeping import show
from gridwms.flow.bookkeeping.named import Named
from gridwms.flow.bookkeeping.search import HARD_LIMIT, Found
from gridwms.flow.errors import FlowError, NotFound
from gridwms.security.errors import NotIdentified, SecurityError
from gridwms.security.policy import Action, OneSubscription
from gridwms.store import search as counts
from gridwms.store.subscriptions import Subscription

router = APIRouter(include_in_schema=False)
_UNIQUE = re.compile(rf"[A-Za-z0-9_-]{{{UNIQUE_LENGTH}}}")
_PLAIN = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
_FRONT = (
    "This is a gridwms service.\n\n"
    "  gridwms --help     the command line\n"
    "  /docs              the REST interface\n"
    "  /jobs/<key>        a job\n"
    "  /?text             your jobs\n"
)


@router.get("/")
async def front(request: Request) -> Response:
    """What stands behind this address; to users that are known, and to whoever asks for something, as an L&B server."""
    asked = _Asked(request.url.query)
    if "wsdl" in asked.words:
        return wsdl(f"{_base(request)}/")
    if asked.words & {"version", "configuration"}:
        return PlainTextResponse(_about(request, asked), headers=_PLAIN)

    async def answer(at: Desk) -> Response:
        if "stats" in asked.words:
            return PlainTextResponse(await to_thread.run_sync(_stats, at), headers=_PLAIN)
        found = await to_thread.run_sync(_jobs, at, asked.query)
        if asked.wants_page(request):
            rows = [(one.status.job_id, state_text(one.status), one.status.reason or "") for one in found]
            page = html.jobs_page(at.identity.known_as, rows, asked.query or "")
            return HTMLResponse(page, headers=pages.HTML)
        ids = [one.status.job_id for one in found]
        return PlainTextResponse(jobs_text(at.identity.known_as, ids), headers=_PLAIN)

    if not asked.something and not asked.wants_page(request):
        return PlainTextResponse(_FRONT)
    try:
        return await _answered(request, asked, answer)
    except NotIdentified:
        return PlainTextResponse(_FRONT)


@router.get("/NOTIF")
async def notifications(request: Request) -> Response:
    """The notifications that the caller has registered for."""
    asked = _Asked(request.url.query)

    async def answer(at: Desk) -> Response:
        owner = await to_thread.run_sync(at.whose, "", Action.LIST)
        found = await to_thread.run_sync(subscriptions.of_owner, at.world, owner)
        ids = [f"{_base(request)}/NOTIF:{one.key}" for one in found]
        if asked.wants_page(request):
            return HTMLResponse(html.notifications_page(at.identity.known_as, ids), headers=pages.HTML)
        return PlainTextResponse(notifications_text(ids), headers=_PLAIN)

    return await _answered(request, asked, answer, login=True)


@router.get("/{unique}")
async def record(request: Request, unique: str) -> Response:
    """What an L&B server keeps under this address: a job, or a notification."""
    asked = _Asked(request.url.query)
    if unique.startswith("NOTIF:"):
        return await _answered(request, asked, lambda at: _notification(request, at, unique[6:]), login=True)
    if not _UNIQUE.fullmatch(unique):
        raise HTTPException(404, "nothing is there")

    async def answer(at: Desk) -> Response:
        flags = parse_flags(asked.flags)
        found = await to_thread.run_sync(_named, request, at, unique)
        if found.key and asked.wants_page(request):
            return RedirectResponse(f"/jobs/{found.key}", 303)
        known = await to_thread.run_sync(show.status, at.world, found, flags)
        if known.state is StateCode.PURGED:
            raise purged(found.id)
        if asked.wants_page(request):
            events = await to_thread.run_sync(show.events, at.world, found)
            return HTMLResponse(html.lb_page(known, events, at.identity.known_as), headers=pages.HTML)
        return PlainTextResponse(job_text(known), headers=_PLAIN)

    return await _answered(request, asked, answer, login=True)


class _Asked:
    """What stands behind the question mark. Conditions have signs of their own between them, so it is taken apart by
    hand: `query=status=running&lastupdatetime>past100&flags=childstat&text`."""

    def __init__(self, raw: str) -> None:
        parts = [part for part in raw.replace("?text", "&text").split("&") if part]
        self.words = {part.lower() for part in parts if part.isalpha()}
        self.flags = unquote(next((part[6:] for part in parts if part.startswith("flags=")), ""))
        self.query: str | None = None
        begin = next((at for at, part in enumerate(parts) if part.startswith("query=")), None)
        if begin is not None:
            rest = [part for part in parts[begin:] if part.lower() != "text" and not part.startswith("flags=")]
            self.query = "&".join(rest)[len("query=") :]

    @property
    def something(self) -> bool:
        """Whether more is wanted than to know what is here."""
        return self.query is not None or bool(self.words & {"text", "all", "foreign", "stats"})

    def wants_page(self, request: Request) -> bool:
        """Whether the answer is for a person with a browser."""
        return "text" not in self.words and pages.form_of(request.headers.get("accept", "")) == "html"


async def _answered(
    request: Request, asked: _Asked, answer: Callable[[Desk], Awaitable[Response]], *, login: bool = False
) -> Response:
    """The answer to one who is known, errors in L&B's words. `login`: a browser of somebody unknown may log in; else
    NotIdentified is raised for it."""
    try:
        try:
            return await answer(await desk(request))
        except (FlowError, SecurityError, QueryError) as error:
            if isinstance(error, NotIdentified) and asked.wants_page(request):
                if login:
                    key = request.path_params.get("unique", "")
                    return RedirectResponse(f"/login?to={quote(key, safe='')}", 303)
                raise
            raise translated(error) from error
    except LbError as error:
        headers = _PLAIN | ({"WWW-Authenticate": 'Bearer realm="gridwms"'} if error.status == 401 else {})
        if asked.wants_page(request):
            return HTMLResponse(html.error_page(error.phrase, error.description), error.status, pages.HTML | headers)
        return PlainTextResponse(error.page, error.status, headers)


def _base(request: Request) -> str:
    """The address under which this was asked for."""
    return f"{request.url.scheme}://{request.url.netloc}"


def _named(request: Request, at: Desk, unique: str) -> Named:
    """The job that the last part of an address names: at the address that was asked, or at the service's own."""
    tried = dict.fromkeys((request.url.netloc, urlsplit(at.world.settings.base_url).netloc))
    failed: LbError | None = None
    for address in tried:
        try:
            return one_job(at, f"https://{address}/{unique}")
        except LbError as error:
            failed = failed or error
    raise failed or no_jobs()


def _jobs(at: Desk, query: str | None) -> list[Found]:
    """Those that a query asks for, all of the caller's without one."""
    return find_all(at, parse_query(query, int(at.world.clock()), Subject.JOBS) if query else None)


async def _notification(request: Request, at: Desk, key: str) -> Response:
    def find() -> Subscription:
        found = subscriptions.get(at.world, key)
        at.may(Action.MANAGE, OneSubscription(key=found.key, owner=found.owner))
        return found

    try:
        found = await to_thread.run_sync(find)
    except NotFound:
        raise LbError(404, errno.ENOENT, "No such file or directory", "no such notification") from None
    facts = {
        "Notification": f"{_base(request)}/NOTIF:{found.key}",
        "destination": found.target,
        "valid_until": str(int(found.expires_at)),
        "conditions": "&".join(f"{name}={value}" for name, value in found.interest.pairs()),
    }
    return PlainTextResponse("".join(f"{name}={value}\n" for name, value in facts.items()), headers=_PLAIN)


def _about(request: Request, asked: _Asked) -> str:
    settings = request.app.state.settings
    facts = {"Server_version": f"gridwms {settings.version}"}
    if "configuration" in asked.words:
        facts |= {"Server_address": urlsplit(settings.url).netloc, "Query_limit": str(HARD_LIMIT)}
    return "".join(f"{name}={value}\n" for name, value in facts.items())


def _stats(at: Desk) -> str:
    """Jobs and events that were ever taken in here."""
    at.may(Action.STATISTICS)
    ours, others, events = at.world.database.read(counts.newest)
    return f"glite_jobs={ours + others}\nevents={events}\n"
