"""The event stream over WebSocket: the same events, filters and cursors as over HTTP, one JSON text a message."""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict

import anyio
from fastapi import APIRouter, WebSocket
from pydantic import ValidationError
from starlette.websockets import WebSocketDisconnect

from gridwms.api.desk import desk
from gridwms.api.errors import BadQuery, answer_to, error_out
from gridwms.api.routes.events import Asked, StreamIn, asked_for, away
from gridwms.api.settings import Settings
from gridwms.api.streams import Streams
from gridwms.flow.errors import FlowError
from gridwms.flow.tail import Part
from gridwms.security.errors import NotIdentified, SecurityError
from gridwms.store.database import StoreUnavailable

router = APIRouter(prefix="/api/v1")
_GOING_AWAY, _NOT_PERMITTED, _TRY_AGAIN = 1001, 1008, 1013


@router.websocket("/events")
async def events(socket: WebSocket) -> None:
    """Messages are objects with `kind` and `cursor`: `job` (with `event`), `caught-up`, `alive`, `error`."""
    try:
        asked = await _asked(socket)
    except (FlowError, SecurityError, StoreUnavailable) as error:
        await socket.send_denial_response(answer_to(error))
        return
    await socket.accept()
    with contextlib.suppress(WebSocketDisconnect):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_until_gone, socket, tasks.cancel_scope)
            await _send(socket, socket.app.state.streams, asked)
            tasks.cancel_scope.cancel()


async def _asked(socket: WebSocket) -> Asked:
    at = await desk(socket)
    settings: Settings = socket.app.state.settings
    origin = socket.headers.get("origin", settings.url)
    if origin.rstrip("/") != settings.url and "authorization" not in socket.headers:
        # Browsers let any page open a WebSocket, with the cookie of the service.
        raise NotIdentified(f"A page of {origin[:100]} may not listen here.", "Show a token instead of a cookie.")
    given: dict[str, list[str]] = defaultdict(list)
    for name, value in socket.query_params.multi_items():
        given[name].append(value)
    single = {name: values[-1] for name, values in given.items() if name in ("after", "owner")}
    try:
        query = StreamIn.model_validate(given | single)
    except ValidationError as error:
        names = ", ".join(str(one["loc"][0])[:50] for one in error.errors())
        raise BadQuery(f"The address has what is no filter: {names}.", "See docs/user/notifications.md.") from error
    return await asked_for(at, query)


async def _send(socket: WebSocket, streams: Streams, asked: Asked) -> None:
    try:
        async for part, caught_up in streams.follow(asked.cursor, asked.interest):
            if (why := await asked.watch.withdrawn()) is not None:
                await socket.send_text(json.dumps({"kind": "error", "error": error_out(why).model_dump()}))
                await socket.close(_NOT_PERMITTED, "no longer permitted")
                return
            for one in part.told:
                await socket.send_text(f'{{"kind":"job","cursor":"{one.cursor}","event":{one.data}}}')
            if caught_up:
                await socket.send_text(_message("caught-up", part))
            elif not part.told:
                await socket.send_text(_message("alive", part))
    except StoreUnavailable as error:
        await socket.send_text(json.dumps({"kind": "error", "error": away(error).model_dump()}))
        await socket.close(_TRY_AGAIN, "the service cannot read its database")
        return
    await socket.close(_GOING_AWAY, "the service is stopping")


async def _until_gone(socket: WebSocket, scope: anyio.CancelScope) -> None:
    """What a listener says is of no interest, but that it has gone."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
    scope.cancel()


def _message(kind: str, part: Part) -> str:
    return f'{{"kind":"{kind}","cursor":"{part.cursor}"}}'
