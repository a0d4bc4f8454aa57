"""Choosing out of several ids, elements or files (gLite reference §8.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from gridwms.glite.failure import Ended

_RULE = "-" * 66
Say = Callable[[str], None]
Hear = Callable[[], str | None]


def choose_many(items: Sequence[str], say: Say, hear: Hear, remarks: Sequence[str] = (), *, mixed: bool) -> list[str]:
    """Some of them. `mixed`: ranges and numbers may stand beside each other. Raises Ended for `q`."""
    say(_listed(items, remarks))
    prompt = f"Choose one or more jobId(s) in the list - [1-{len(items)}]all (use , as separator or - for a range): "
    while True:
        say(prompt)
        typed = hear()
        chosen = _numbers(typed or "", len(items), mixed=mixed)
        if chosen is None and typed is not None:
            say("Wrong input value\n")
            continue
        return [items[at - 1] for at in chosen or range(1, len(items) + 1)]


def choose_one(items: Sequence[str], say: Say, hear: Hear, what: str, remarks: Sequence[str] = ()) -> str:
    """One of them: `what` is it (resource, jobId, file). Raises Ended for `q`."""
    say(f"{_RULE}\n" + "".join(f"{remark}\n" for remark in remarks))
    say("".join(f"{at} : {item}\n" for at, item in enumerate(items, 1)) + f"q : quit\n{_RULE}\n")
    while True:
        say(f"\nChoose one {what} in the list : ")
        typed = hear()
        if typed is None or typed == "q":
            raise Ended(1, "bye")
        if typed == "":
            return items[0]
        if typed.isdigit() and 1 <= int(typed) <= len(items):
            return items[int(typed) - 1]
        say("Wrong input value\n")


def _listed(items: Sequence[str], remarks: Sequence[str]) -> str:
    lines = [_RULE, *remarks, *(f"{at} : {item}" for at, item in enumerate(items, 1)), "a : all", "q : quit", _RULE]
    return "\n".join(lines) + "\n\n"


def _numbers(typed: str, most: int, *, mixed: bool) -> list[int] | None:
    """The numbers that were typed, in order; empty for all, None for what is no answer."""
    text = typed.replace(" ", "")
    if text in ("", "a"):
        return []
    if text == "q":
        raise Ended(1, "bye")
    if not re.fullmatch(r"\d+(-\d+)?(,\d+(-\d+)?)*", text) or (not mixed and "-" in text and "," in text):
        return None
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        if not 1 <= int(first) <= int(last or first) <= most:
            return None
        found += range(int(first), int(last or first) + 1)
    return list(dict.fromkeys(found))
