"""What can go wrong with files of a job, each as a sentence and an advice."""

from __future__ import annotations

from typing import ClassVar


class SandboxError(Exception):
    """Any refusal made here. After it, nothing of the file is visible."""

    code: ClassVar[str] = "sandbox"

    def __init__(self, sentence: str, advice: str) -> None:
        super().__init__(f"{sentence} {advice}")
        self.sentence = sentence
        self.advice = advice


class BadName(SandboxError):
    """A file name that could mean another place than the sandbox."""

    code = "bad_file_name"


class TooLarge(SandboxError):
    """Over a limit of the service."""

    code = "too_large"


class CutShort(SandboxError):
    """The sender stopped before the end."""

    code = "cut_short"


class NotThere(SandboxError):
    """No such file (yet)."""

    code = "no_such_file"


class SandboxFull(SandboxError):
    """The disk of the service, or its quota, is full."""

    code = "sandbox_full"


class WrongOffset(SandboxError):
    """A part of a growing file that does not follow what is there; `have` bytes are."""

    code = "wrong_offset"

    def __init__(self, name: str, offset: int, have: int) -> None:
        super().__init__(
            f"The part of '{name}' begins at byte {offset}, and {have} bytes are there.", f"Send from {have}."
        )
        self.have = have
