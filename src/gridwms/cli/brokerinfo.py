"""`glite-brokerinfo`: the script that wrappers bring to worker nodes, installed as a command."""

from __future__ import annotations

import os
import sys
from importlib import resources


def run() -> None:
    """Becomes the script."""
    script = resources.files("gridwms.wrapper").joinpath("glite-brokerinfo.sh")
    with resources.as_file(script) as path:
        os.execv("/bin/sh", ["sh", str(path), *sys.argv[1:]])  # noqa: S606 - a shell is what is wanted
