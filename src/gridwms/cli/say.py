"""Speaking: results to stdout, everything else to stderr; colours only where a person looks on."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Mapping
from typing import Any, TextIO

_CODES = {"good": "32", "bad": "31", "busy": "34", "warn": "33", "soft": "2", "strong": "1"}


def line(text: str = "") -> None:
    """One line of results."""
    sys.stdout.write(f"{text}\n")


def lines(text: str) -> None:
    """Results that are lines already."""
    sys.stdout.write(text)


def note(text: str) -> None:
    """One line beside the results."""
    sys.stderr.write(f"{text}\n")


def data(value: Any) -> None:
    """Results for a program: one JSON document."""
    json.dump(_plain(value), sys.stdout, ensure_ascii=False, indent=2 if watched(sys.stdout) else None)
    sys.stdout.write("\n")


def json_line(value: Any) -> None:
    """One of many results for a program: a JSON document in one line."""
    sys.stdout.write(json.dumps(_plain(value), ensure_ascii=False) + "\n")


def paint(text: str, style: str, stream: TextIO | None = None) -> str:
    """`text` in a style (good, bad, busy, warn, soft, strong), where colours are seen."""
    if not text or not colourful(stream or sys.stdout) or style not in _CODES:
        return text
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m"


def watched(stream: TextIO) -> bool:
    """Whether a person reads the stream as it is written."""
    return stream.isatty()


def colourful(stream: TextIO) -> bool:
    """Whether colours are wanted there (https://no-color.org)."""
    return watched(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def clean(text: str) -> str:
    """Text from elsewhere, without what could steer a terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
