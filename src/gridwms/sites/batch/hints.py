"""What an operator can do about what commands at a site say."""

from __future__ import annotations

import re

_HINTS = (
    (
        r"(?P<what>[\w.-]+): (?:command )?not found",
        "the command {what} is not in the PATH there; set `environment` ({{ PATH = ... }}) of the site",
    ),
    (
        r"cannot stat file|s_p_parse_file|establish a configuration source",
        "its configuration is not found there; set `environment` ({{ SLURM_CONF = ... }}) of the site",
    ),
    (r"No space left|quota exceeded", "make room in {directory} there"),
    (
        r"cannot create directory|Read-only file system|Permission denied",
        "the account must be able to write in {directory} there; set `directory` of the site to another one",
    ),
)


def hinted(said: str, directory: str) -> str:
    """What was said, with a hint where it is known what to do. `directory`: ours at the site."""
    for pattern, hint in _HINTS:
        found = re.search(pattern, said, re.IGNORECASE)
        if found:
            return f"{said}: {hint.format(what=found.groupdict().get('what', ''), directory=directory)}"
    return said
