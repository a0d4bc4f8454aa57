"""Standard input on its way to the payload."""

from __future__ import annotations

from gridwms.flow.errors import NotInState

WINDOW = 256 * 1024
"""Bytes that may be under way: what is beyond is not taken, and its sender waits."""


class Gap(NotInState):
    """The part does not follow what is there."""

    code = "gap_in_input"


class Input:
    """Bytes numbered from the first; those that the worker node has are forgotten.

    `taken`: the worker node has all before. `ended`: nothing follows after `have`.
    """

    def __init__(self, taken: int, *, ended: bool = False) -> None:
        self.taken = taken
        self.ended = ended
        self._data = bytearray()

    @property
    def have(self) -> int:
        """All before has arrived here."""
        return self.taken + len(self._data)

    def put(self, offset: int, data: bytes, *, end: bool = False) -> None:
        """Take what is new in `data`, as far as there is room. Sent twice is taken once. Raises Gap."""
        if offset > self.have:
            raise Gap(f"The input goes on at byte {offset}, and {self.have} have arrived.", f"Send from {self.have}.")
        if self.ended:
            return
        fresh = data[self.have - offset :]
        self._data += fresh[: WINDOW - len(self._data)]
        self.ended = end and self.have >= offset + len(data)

    def read(self, offset: int, limit: int) -> bytes:
        """At most `limit` bytes from `offset` on, which says that the worker node has all before. Raises Gap."""
        if not self.taken <= offset <= self.have:
            raise Gap(f"The input from byte {offset} on is not here.", "End: this console belongs to another wrapper.")
        del self._data[: offset - self.taken]
        self.taken = offset
        return bytes(self._data[:limit])
