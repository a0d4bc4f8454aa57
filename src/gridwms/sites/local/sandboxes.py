"""The files of an attempt at a site that reads the disk of the service: brought before it starts, taken out after."""

# Paths are text here: making Path objects costs more than the calls.
# ruff: noqa: PTH102, PTH123, PTH202

from __future__ import annotations

import os
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


def outputs_of(place: str, tag: str) -> dict[str, str]:
    """The files of the output sandbox that the wrapper left: paths by name."""
    found: dict[str, str] = {}
    for folder in files.folders_of(place, tag):
        with suppress(OSError, ValueError), open(f"{folder}/outputs", encoding="ascii") as file:
            for line in file:
                name, source = line.split()
                found[unquote(name, errors="surrogateescape")] = f"{folder}/{source}"
    return found
