"""The event stream: what happens to jobs, as it happens, and what was missed since a cursor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, NamedTuple

from anyio import to_thread
from fastapi import APIRouter, Header, Query, Request
from starlette.responses import StreamingResponse

from gridwms.api.desk import AtDesk, Desk
from gridwms.api.errors import BadQuery, error_out
from gridwms.api.interests import Watch, permitted
from gridwms.api.models.filter import FilterIn
from gridwms.api.models.problem import ERRORS, ErrorOut
from gridwms.api.streams import Streams
from gridwms.jobs.interest import Interest
from gridwms.store.database import StoreUnavailable
from gridwms.store.events import last_cursor

router = APIRouter(prefix="/api/v1", tags=["events"], responses=ERRORS)
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class StreamIn(FilterIn):
    """Which events, and from where on."""

    after: str = ""
    """The cursor of the last event that the caller has; empty: from now on."""


class Asked(NamedTuple):
    """A stream that may be given."""

    cursor: int
    interest: Interest
    watch: Watch


@router.get("/events", response_class=StreamingResponse)
async def events(
    request: Request,
    at: AtDesk,
    query: Annotated[StreamIn, Query()],
    last_event_id: Annotated[str, Header(description="the same as `after`; browsers send it")] = "",
) -> StreamingResponse:
    """Server-sent events: `job` for each event, `caught-up` whenever there is nothing more for now.

    The id of each message is the cursor to go on from (`after`, or the header Last-Event-ID). The same address speaks
    WebSocket to those who ask for it.
    """
    asked = await asked_for(at, query, last_event_id)
    stream = _messages(request.app.state.streams, asked)
    return StreamingResponse(stream, media_type="text/event-stream", headers=_HEADERS)


async def asked_for(at: Desk, query: StreamIn, last_event_id: str = "") -> Asked:
    """Where a stream begins and what it holds. Raises BadQuery, NotPermitted, UnknownJob."""
    interest = await to_thread.run_sync(permitted, at, query)
    cursor = _number(last_event_id or query.after)
    if cursor is None:
        cursor = await to_thread.run_sync(at.world.database.read, last_cursor)
    return Asked(cursor, interest, Watch(at, interest))


def away(error: StoreUnavailable) -> ErrorOut:
    """The last word of a stream that cannot go on."""
    return ErrorOut(code="store_unavailable", message=str(error), advice="Connect again with the last cursor.")


async def _messages(streams: Streams, asked: Asked) -> AsyncIterator[bytes]:
    cursor = asked.cursor
    try:
        async for part, caught_up in streams.follow(asked.cursor, asked.interest):
            if (why := await asked.watch.withdrawn()) is not None:
                yield f"id: {cursor}\nevent: error\ndata: {error_out(why).model_dump_json()}\n\n".encode()
                return
            text, cursor = part.messages, part.cursor
            if caught_up:
                text += b"id: %d\nevent: caught-up\ndata: {}\n\n" % cursor
            # With its id, so that a listener whose filter lets little through need not go far back.
            yield text or b"id: %d\n: still here\n\n" % cursor
    except StoreUnavailable as error:
        yield f"id: {cursor}\nevent: error\ndata: {away(error).model_dump_json()}\n\n".encode()


def _number(cursor: str) -> int | None:
    if not cursor:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 19):
        raise BadQuery(f"'{cursor[:50]}' is not the cursor of an event.", "Use the id of the last event you have.")
    return int(cursor)
