"""The events of a service as they happen, until nothing more comes or the time is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from gridwms.client import calls
from gridwms.client.answers import Event
from gridwms.client.errors import ServiceBusy, ServiceUnreachable
from gridwms.client.events import CaughtUp, StreamReader
from gridwms.client.filters import Filter
from gridwms.client.transport import Transport

_LEAST, _PAUSE = 0.1, 1.0


def newest(transport: Transport) -> str:
    """The cursor of the last event that there is. Raises a ClientError."""
    reader = StreamReader()
    with transport.lines(calls.EVENTS, {}) as lines:
        for line in lines:
            if isinstance(reader.feed(line), CaughtUp):
                break
    return reader.cursor


def follow(
    transport: Transport, wanted: Filter, after: str, ends: Callable[[], float], idle: float | None
) -> Iterator[Event]:
    """Events behind the cursor `after`, each once. `ends`: when the time is up, seconds since the epoch; `idle`:
    seconds without an event after which that is all. A service that stops answering is asked again. Raises a
    ClientError."""
    params = wanted.values(transport.url)
    reader = StreamReader(after)
    heard, met = time.monotonic(), False

    def left() -> float:
        over = ends() - time.time()
        return over if idle is None else min(over, idle - (time.monotonic() - heard))

    while (patience := left()) > 0:
        reader.restart()
        try:
            asked = params | {"after": [reader.cursor]}
            with transport.lines(calls.EVENTS, asked, timeout=max(patience, _LEAST)) as lines:
                met = True
                for line in lines:
                    news = reader.feed(line)
                    if isinstance(news, Event):
                        heard = time.monotonic()
                        yield news
                    if left() <= 0:
                        return
        except (ServiceUnreachable, ServiceBusy):
            if not met:
                raise
            time.sleep(max(0.0, min(_PAUSE, left())))
