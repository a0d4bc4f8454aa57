"""Who is charged for a job: its VO, the group (FQAN) in which its owner submitted it, and its owner.

The number of an account follows from the three, so a job needs no look-up to know its own.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple


class Account(NamedTuple):
    """A leaf of the tree of shares. `fqan`: "" when its owner acts for no group."""

    vo: str
    fqan: str
    owner: str

    @property
    def number(self) -> int:
        return account_number(self.vo, self.fqan, self.owner)


@lru_cache(maxsize=10_000)
def account_number(vo: str, fqan: str, owner: str) -> int:
    """A number of 63 bits: with a million accounts the chance that two have the same one is 1 in 18 million."""
    digest = blake2b("\0".join((vo, fqan, owner)).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
