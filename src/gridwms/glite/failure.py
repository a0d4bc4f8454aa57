"""How a command ends before it is done."""

from __future__ import annotations


class Failure(Exception):
    """An error with a title, as the commands print it: `Error - <title>`, then the text."""

    def __init__(self, title: str, text: str = "", code: int = 1) -> None:
        super().__init__(f"{title}: {text}")
        self.title, self.text, self.code = title, text, code


class Fault(Failure):
    """A service refused. `elsewhere`: another one may do it. `kind`: the fault's element, such as GenericFault."""

    def __init__(self, title: str, text: str, *, elsewhere: bool = False, kind: str = "") -> None:
        super().__init__(title, text)
        self.elsewhere, self.kind = elsewhere, kind


class WrongUsage(Exception):
    """What was typed is no call of this command; its usage is printed."""


class Ended(Exception):
    """There is nothing more to do; not an error."""

    def __init__(self, code: int, words: str = "") -> None:
        super().__init__(words)
        self.code, self.words = code, words
