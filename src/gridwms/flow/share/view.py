"""How VOs, groups and users stand: what `gridwms top` shows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from gridwms.flow.world import World
from gridwms.jobs.accounts import Account
from gridwms.jobs.charges import Holding, faded
from gridwms.match.shares import LEVELS, Limits, Standing, Tree, average_slots, loads
from gridwms.store import shares


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareView:
    """One line. `level`: vo, group or user; the names above it are those of its parents. `priority` None: it has had
    nothing. `slots`: used on average lately; `hours`: slot hours, faded. `limits`: those at single sites, in words."""

    level: str
    vo: str
    group: str
    user: str
    share: float
    had: float
    priority: float | None
    slots: float
    hours: float
    running: int
    queued: int
    waiting: int
    max_running: int | None
    max_queued: int | None
    limits: tuple[str, ...]


def standings(world: World, owner: str | None = None) -> list[ShareView]:
    """All VOs and groups with their users (of one owner alone, if given); whoever is to go first comes first."""
    accounts, holdings, waiting = world.database.read(_read)
    settings, now = world.settings.shares, world.clock()
    half_life = settings.half_life_seconds
    tree = Tree(settings, accounts, loads(holdings, now, half_life))
    sums = _Sums(accounts, holdings, waiting, now, half_life)
    views = []
    for standing in tree.standings():
        if standing.account is not None and owner is not None and standing.path[2] != owner:
            continue
        path = standing.path
        parties = settings.parties(Account(*(*path, "", "")[:3]))
        views.append(_view(standing, sums, parties[len(path) - 1].limits, half_life))
    return views


def _read(connection: Connection) -> tuple[dict[int, Account], dict[tuple[int, str], Holding], dict[int, int]]:
    holdings, waiting = shares.changed_since(connection, 0.0), shares.waiting(connection)
    known = {account for account, _site in holdings} | waiting.keys()
    accounts = shares.get_accounts(connection, known)
    return accounts, {key: one for key, one in holdings.items() if key[0] in accounts}, waiting


class _Sums:
    """What is held and has been used, by path."""

    def __init__(
        self,
        accounts: Mapping[int, Account],
        holdings: Mapping[tuple[int, str], Holding],
        waiting: Mapping[int, int],
        now: float,
        half_life: float,
    ) -> None:
        self.usage: Counter[tuple[str, ...]] = Counter()
        self.held: Counter[tuple[tuple[str, ...], str, str]] = Counter()
        self.waiting: Counter[tuple[str, ...]] = Counter()
        for (number, site), holding in holdings.items():
            account = accounts[number]
            usage = faded(holding, now, half_life).usage
            for level in range(1, 4):
                path = tuple(account[:level])
                self.usage[path] += usage  # type: ignore[assignment]
                for where in ("", site):
                    self.held[path, where, "running"] += holding.running
                    self.held[path, where, "queued"] += holding.queued
        for number, count in waiting.items():
            for level in range(1, 4):
                if number in accounts:
                    self.waiting[tuple(accounts[number][:level])] += count


def _view(standing: Standing, sums: _Sums, limits: Limits, half_life: float) -> ShareView:
    path = standing.path
    vo, group, user = (*path, "", "")[:3]
    usage = float(sums.usage[path])
    return ShareView(
        level=LEVELS[len(path) - 1].lower(),
        vo=vo,
        group=group,
        user=user,
        share=standing.share,
        had=standing.had,
        priority=None if math.isinf(standing.priority) else standing.priority,
        slots=average_slots(usage, half_life),
        hours=usage / 3600,
        running=sums.held[path, "", "running"],
        queued=sums.held[path, "", "queued"],
        waiting=sums.waiting[path],
        max_running=limits.running,
        max_queued=limits.queued,
        limits=tuple(_at_site(path, name, one, sums) for name, one in sorted(limits.sites.items())),
    )


def _at_site(path: tuple[str, ...], site: str, limits: Limits, sums: _Sums) -> str:
    running, queued = (sums.held[path, site, what] for what in ("running", "queued"))
    parts = []
    if limits.running is not None:
        parts.append(f"{running + queued} of {limits.running} at once")
    if limits.queued is not None:
        parts.append(f"{queued} of {limits.queued} queued")
    return f"{site}: {', '.join(parts)}"
