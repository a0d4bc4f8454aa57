"""Descriptions named on the command line."""

from __future__ import annotations

import sys
from pathlib import Path

from gridwms.client.submission import Description, description, read


def source(file: str, dialect: str = "") -> Description:
    """A description in a file; `-` is standard input. Raises LocalFile."""
    if file == "-":
        return description("standard input", sys.stdin.buffer.read(), (Path.cwd(),), dialect)
    return read(Path(file), dialect)
