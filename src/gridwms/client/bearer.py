"""Where people have their bearer tokens: WLCG Bearer Token Discovery, the first place that has one counts."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from gridwms.client.errors import LocalFile

_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
"""What may stand behind `Bearer` (RFC 6750)."""
_LONGEST = 1 << 16


def bearer_token(environment: Mapping[str, str], *, named: bool) -> str:
    """The token of the user; "" when there is none. `named`: what BEARER_TOKEN or BEARER_TOKEN_FILE say; else what lies
    where tools leave it, `bt_u<uid>` in XDG_RUNTIME_DIR or /tmp. Raises LocalFile."""
    if not named:
        name = f"bt_u{os.geteuid()}"
        runtime = environment.get("XDG_RUNTIME_DIR", "")
        places = [Path(runtime) / name] if runtime else []
        return next((token for path in (*places, Path("/tmp") / name) if (token := _left(path))), "")  # noqa: S108
    token = environment.get("BEARER_TOKEN", "").strip()
    if token:
        return _checked(token, "BEARER_TOKEN")
    file = environment.get("BEARER_TOKEN_FILE", "")
    if not file:
        return ""
    try:
        return _checked(_read(Path(file).expanduser()), f"the file {file} that BEARER_TOKEN_FILE names")
    except (OSError, UnicodeDecodeError) as error:
        raise LocalFile(
            f"The file {file} that BEARER_TOKEN_FILE names cannot be read: {error}.", "Get a new token, or unset it."
        ) from error


def _left(path: Path) -> str:
    """The token in a file that nobody named; one of somebody else, or that others can write, is passed over."""
    try:
        found = path.lstat()
        if found.st_uid != os.geteuid() or found.st_mode & 0o022 or not path.is_file() or path.is_symlink():
            return ""
        token = _read(path)
    except (OSError, UnicodeDecodeError):
        return ""
    return token if _TOKEN.fullmatch(token) else ""


def _read(path: Path) -> str:
    with path.open(encoding="ascii") as file:
        return file.read(_LONGEST).strip()


def _checked(token: str, where: str) -> str:
    if not _TOKEN.fullmatch(token):
        raise LocalFile(f"What stands in {where} is no token.", "Get a new one, or unset it.")
    return token
