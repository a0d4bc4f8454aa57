"""What the payload writes, on its way to those attached: the recent past is kept, for those who come later."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

STREAMS = ("stdout", "stderr")
LIMIT = 1024 * 1024
"""Bytes kept of both streams together."""
_PART = 16 * 1024
_PARTS = 4096


@dataclass(slots=True)
class _Part:
    stream: str
    offset: int
    data: bytearray

    @property
    def end(self) -> int:
        return self.offset + len(self.data)


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a stream. `lost`: bytes before it that are no longer kept."""

    stream: str
    offset: int
    data: bytes
    lost: int = 0


class Output:
    """Both streams, in the order in which their parts arrived; each numbers its own bytes."""

    def __init__(self) -> None:
        self.have = dict.fromkeys(STREAMS, 0)
        """By stream: all before has arrived."""
        self._parts: deque[_Part] = deque()
        self._size = 0

    def put(self, stream: str, offset: int, oldest: int, data: bytes, room: int, limit: int = LIMIT) -> int:
        """Take what is new in `data`, at most `room` bytes; where the sender is to go on.

        `oldest`: the sender has nothing before that any more, so nobody waits for it.
        """
        have = max(self.have[stream], oldest)
        if offset <= have:
            fresh = data[have - offset :][:room]
            self._append(stream, have, fresh)
            have += len(fresh)
        self.have[stream] = have
        while self._size > limit or len(self._parts) > _PARTS:
            self._size -= len(self._parts.popleft().data)
        return have

    @property
    def size(self) -> int:
        """Bytes kept."""
        return self._size

    def unread(self, positions: Mapping[str, int]) -> int:
        """How many bytes follow these positions."""
        return sum(max(0, self.have[stream] - positions[stream]) for stream in STREAMS)

    def read(self, positions: Mapping[str, int], limit: int) -> list[Piece]:
        """What follows these positions, at most `limit` bytes."""
        at = dict(positions)
        pieces = []
        for part in self._parts:
            if part.end <= at[part.stream]:
                continue
            if limit <= 0:
                break
            skip = max(0, at[part.stream] - part.offset)
            data = bytes(part.data[skip : skip + limit])
            offset = part.offset + skip
            pieces.append(Piece(part.stream, offset, data, lost=offset - at[part.stream]))
            at[part.stream] = offset + len(data)
            limit -= len(data)
        return pieces

    def _append(self, stream: str, offset: int, data: bytes) -> None:
        last = self._parts[-1] if self._parts else None
        self._size += len(data)
        if last is not None and last.stream == stream and last.end == offset and len(last.data) + len(data) <= _PART:
            last.data += data
        elif data:
            self._parts.append(_Part(stream, offset, bytearray(data)))
