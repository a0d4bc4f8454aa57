"""The event stream: what happens to jobs, as it happens, and what was missed since a cursor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Header, Query, Request
from starlette.responses import StreamingResponse

from gridwms.api.desk import AtDesk
from gridwms.api.errors import BadQuery
from gridwms.api.models.problem import ERRORS
from gridwms.api.news import News
from gridwms.api.tail import Tail
from gridwms.security.policy import Action
from gridwms.store.events import last_cursor

router = APIRouter(prefix="/api/v1", tags=["events"], responses=ERRORS)
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@router.get("/events", response_class=StreamingResponse)
async def events(
    request: Request,
    at: AtDesk,
    after: Annotated[str, Query(description="the cursor of the last event you have; empty: from now on")] = "",
    owner: Annotated[str, Query(description="whose; empty: your own, `*`: everybody's (operators)")] = "",
    last_event_id: Annotated[str, Header(description="the same as `after`; browsers send it")] = "",
) -> StreamingResponse:
    """Server-sent events: `job` for each event, `caught-up` whenever there is nothing more for now.

    The id of each message is the cursor to go on from (`after`, or the header Last-Event-ID).
    """
    owned_by = await to_thread.run_sync(at.whose, owner, Action.FOLLOW)
    cursor = _number(last_event_id or after)
    if cursor is None:
        cursor = await to_thread.run_sync(at.world.database.read, last_cursor)
    stream = _messages(request.app.state.tail, request.app.state.news, cursor, owned_by)
    return StreamingResponse(stream, media_type="text/event-stream", headers=_HEADERS)


async def _messages(tail: Tail, news: News, cursor: int, owner: str | None) -> AsyncIterator[str]:
    silent = True
    with tail.listening():
        while not news.closed:
            found, cursor, whole = await tail.after(cursor, owner)
            parts = [_message("job", str(one.cursor), one.data) for one in found]
            if whole and (found or silent):
                parts.append(_message("caught-up", str(cursor), "{}"))
            if parts:
                silent = False
                yield "".join(parts)
            if whole and not await tail.wait(cursor):
                yield ": still here\n\n"


def _message(kind: str, cursor: str, data: str) -> str:
    return f"id: {cursor}\nevent: {kind}\ndata: {data}\n\n"


def _number(cursor: str) -> int | None:
    if not cursor:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 19):
        raise BadQuery(f"'{cursor[:50]}' is not the cursor of an event.", "Use the id of the last event you have.")
    return int(cursor)
