"""Bodies of requests: read whole when small, handed on as a stream when large, never more than the limit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import TypeVar

from anyio import CapacityLimiter, from_thread, to_thread
from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gridwms.sandbox.errors import CutShort

T = TypeVar("T")
MAX_BODY = 64 << 20
"""Bytes of any request but the upload of a file, whose limits are those of the sandbox."""
_SMALL = 1 << 20
_PLAIN = "/api/v1/resources"
"""What is put here is no file."""


async def receive(request: Request, store: Callable[[Iterator[bytes], int | None], T]) -> T:
    """Run `store(stream, length)` in a thread on the body of a request; what it returns.

    Large bodies have threads of their own, so that slow senders do not keep other requests waiting. Raises CutShort
    when the client goes away, and whatever `store` raises.
    """
    told = request.headers.get("content-length", "")
    length = int(told) if told.isascii() and told.isdecimal() else None
    try:
        if length is not None and length <= _SMALL:
            return await to_thread.run_sync(store, iter((await request.body(),)), length)
        limiter: CapacityLimiter = request.app.state.uploads
        return await to_thread.run_sync(partial(store, _bridge(request.stream()), length), limiter=limiter)
    except ClientDisconnect as error:
        raise CutShort(
            "The client went away in the middle of an upload; nothing of it is kept.", "Send it again."
        ) from (error)


class BodyLimit:
    """ASGI: no request may have a body of more than `MAX_BODY`, but a PUT, which has the limits of the sandbox."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (scope["method"] == "PUT" and not scope["path"].startswith(_PLAIN)):
            await self._app(scope, receive, send)
            return
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MAX_BODY:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)


def _bridge(stream: AsyncIterator[bytes]) -> Iterator[bytes]:
    async def following() -> bytes | None:
        return await anext(stream, None)

    while (chunk := from_thread.run(following)) is not None:
        yield chunk
