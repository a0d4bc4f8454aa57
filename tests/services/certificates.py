"""Certificates for tests: of this machine, and their own authority."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest


class Made(NamedTuple):
    """PEM files."""

    certificate: Path
    key: Path


def certificate(directory: Path) -> Made:
    """One for localhost and 127.0.0.1; skips the test when openssl is not installed."""
    if shutil.which("openssl") is None:
        pytest.skip("a certificate cannot be made: openssl is not installed (apt-get install openssl)")
    made = Made(directory / "certificate.pem", directory / "key.pem")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    names = "subjectAltName=IP:127.0.0.1,DNS:localhost"
    files = ["-keyout", str(made.key), "-out", str(made.certificate)]
    subprocess.run([*command.split(), "-addext", names, *files], check=True, capture_output=True)
    return made
