"""The contract of a shell at a site: one POSIX sh script with its input goes there, what it said comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Protocol


@dataclass(frozen=True, slots=True)
class Said:
    """How a script ended and what it wrote."""

    status: int
    out: bytes
    err: str

    @property
    def lines(self) -> list[str]:
        """Standard output as lines; bytes that are no UTF-8 are replaced."""
        return self.out.decode("utf-8", "replace").splitlines()


class Shell(Protocol):
    """Used by several threads: a site is asked for its description beside its other work."""

    @property
    def is_here(self) -> bool:
        """Whether paths there are paths of this machine."""

    @property
    def where(self) -> str:
        """The place in words, for sentences: "this machine", "the host NAME"."""

    def run(
        self,
        script: str,
        words: Sequence[str] = (),
        *,
        stdin: bytes = b"",
        seconds: float | None = None,
        into: IO[bytes] | None = None,
    ) -> Said:
        """Run a script with `words` as its positional parameters; neither shows on a command line beyond this machine.

        `into`: the file that gets its standard output, which then is not in the answer.

        Raises SiteUnavailable when it could not be started or did not end within `seconds` (default: as configured):
        then it may have done its work or not, and may still be at it.
        """

    def close(self) -> None:
        """Let go of connections."""
