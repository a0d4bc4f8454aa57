"""What accounts hold and have used, kept between rounds: only what changed since the last look is read again."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from gridwms.flow.world import World
from gridwms.jobs.accounts import Account
from gridwms.jobs.charges import Holding
from gridwms.match.shares import Tree, loads
from gridwms.store import shares

_OVERLAP = 60.0
"""Seconds: other instances write with their own clocks, and a commit takes a while."""
_AFRESH = 600.0
"""Seconds after which everything is read again: what faded away is forgotten."""


class Ledger:
    """For one thread."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._accounts: dict[int, Account] = {}
        self._holdings: dict[tuple[int, str], Holding] = {}
        self._read_at = self._began_at = float("-inf")

    def refresh(self, connection: Connection, needed: Collection[int] = ()) -> None:
        """Read what changed, and who the accounts are that appear there or in `needed`."""
        now = self._world.clock()
        if now - self._began_at >= _AFRESH or now < self._read_at:
            self._holdings, self._accounts = {}, {}
            self._began_at, self._read_at = now, float("-inf")
        self._holdings |= shares.changed_since(connection, self._read_at - _OVERLAP)
        self._read_at = now
        unknown = {account for account, _site in self._holdings} | set(needed)
        self._accounts |= shares.get_accounts(connection, unknown - self._accounts.keys())

    @property
    def accounts(self) -> Mapping[int, Account]:
        return self._accounts

    @property
    def holdings(self) -> Mapping[tuple[int, str], Holding]:
        return self._holdings

    def tree(self, wanting: Collection[int]) -> Tree:
        """The shares as things are now, for accounts that want something; where there is but one, for that alone."""
        settings = self._world.settings.shares
        if len(wanting) == 1:
            return Tree(settings, {account: self._accounts[account] for account in wanting}, {})
        half_life = settings.half_life_seconds
        return Tree(settings, self._accounts, loads(self._holdings, self._world.clock(), half_life))
