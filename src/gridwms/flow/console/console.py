"""One console: the streams of one attempt, and who is attached to them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from gridwms.flow.console.bell import Bell
from gridwms.flow.console.input import Input
from gridwms.flow.console.output import LIMIT, STREAMS, Output

GONE_SECONDS = 2.0
"""After so long without a call, or at once when their connection broke, another may write in a writer's place."""
HOLD_SECONDS = 30.0
"""So long the payload is held up for a writer who does not call; after that the output passes them by."""
SIGNALS = ("HUP", "INT", "QUIT", "TERM", "KILL", "USR1", "USR2", "CONT", "TSTP", "STOP")
_CONTROLS = 100


@dataclass(slots=True)
class Attached:
    """Somebody attached. `calls`: requests that wait at this moment. `dropped`: the last one was cut off.

    `writes`: wants to write as soon as nobody else does.
    """

    ident: str
    seen: float
    writes: bool = False
    calls: int = 0
    dropped: bool = False
    positions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STREAMS, 0))

    def silent(self, now: float) -> float:
        """Seconds since the last call; 0 while one waits."""
        return 0.0 if self.calls else now - self.seen


@dataclass(frozen=True, slots=True)
class Control:
    """A wish for the worker node: `size <rows> <columns>`, `signal <NAME>`."""

    number: int
    text: str


class Console:
    """The console of one attempt. `bell` rings at every change. Times are seconds of the caller's clock."""

    def __init__(self, attempt: int, now: float) -> None:
        self.attempt = attempt
        self.bell = Bell()
        self.input: Input | None = None
        """None until the worker node has called: only it knows what it has."""
        self.output = Output()
        self.ended: set[str] = set()
        self.terminal = False
        self.heard_at = self._begun_at = now
        self._continued = False
        self.writer = ""
        self.attached: dict[str, Attached] = {}
        self._controls: deque[Control] = deque(maxlen=_CONTROLS)
        self._number = 0

    # who is attached

    def attach(self, ident: str, now: float, *, write: bool, take: bool = False) -> Attached:
        """Add somebody; they become the writer when they want to and there is none, or when they take it over."""
        self.forget(now)
        made = self.attached[ident] = Attached(ident, now, writes=write)
        if take:
            self.writer = ident
            self.bell.ring()
        self.succeed(made, now)
        return made

    def succeed(self, one: Attached, now: float) -> None:
        """Let this one write when they want to and the writer is gone."""
        writer = self.attached.get(self.writer)
        if one.writes and (writer is None or writer.dropped or writer.silent(now) > GONE_SECONDS):
            self.writer = one.ident
            self.bell.ring()

    def detach(self, ident: str) -> None:
        """Remove somebody. The output no longer waits for them."""
        self.attached.pop(ident, None)
        if self.writer == ident:
            self.writer = ""
        self.bell.ring()

    def forget(self, now: float) -> None:
        """Remove those who have gone without a word."""
        for one in [one for one in self.attached.values() if one.silent(now) > HOLD_SECONDS]:
            self.detach(one.ident)

    # the worker node

    def begin(self, offset: int, control: int, now: float, *, terminal: bool, ended: bool) -> Input:
        """The worker node calls: it has the input up to `offset`, and the wishes up to number `control`."""
        self.heard_at, self.terminal = now, terminal
        self._number = max(self._number, control)
        while self._controls and self._controls[0].number <= control:
            self._controls.popleft()
        if self.input is None:
            self.input = Input(offset, ended=ended)
            self.bell.ring()
        return self.input

    def wishes(self) -> list[Control]:
        """What the worker node has not yet been seen to have got."""
        return list(self._controls)

    def wish(self, text: str) -> None:
        """Tell the worker node something; of sizes only the last counts."""
        if text.startswith("size "):
            kept = [one for one in self._controls if not one.text.startswith("size ")]
            self._controls = deque(kept, maxlen=_CONTROLS)
        self._number += 1
        self._controls.append(Control(self._number, text))
        self.bell.ring()

    def room(self, now: float, limit: int = LIMIT) -> int:
        """How many bytes of output may come now: as many as you like, unless a writer has still to read others."""
        writer = self.attached.get(self.writer)
        if writer is None and self._continued and now - self._begun_at < HOLD_SECONDS:
            return max(0, limit - self.output.size)  # who wrote before this instance began is on the way back
        if writer is None or writer.silent(now) > HOLD_SECONDS:
            return 1 << 40
        return max(0, limit - self.output.unread(writer.positions))

    def heard(self, stream: str, offset: int, oldest: int, data: bytes, now: float, *, end: bool, limit: int) -> int:
        """Output from the worker node; from where it is to go on."""
        self.heard_at = now
        before = self.output.have[stream]
        self._continued = self._continued or (not before and oldest + offset > 0)
        have = self.output.put(stream, offset, oldest, data, self.room(now, limit), limit)
        if end and have >= offset + len(data):
            self.ended.add(stream)
        if have != before or end:
            self.bell.ring()
        return have

    @property
    def over(self) -> bool:
        """Whether the worker node has said that nothing follows."""
        return self.ended == set(STREAMS)
