"""What can go wrong between a caller and the service, each as a sentence and an advice."""

from __future__ import annotations

from typing import ClassVar


class SecurityError(Exception):
    """Any refusal made here. `sentence` says what happened, `advice` what to do; neither holds a secret."""

    code: ClassVar[str] = "security"

    def __init__(self, sentence: str, advice: str) -> None:
        super().__init__(f"{sentence} {advice}")
        self.sentence = sentence
        self.advice = advice


class UnsafeFile(SecurityError):
    """A file that should be private is not, or cannot be made so."""

    code = "unsafe_file"


class NotIdentified(SecurityError):
    """The caller showed nothing, or something that no authenticator accepts."""

    code = "not_identified"


class ListenRefused(SecurityError):
    """The service would be open to others without protection."""

    code = "listen_refused"
