"""What names an authority may sign, as its `.signing_policy` file says (Globus's EACL)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from fnmatch import translate

from gridwms.x509.errors import BadCredential

_MOST = 1 << 18
"""Bytes of a file that are looked at; the largest in use are a few kB."""


def read_signing_policy(text: str, where: str) -> dict[str, tuple[str, ...]]:
    """Patterns of subjects by authority, as `{DN: (pattern, ...)}`. Raises BadCredential naming file and line.

    `*` stands for any characters, slashes too. An authority with an entry may sign nothing that no pattern takes;
    an entry with rights other than `CA:sign`, or negative ones, gives nothing.
    """
    if len(text) > _MOST:
        raise BadCredential(f"{where} is larger than {_MOST} bytes.", "Put the authority's own file there.")
    policies: dict[str, list[str]] = {}
    authority = ""
    may_sign = False
    for number, line in enumerate(text.splitlines(), 1):
        words = _words(line, f"{where}, line {number}")
        if not words:
            continue
        key, _, *rest = [*words, "", ""]
        if key == "access_id_CA":
            authority, may_sign = rest[0], False
            policies.setdefault(authority, [])
        elif key in ("pos_rights", "neg_rights"):
            may_sign = key == "pos_rights" and len(words) > 2 and words[2] == "CA:sign"
        elif key == "cond_subjects":
            if authority and may_sign:
                policies[authority] += _patterns(rest[0])
        elif key.startswith("access_id_"):
            authority = ""
    return {name: tuple(patterns) for name, patterns in policies.items()}


def may_sign(policies: Mapping[str, Iterable[str]], authority: str, subject: str) -> bool:
    """Whether an authority may sign this subject; one without an entry may sign any (as Globus has it when no file is
    there)."""
    patterns = policies.get(authority)
    return patterns is None or any(re.match(_expression(pattern), subject, re.IGNORECASE) for pattern in patterns)


def _expression(pattern: str) -> str:
    return translate(pattern.replace("[", "[[]").replace("?", "[?]"))


def _words(line: str, where: str) -> list[str]:
    try:
        return shlex.split(line, comments=True, posix=True)
    except ValueError as error:
        raise BadCredential(f"{where} is no line of a signing policy: {error}.", "Fetch the file anew.") from error


def _patterns(text: str) -> list[str]:
    """`'"one" "two"'` is two patterns, `'one with blanks'` is one."""
    return re.findall(r'"([^"]*)"', text) or [text]
