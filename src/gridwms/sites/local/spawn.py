"""posix_spawn(3) for a service of many threads: while the child comes into being, the others have the interpreter.

The one of Python's library keeps it all to itself until the child has begun, a quarter of what a short job costs us.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

_SETSIGDEF, _SETSIGMASK, _SETSID = 0x04, 0x08, 0x80
"""POSIX_SPAWN_… of spawn.h, the same in glibc and musl."""
_ROOM = 1024
"""Bytes for what the library keeps in its own structures: three times as many as any of them takes."""


def spawn(
    path: str,
    words: Sequence[str],
    environment: Mapping[str, str],
    handles: Mapping[int, int],
    defaulted: Collection[int],
) -> int:
    """Start a program as the leader of a session, no signal blocked; its process id. Raises OSError.

    `handles`: which descriptor it gets as which of ours. `defaulted`: signals that it does not ignore, though we may.
    """
    library = _library()
    actions = ctypes.create_string_buffer(_ROOM)
    _check(library.posix_spawn_file_actions_init(actions), path)
    try:
        for theirs, ours in handles.items():
            _check(library.posix_spawn_file_actions_adddup2(actions, ours, theirs), path)
        pid = ctypes.c_int()
        variables = [f"{name}={value}" for name, value in environment.items()]
        attributes = _attributes(tuple(defaulted))
        code = library.posix_spawn(
            ctypes.byref(pid), os.fsencode(path), actions, attributes, _texts(words), _texts(variables)
        )
        _check(code, path)
    finally:
        library.posix_spawn_file_actions_destroy(actions)
    return pid.value


@cache
def _library() -> Any:
    return ctypes.CDLL(None)


@cache
def _attributes(defaulted: tuple[int, ...]) -> Any:
    """Made once: they hold nothing of a single program."""
    library = _library()
    attributes, signals = ctypes.create_string_buffer(_ROOM), ctypes.create_string_buffer(_ROOM)
    _check(library.posix_spawnattr_init(attributes))
    library.sigemptyset(signals)
    _check(library.posix_spawnattr_setsigmask(attributes, signals))
    for number in defaulted:
        library.sigaddset(signals, number)
    _check(library.posix_spawnattr_setsigdefault(attributes, signals))
    _check(library.posix_spawnattr_setflags(attributes, ctypes.c_short(_SETSIGDEF | _SETSIGMASK | _SETSID)))
    return attributes


def _texts(words: Sequence[str]) -> Any:
    return (ctypes.c_char_p * (len(words) + 1))(*map(os.fsencode, words), None)


def _check(code: int, path: str = "") -> None:
    if code:
        raise OSError(code, os.strerror(code), path)
