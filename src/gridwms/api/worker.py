"""The worker protocol (docs/worker-protocol.md): plain text in and out, so that a shell can speak it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from gridwms.api.body import receive
from gridwms.api.desk import Desk, shown
from gridwms.api.errors import status_of, unread
from gridwms.flow import worker
from gridwms.flow.errors import FlowError, NotFound
from gridwms.jobs.ids import parse_tag
from gridwms.sandbox.errors import SandboxError, TooLarge, WrongOffset
from gridwms.security.errors import SecurityError
from gridwms.security.policy import Action, OneAttempt
from gridwms.store.database import StoreUnavailable

MAX_EVENTS = 4 << 20
"""Bytes of event lines in one request."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The attempt whose wrapper is calling."""

    desk: Desk
    key: str
    number: int


Handler = Callable[[Request, Caller], Awaitable[Response]]


def route(path: str, method: str, handler: Handler) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            return await handler(request, _admit(request))
        except (FlowError, SandboxError, SecurityError) as error:
            text = str(error.have) if isinstance(error, WrongOffset) else f"{error.sentence} {error.advice}"
            return PlainTextResponse(f"{text}\n", status_of(error), unread(request))
        except StoreUnavailable as error:
            return PlainTextResponse(f"{error}\n", 503)

    return Route(f"/worker/v1/{{tag}}{path}", endpoint, methods=[method], name=f"worker {method} {path}")


def _admit(request: Request) -> Caller:
    tag = request.path_params["tag"]
    try:
        key, number = parse_tag(tag)
    except ValueError as error:
        raise NotFound(f"{error}.", "The wrapper has its address from its site.") from error
    settings = request.app.state.settings
    desk = Desk(request.app.state.world, settings, settings.gatekeeper.identify(shown(request, tag)))
    desk.may(Action.WORK, OneAttempt(tag=tag))
    return Caller(desk, key, number)


async def _input(request: Request, attempt: Caller) -> Response:
    index = whole_number(request.path_params["index"])
    path = await to_thread.run_sync(worker.input_path, attempt.desk.world, attempt.key, attempt.number, index)
    return FileResponse(path, media_type="application/octet-stream")


async def _events(request: Request, attempt: Caller) -> Response:
    lines = await _lines(request)
    answer = await to_thread.run_sync(worker.events, attempt.desk.world, attempt.key, attempt.number, lines)
    return PlainTextResponse(f"{answer}\n")


async def _token(request: Request, attempt: Caller) -> Response:
    instance = request.query_params.get("instance", "")
    if not instance or len(instance) > 100 or not instance.isprintable():
        raise NotFound("The instance of the wrapper is missing.", "Ask with ?instance=<nonce>.")
    lines = await _lines(request)
    refusal = await to_thread.run_sync(
        worker.take_token, attempt.desk.world, attempt.key, attempt.number, instance, lines
    )
    return PlainTextResponse("go\n") if refusal is None else PlainTextResponse(f"stop\n{refusal}\n", 409)


async def _output(request: Request, attempt: Caller) -> Response:
    name = request.path_params["name"]
    world = attempt.desk.world
    await receive(
        request,
        lambda stream, length: worker.put_output(world, attempt.key, attempt.number, name, stream, length),
    )
    return PlainTextResponse("stored\n", 201)


async def _watched(request: Request, attempt: Caller) -> Response:
    files = await to_thread.run_sync(worker.watched, attempt.desk.world, attempt.key, attempt.number)
    return PlainTextResponse("".join(f"{offset} {name}\n" for offset, name in files))


async def _peek(request: Request, attempt: Caller) -> Response:
    name, offset = request.path_params["name"], whole_number(request.query_params.get("offset", ""))
    world = attempt.desk.world
    await receive(request, lambda stream, _: worker.put_peek(world, attempt.key, attempt.number, name, offset, stream))
    return PlainTextResponse("stored\n", 201)


async def _credentials(request: Request, attempt: Caller) -> Response:
    held = await to_thread.run_sync(worker.credentials, attempt.desk.world, attempt.key, attempt.number)
    return PlainTextResponse("".join(f"{kind} {serial} {left}\n" for kind, serial, left in held))


async def _credential(request: Request, attempt: Caller) -> Response:
    kind = request.path_params["kind"]
    text = await to_thread.run_sync(worker.credential, attempt.desk.world, attempt.key, attempt.number, kind)
    return Response(text, media_type="application/octet-stream", headers={"Cache-Control": "no-store"})


async def _lines(request: Request) -> list[str]:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_EVENTS:
            raise TooLarge("More event lines came at once than the service takes.", "Send them in parts.")
        parts.append(part)
    return b"".join(parts).decode("utf-8", "replace").split("\n")


def whole_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise NotFound(f"'{text[:50]}' is not a number.", "See the worker protocol.")
    return int(text)


ROUTES = [
    route("/input/{index}", "GET", _input),
    route("/events", "POST", _events),
    route("/token", "POST", _token),
    route("/output/{name}", "PUT", _output),
    route("/credentials", "GET", _credentials),
    route("/credentials/{kind}", "GET", _credential),
    route("/peek", "GET", _watched),
    route("/peek/{name}", "PUT", _peek),
]
