"""Waiting for the bell of a console while its caller does."""

from __future__ import annotations

import asyncio

from fastapi import Request

from gridwms.api.news import News
from gridwms.flow.console.bell import Bell
from gridwms.flow.signal import Signal

_SLICE = 1.0
"""Seconds after which a stop of the service is seen."""


class CallerGone(Exception):
    """Nobody waits for the answer any more."""


async def ring(request: Request, bell: Bell, seen: int, seconds: float) -> bool:
    """Return when the bell's count differs from `seen` (True), after `seconds`, when bans or rules changed, or when the
    service stops.

    Raises CallerGone when the connection breaks meanwhile. The body of the request must have been read.
    """
    news: News = request.app.state.news
    access: Signal = request.app.state.world.access
    permitted = access.count
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        end = asyncio.get_running_loop().time() + seconds
        while bell.count == seen and not news.closed and (left := end - asyncio.get_running_loop().time()) > 0:
            heard = asyncio.get_running_loop().create_future()
            cancel = bell.listen(lambda heard=heard: heard.done() or heard.set_result(None))  # type: ignore[misc]
            await asyncio.wait({gone, heard}, timeout=min(left, _SLICE), return_when=asyncio.FIRST_COMPLETED)
            cancel()
            if access.count != permitted:
                return False
            if gone.done():
                raise CallerGone
    finally:
        gone.cancel()
    return bell.count != seen


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
