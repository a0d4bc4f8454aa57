from __future__ import annotations

from typing import Any

from gridwms.client.typist import Typist


class Said:
    """What the console says of the input."""

    attempt = 1
    input_ended = False

    def __init__(self, taken: int, have: int) -> None:
        self.taken, self.have = taken, have


class Line:
    """A console whose words come late: while a part is under way, two older ones and one newer arrive."""

    def __init__(self) -> None:
        self.typist: Any = None
        self.parts: list[tuple[int, int]] = []

    def type_in(self, offset: int, data: bytes, *, end: bool = False) -> tuple[int, int]:
        self.parts.append((offset, len(data)))
        if len(self.parts) == 2:
            self.typist.seen(Said(50_000, 100_000))
            self.typist.seen(Said(200_000, 200_000))
        return 0, offset + len(data)


def test_late_words_of_the_console_do_not_stop_the_input() -> None:
    line: Any = Line()
    typist = line.typist = Typist(line)
    typist.seen(Said(0, 0))  # type: ignore[arg-type]
    typist.write(bytes(250_000))
    while typist._send_something():
        pass
    offset, size = line.parts[-1]
    assert offset + size == 250_000
    assert len(line.parts) == 3
