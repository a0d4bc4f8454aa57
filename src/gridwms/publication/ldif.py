"""LDIF (RFC 2849): entries as text that no value can break out of."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_SAFE = re.compile(r"[\x01-\x09\x0b\x0c\x0e-\x1f!-9;=-\x7f][\x01-\x09\x0b\x0c\x0e-\x7f]*")
_SPECIAL = re.compile(r'([,+"\\<>;=])')


class Entry(NamedTuple):
    """An entry: its name, and attributes with their values; empty ones are left out."""

    dn: str
    attributes: Sequence[tuple[str, Sequence[str] | str]]


def written(entries: Iterable[Entry]) -> str:
    """The entries, a blank line behind each."""
    return "".join(_entry(entry) for entry in entries)


def name(attribute: str, value: str) -> str:
    """A part of a DN (RFC 4514)."""
    escaped = _SPECIAL.sub(r"\\\1", value).replace("\0", "\\00")
    if escaped.startswith(("#", " ")):
        escaped = f"\\{escaped}"
    if escaped.endswith(" ") and not escaped.endswith("\\ "):
        escaped = f"{escaped[:-1]}\\ "
    return f"{attribute}={escaped}"


def ascii_text(text: str) -> str:
    """For attributes that can have nothing else."""
    return text.encode("ascii", "replace").decode("ascii")


def _entry(entry: Entry) -> str:
    lines = [_line("dn", entry.dn)]
    for attribute, values in entry.attributes:
        lines += [_line(attribute, value) for value in ([values] if isinstance(values, str) else values) if value]
    return "\n".join(lines) + "\n\n"


def _line(attribute: str, value: str) -> str:
    if _SAFE.fullmatch(value) and not value.endswith(" "):
        return f"{attribute}: {value}"
    return f"{attribute}:: {base64.b64encode(value.encode('utf-8', 'replace')).decode('ascii')}"
