"""Descriptions named on the command line."""

from __future__ import annotations

import sys
from pathlib import Path

from gridwms.client.submission import Description, description, read


def source(file: str) -> Description:
    """A description in a file; `-` is standard input. Raises LocalFile."""
    if file == "-":
        return description("standard input", sys.stdin.buffer.read(), (Path.cwd(),))
    return read(Path(file))
