"""The flags of a query: what is to be added to the answer (gLite reference: queries)."""

from __future__ import annotations

import re
from enum import IntFlag

from gridwms.bookkeeping.query.errors import Failure, QueryError


class Flags(IntFlag):
    """With the numbers of L&B."""

    NONE = 0
    CLASSADD = 1
    CHILDREN = 2
    CHILDSTAT = 4
    CHILDHIST_FAST = 8
    CHILDHIST_THOROUGH = 16
    ANONYMIZED = 32
    TERMINAL_STATES = 64
    HISTORY = 128
    BOOTSTRAP = 256
    VOLATILE = 512
    NO_JOBS = 1024
    NO_STATES = 2048


_ALIASES = {"CLASSADS": "CLASSADD", "CHILDHIST": "CHILDHIST_FAST"}


def parse_flags(text: str) -> Flags:
    """The flags in `classadd+childhist_thorough` (blanks and commas also separate). Raises QueryError."""
    flags = Flags.NONE
    for name in re.split(r"[+,\s]+", text.strip()):
        if not name:
            continue
        known = _ALIASES.get(name.upper(), name.upper())
        if known not in Flags.__members__:
            raise QueryError(Failure.UNPARSABLE, f"there is no flag '{name[:60]}'")
        flags |= Flags[known]
    return flags


def flags_text(flags: Flags) -> str:
    """The flags as they stand in a URL."""
    return "+".join(one.name.lower() for one in Flags if one and one in flags and one.name)
