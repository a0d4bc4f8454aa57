"""Leaving a raw terminal, in which every key belongs to the job: Enter ~ . as with ssh."""

from __future__ import annotations

_ENDS = b"\r\n"


class Escapes:
    """Watches keys for `~` at the beginning of a line: `~.` leaves, `~~` is one `~`."""

    def __init__(self) -> None:
        self._begins = True
        self._tilde = False

    def pass_on(self, keys: bytes) -> tuple[bytes, bool]:
        """The keys that are for the job, and whether the user leaves."""
        passed = bytearray()
        for key in keys:
            if self._tilde:
                self._tilde = False
                if key == ord("."):
                    return bytes(passed), True
                if key != ord("~"):
                    passed.append(ord("~"))
            elif self._begins and key == ord("~"):
                self._tilde = True
                continue
            passed.append(key)
            self._begins = key in _ENDS
        return bytes(passed), False
