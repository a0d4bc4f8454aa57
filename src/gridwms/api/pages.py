"""The job's own address: a page for a browser, text for a terminal, JSON for a program; and the login for browsers."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qs, quote

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from gridwms.api.desk import COOKIE, desk, identified
from gridwms.api.html import job_page, login_page
from gridwms.api.models.job import JobOut
from gridwms.api.plain import job_text
from gridwms.api.settings import Settings
from gridwms.api.states import states_in
from gridwms.bookkeeping.text_view import job_text as lb_text
from gridwms.flow import status
from gridwms.flow.bookkeeping import show
from gridwms.flow.bookkeeping.named import Named
from gridwms.flow.errors import FlowError
from gridwms.flow.task import job_url
from gridwms.security.authenticate import Shown
from gridwms.security.errors import NotIdentified
from gridwms.security.policy import Action
from gridwms.security.session import LIFETIME

router = APIRouter(include_in_schema=False)
OPEN = frozenset({"/", "/login", "/logout", "/docs", "/openapi.json"})
"""Paths that anybody may ask for: they tell nothing of any job."""
HTML = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@router.get("/jobs/{key}")
async def job(
    request: Request,
    key: str,
    after: Annotated[int, Query(description="nodes of a compound behind this one", ge=-1)] = -1,
    state: Annotated[str, Query(description="nodes in these states only")] = "",
) -> Response:
    """A job, in the form that the request asks for; with `?text` the lines `key=value` of L&B."""
    form = form_of(request.headers.get("accept", "")) if "text" not in request.query_params else "text"
    try:
        at = await desk(request)
        key = await to_thread.run_sync(at.job, key, Action.READ)
    except NotIdentified:
        if form != "html":
            raise
        return RedirectResponse(f"/login?to={quote(key, safe='')}", 303)
    except FlowError as error:
        if form == "json":
            raise
        code = 403 if error.code == "not_permitted" else 404
        return PlainTextResponse(f"{error.sentence} {error.advice}\n", code, {"X-Content-Type-Options": "nosniff"})
    if "text" in request.query_params:
        known = await to_thread.run_sync(show.status, at.world, Named(job_url(at.world, key), key))
        return PlainTextResponse(lb_text(known))
    [view] = await to_thread.run_sync(status.status, at.world, [key])
    if form == "json":
        return JSONResponse(JobOut.of(view).model_dump(mode="json"))
    events = await to_thread.run_sync(status.history, at.world, key)
    if form == "text":
        return PlainTextResponse(job_text(view, events))
    nodes = None
    if view.nodes:
        chosen = states_in(state)
        nodes = await to_thread.run_sync(lambda: status.nodes_of(at.world, key, states=chosen, after=after))
    return HTMLResponse(job_page(view, events, at.identity.subject, nodes), headers=HTML)


@router.get("/login")
async def loginform_of(to: Annotated[str, Query(max_length=100)] = "") -> Response:
    """Asks for the token."""
    return HTMLResponse(login_page(to), headers=HTML)


@router.post("/login")
async def login(request: Request) -> Response:
    """Takes the token and gives a cookie that lasts for some hours and opens pages only."""
    settings: Settings = request.app.state.settings
    fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=5)
    to, token = fields.get("to", [""])[0], fields.get("token", [""])[0].strip()
    try:
        identity = await identified(settings.gatekeeper, Shown(bearer=token))
    except NotIdentified as error:
        return HTMLResponse(login_page(to, error.sentence), 401, headers=HTML)
    answer = RedirectResponse(f"/jobs/{quote(to, safe='')}" if to else "/", 303)
    cookie = settings.gatekeeper.sessions.make(identity)
    answer.set_cookie(COOKIE, cookie, max_age=int(LIFETIME), httponly=True, samesite="strict", secure=settings.secure)
    return answer


@router.post("/logout")
async def logout() -> Response:
    """Forgets the cookie."""
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE)
    return answer


def form_of(accept: str) -> str:
    """ "html", "json" or "text": the first of them that the header names; a browser names html first."""
    for part in accept.lower().split(","):
        match part.partition(";")[0].strip():
            case "text/html" | "application/xhtml+xml":
                return "html"
            case "application/json":
                return "json"
            case "text/plain":
                return "text"
    return "text"
