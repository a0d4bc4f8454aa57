"""Making a description that of an interactive job, in place: what the service says about its lines stays true."""

from __future__ import annotations

import re

_SKIPPED = r"//[^\n]*|^[ \t]*\#[^\n]*|/\*.*?\*/"
_TOKEN = re.compile(rf'(?P<skipped>{_SKIPPED})|"(?:[^"\\]|\\.)*"|\w+|[^\s\w]', re.DOTALL | re.MULTILINE)


def make_interactive(text: str, *, terminal: bool) -> str:
    """The JDL with `JobType = "Interactive"`, unless it names a JobType, and with a terminal if one is wanted."""
    tokens = [found for found in _TOKEN.finditer(text) if not found["skipped"]]
    words = [found[0].lower() for found in tokens]
    added = []
    if "jobtype" not in words:
        added.append('JobType = "Interactive";')
    if terminal and "interactiveterminal" not in words:
        added.append("InteractiveTerminal = true;")
    if not added:
        return text
    place = tokens[-1].end() if tokens else len(text)
    if words and words[-1] == "]":
        place = tokens.pop().start()
        words.pop()
    divided = "" if not words or words[-1] in (";", "[") else ";"
    return f"{text[:place]}{divided} {' '.join(added)} {text[place:]}"
