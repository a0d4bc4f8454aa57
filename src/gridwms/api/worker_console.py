"""The console's part of the worker protocol: the wrapper's calls, which may wait."""

from __future__ import annotations

import time

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from gridwms.api.waiting import CallerGone, ring
from gridwms.api.worker import Caller, route, whole_number
from gridwms.flow import worker
from gridwms.flow.console import talk
from gridwms.flow.console.console import Console
from gridwms.flow.console.output import STREAMS
from gridwms.flow.errors import NotFound
from gridwms.sandbox.errors import TooLarge

_MOST = 1024 * 1024
_WAIT = 25.0
_HOLD = 5.0
"""Seconds for which an answer is held back while there is no room for output."""
_LOOK_SECONDS = 5.0


async def _console(caller: Caller) -> Console:
    """The console of this attempt, which is still open. Raises FlowError."""
    world = caller.desk.world
    await to_thread.run_sync(worker.check_open, world, caller.key, caller.number)
    return world.consoles.of_attempt(caller.key, caller.number)


async def _in(request: Request, caller: Caller) -> Response:
    query = request.query_params
    offset, control = whole_number(query.get("offset", "")), whole_number(query.get("control", "0"))
    terminal, ended = query.get("terminal") == "1", query.get("ended") == "1"
    room = whole_number(query.get("room", str(talk.CHUNK)))
    end = time.monotonic() + min(_WAIT, whole_number(query.get("wait", "0")))
    clock = caller.desk.world.clock
    while True:
        console = await _console(caller)
        fed = talk.feed(console, offset, control, room, clock(), terminal=terminal, ended=ended)
        left = end - time.monotonic()
        if fed.data or fed.wishes or fed.end or left <= 0 or request.app.state.news.closed:
            break
        try:
            await ring(request, console.bell, console.bell.count, min(left, _LOOK_SECONDS))
        except CallerGone:
            break
    headers = {"Gridwms-Have": " ".join(str(fed.have[stream]) for stream in STREAMS)}
    headers |= {"Gridwms-Wishes": ",".join(f"{number} {text}" for number, text in fed.wishes)} if fed.wishes else {}
    headers |= {"Gridwms-End": "1"} if fed.end else {}
    return Response(fed.data, 200 if fed.data else 204, headers, "application/octet-stream")


async def _out(request: Request, caller: Caller) -> Response:
    stream = request.path_params["stream"]
    if stream not in STREAMS:
        raise NotFound(f"'{stream[:50]}' is no stream of a console.", f"There are {' and '.join(STREAMS)}.")
    query = request.query_params
    offset = whole_number(query.get("offset", ""))
    oldest = whole_number(query.get("oldest", str(offset)))
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _MOST:
            raise TooLarge("More output came at once than the service takes.", f"Send at most {_MOST} bytes.")
    world = caller.desk.world
    end = time.monotonic() + _HOLD
    while True:
        console = await _console(caller)
        have = console.heard(
            stream,
            offset,
            oldest,
            bytes(body),
            world.clock(),
            end=query.get("end") == "1",
            limit=world.consoles.limit,
        )
        left = end - time.monotonic()
        if have != offset or not body or left <= 0 or request.app.state.news.closed:
            return PlainTextResponse(f"{have}\n")
        try:
            await ring(request, console.bell, console.bell.count, left)
        except CallerGone:
            return PlainTextResponse(f"{have}\n")


ROUTES = [route("/console/in", "GET", _in), route("/console/out/{stream}", "POST", _out)]
