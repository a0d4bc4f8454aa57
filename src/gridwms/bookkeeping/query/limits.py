"""How many results a query may have, and what becomes of the rest (gLite reference: queries, result limits)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TypeVar

from gridwms.bookkeeping.query.errors import Failure

T = TypeVar("T")


class Excess(Enum):
    """What is answered when there is more than the limit allows: always together with the error E2BIG."""

    NONE = "nothing"
    ALL = "all of it"
    LIMITED = "as much as is allowed"


def limited(found: Sequence[T], limit: int, excess: Excess = Excess.NONE) -> tuple[Sequence[T], Failure | None]:
    """The results to answer with, and the error to answer beside them. A limit of 0 is none."""
    if limit <= 0 or len(found) <= limit:
        return found, None
    match excess:
        case Excess.ALL:
            kept = found
        case Excess.LIMITED:
            kept = found[:limit]
        case Excess.NONE:
            kept = found[:0]
    return kept, Failure.TOO_MANY
