"""What a program and all its children do to the files below a directory, and what they send, recorded by strace.

The order is the kernel's as far as it matters: what one thread began after another thread's call had returned stands
after it. A call that changes files counts when it has returned, a message when its sending begins: both are the
strict side for somebody who asks what was surely on disk when an answer went out.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_FILES = (
    "openat,open,creat,mkdir,mkdirat,pwrite64,write,writev,pwritev,pwritev2,ftruncate,truncate,fallocate,rename,renameat,"
    "renameat2,link,linkat,unlink,unlinkat,rmdir,fsync,fdatasync,sync_file_range,copy_file_range,sendfile"
)
_SENDS = "sendto,sendmsg"


class Kind(StrEnum):
    """What was done."""

    OPEN = "open"
    """`size` 0: it was emptied as well."""
    MKDIR = "mkdir"
    WRITE = "write"
    """`size`: the offset; -1 at the end of the file."""
    TRUNCATE = "truncate"
    RENAME = "rename"
    LINK = "link"
    UNLINK = "unlink"
    COPY = "copy"
    """`size` bytes more of `path` at the end of `other`."""
    UNKNOWN = "unknown"
    """A call that changes a file and is not modelled; `data` is its name."""
    SYNC_BEGINS = "sync begins"
    SYNC_ENDS = "sync ends"
    """`call` is the same in both."""
    SEND = "send"
    """`path` names the connection: `<from>-><to>`."""


@dataclass(frozen=True, slots=True)
class Operation:
    kind: Kind
    path: str
    other: str = ""
    data: bytes = b""
    size: int = -1
    call: int = 0


class Incomplete(Exception):
    """The recording has something that the model of a disk does not know."""


def possible() -> str:
    """Why nothing can be recorded here; empty when it can."""
    if shutil.which("strace") is None:
        return "strace is not installed (apt-get install strace)"
    tried = subprocess.run(["strace", "-f", "--seccomp-bpf", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "this machine does not let one process trace another"


def run(command: Sequence[str], trace: Path, environment: dict[str, str]) -> None:
    """Run a command to its end and write down what it does."""
    traced = ["strace", "-f", "--seccomp-bpf", "-yy", "-xx", "-s", "67108864", "-o", str(trace)]
    done = subprocess.run(
        [*traced, "-e", f"trace={_FILES},{_SENDS}", *command],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


_LINE = re.compile(r"(\d+) +(?:<\.\.\. (\w+) resumed>)?(.*)")
_CALL = re.compile(r"(\w+)\((.*)")
_RESULT = re.compile(r"\) += (-?\d+)[^=]*$")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
_HANDLE = re.compile(r"\d+<((?:\\x[0-9a-f]{2})+)(?:<[^>]*>)?>(\(deleted\))?")


def read(trace: Path, root: Path) -> Iterator[Operation]:
    """The operations on what lies below `root`, and the messages, in order."""
    begun: dict[str, tuple[int, str]] = {}
    above = f"{root}/"
    with trace.open(encoding="ascii") as lines:
        for number, line in enumerate(lines):
            matched = _LINE.match(line)
            if matched is None:
                continue
            process, resumed, rest = matched.groups()
            if resumed:
                number, start = begun.pop(process)
                yield from _ended(number, start + rest, above)
                continue
            if rest.endswith("<unfinished ...>"):
                start = rest.removesuffix("<unfinished ...>").rstrip()
                begun[process] = (number, start)
                yield from _begun(number, start, above)
            elif "(" in rest:
                yield from _begun(number, rest, above)
                yield from _ended(number, rest, above)


def _begun(call: int, text: str, above: str) -> Iterator[Operation]:
    name, arguments = _split(text)
    if name in ("fsync", "fdatasync"):
        path = _handle(arguments)
        if path == above[:-1] or path.startswith(above):
            yield Operation(Kind.SYNC_BEGINS, path, call=call)
    elif name in ("write", "writev", "sendto", "sendmsg"):
        to = re.match(r"\d+<(?:TCP(?:v6)?|UNIX-STREAM):\[([^\]]*)\]>", arguments)
        if to is not None:
            yield Operation(Kind.SEND, to[1], data=_texts(arguments))


def _ended(call: int, text: str, above: str) -> Iterator[Operation]:
    name, arguments = _split(text)
    result = _RESULT.search(text)
    if result is None or int(result[1]) < 0:
        return
    for operation in _operations(call, name, arguments[: arguments.rfind(")")], int(result[1]), text):
        touched = (operation.path, operation.other)
        if any(path.startswith(above) or path == above[:-1] for path in touched):
            yield operation


def _operations(call: int, name: str, arguments: str, result: int, text: str) -> Iterator[Operation]:
    match name:
        case "openat" | "open" | "creat":
            if "O_CREAT" in arguments or "O_TRUNC" in arguments or name == "creat":
                size = 0 if "O_TRUNC" in arguments or name == "creat" else -1
                yield Operation(Kind.OPEN, _handle(text[text.rfind("= ") + 2 :]), size=size)
        case "mkdir" | "mkdirat":
            yield Operation(Kind.MKDIR, *_paths(arguments))
        case "pwrite64":
            offset = int(arguments.rsplit(", ", 1)[1])
            yield Operation(Kind.WRITE, _handle(arguments), data=_texts(arguments)[:result], size=offset)
        case "write" | "writev":
            yield Operation(Kind.WRITE, _handle(arguments), data=_texts(arguments)[:result])
        case "ftruncate":
            yield Operation(Kind.TRUNCATE, _handle(arguments), size=int(arguments.rsplit(", ", 1)[1]))
        case "rename" | "renameat" | "renameat2":
            yield Operation(Kind.RENAME, *_paths(arguments))
        case "link" | "linkat":
            yield Operation(Kind.LINK, *_paths(arguments))
        case "unlink" | "unlinkat" | "rmdir":
            yield Operation(Kind.UNLINK, *_paths(arguments))
        case "fsync" | "fdatasync":
            yield Operation(Kind.SYNC_ENDS, _handle(arguments), call=call)
        case "copy_file_range":
            source, target = (_decode(found[1]) for found in _HANDLE.finditer(arguments))
            yield Operation(Kind.COPY, source, target, size=result)
        case "sendto" | "sendmsg":
            pass
        case _:
            yield Operation(Kind.UNKNOWN, _handle(arguments), data=name.encode())


def _split(text: str) -> tuple[str, str]:
    matched = _CALL.match(text)
    return (matched[1], matched[2]) if matched else ("", "")


def _texts(arguments: str) -> bytes:
    parts = []
    for found in _TEXT.finditer(arguments):
        if found[2]:
            raise Incomplete("a write was longer than what is recorded of one")
        parts.append(bytes.fromhex(found[1].replace("\\x", "")))
    return b"".join(parts)


def _decode(text: str) -> str:
    return bytes.fromhex(text.replace("\\x", "")).decode("utf-8", "surrogateescape")


def _handle(text: str) -> str:
    """The path of the open file that `text` begins with; empty for sockets, pipes, and what was removed meanwhile."""
    found = _HANDLE.match(text)
    return "" if found is None or found[2] else _decode(found[1])


_PLACE = re.compile(r'(?:(?:AT_FDCWD|\d+)<((?:\\x[0-9a-f]{2})+)>, )?"((?:\\x[0-9a-f]{2})*)"')


def _paths(arguments: str) -> list[str]:
    """The one or two paths of a call. A relative path without its directory stays relative: it is not below ours."""
    return [
        os.path.normpath(os.path.join(_decode(found[1] or ""), _decode(found[2])))
        for found in _PLACE.finditer(arguments)
    ]
