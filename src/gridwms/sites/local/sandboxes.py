"""The files of an attempt at a site that reads the disk of the service: brought before it starts, taken out after."""

# Paths are text here: making Path objects costs more than the calls.
# ruff: noqa: PTH102, PTH123, PTH202

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import quote, unquote

from gridwms.sites.local import place as files

_MOST = 1 << 20
"""Bytes of inputs that are copied here; the site stands still meanwhile, so wrappers fetch larger ones themselves."""
_ELSEWHERE = "-"


def note_inputs(place: str, inputs: Sequence[tuple[str, str]] | None) -> None:
    """Write down which files the attempt is to find: name and path each. None: the wrapper fetches them. OSError."""
    if inputs is None:
        files.write(f"{place}/inputs", f"{_ELSEWHERE}\n".encode())
    elif inputs:
        lines = [f"{quote(name, safe='')} {quote(path, safe='')}\n" for name, path in inputs]
        files.write(f"{place}/inputs", "".join(lines).encode())


def bring_inputs(place: str, tag: str) -> bool:
    """Make the directories of the wrapper and of its payload, and copy the inputs there; whether they are all there."""
    work = f"{place}/{tag}/work"
    try:
        for folder in (f"{place}/{tag}", work):
            with suppress(FileExistsError):
                os.mkdir(folder, mode=0o700)
        try:
            with open(f"{place}/inputs", encoding="ascii") as file:
                lines = file.read().splitlines()
        except FileNotFoundError:
            return True
        if lines == [_ELSEWHERE]:
            return False
        pairs = [[unquote(word) for word in line.split()] for line in lines]
        if sum(os.path.getsize(path) for _name, path in pairs) > _MOST:
            return False
        for name, path in pairs:
            _copy(path, f"{work}/{name}")
    except OSError:
        return False
    return True


def _copy(source: str, target: str) -> None:
    with open(source, "rb") as file:
        content = file.read(_MOST + 1)
    files.write(target, content, 0o700)


def left_behind(place: str, tag: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """The event lines that wrappers could not send, and the files of the output sandbox that they left, by name.

    The last word of a wrapper counts only as long as all is there that it left: a power cut may take what nobody
    waited for, and then the attempt has not ended well.
    """
    lines: list[str] = []
    found: dict[str, str] = {}
    for folder in files.folders_of(place, tag):
        outputs = _outputs(folder)
        found |= outputs
        with suppress(OSError), open(f"{folder}/events", encoding="utf-8", errors="replace") as file:
            lines += [line for line in file.read().splitlines() if line and _counts(line, len(outputs))]
    return tuple(lines), found


def _outputs(folder: str) -> dict[str, str]:
    found: dict[str, str] = {}
    with suppress(OSError, ValueError), open(f"{folder}/outputs", encoding="ascii") as file:
        for line in file:
            name, source, mark = line.split()
            path = f"{folder}/{source}"
            if os.path.getsize(path) or mark == "-":
                found[unquote(name, errors="surrogateescape")] = path
    return found


_LEFT = re.compile(r"type=Finished&.*&left=([0-9]{1,9})(?:&|$)")


def _counts(line: str, outputs: int) -> bool:
    told = _LEFT.match(line)
    return told is None or int(told[1]) <= outputs
