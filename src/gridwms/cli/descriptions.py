"""Descriptions named on the command line."""

from __future__ import annotations

import sys
from pathlib import Path


def source(file: str) -> tuple[str, Path | bytes]:
    """What to call a description, and where it comes from; `-` is standard input."""
    return ("standard input", sys.stdin.buffer.read()) if file == "-" else (file, Path(file))
