"""How many jobs more an account may have at a site, by the limits of its VO, its group and its owner."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

from gridwms.jobs.accounts import Account
from gridwms.jobs.charges import Holding
from gridwms.jobs.reasons import Reason, reason
from gridwms.match.shares import LEVELS, Limits, Shares

ANYWHERE = ""


class Headroom:
    """What VOs, groups and users have at sites, and what is left of their limits. Jobs are added as they get places."""

    def __init__(
        self, shares: Shares, accounts: Mapping[int, Account], holdings: Mapping[tuple[int, str], Holding]
    ) -> None:
        self._shares = shares
        self._accounts = accounts
        self._held: dict[tuple[int, str, str], list[int]] = defaultdict(lambda: [0, 0])
        if not shares.limited:
            return
        for (account, site), holding in holdings.items():
            if holding.held and account in accounts:
                self._add(account, site, holding.queued, holding.running)

    def sent(self, account: int, site: str, jobs: int = 1) -> None:
        """Jobs of an account were sent to a site."""
        if self._shares.limited:
            self._add(account, site, jobs, 0)

    def room(self, account: int, site: str = ANYWHERE) -> float:
        """How many more the account may send: to all sites together, or to this one by its own limits."""
        return min((left for _party, _limits, left in self._lefts(account, site)), default=math.inf)

    def site_room(self, account: int) -> dict[str, int]:
        """The same for each site for which there is a limit."""
        named = (self._shares.parties(self._accounts[account])) if self._shares.limited else ()
        sites = {site for party in named for site in party.limits.sites}
        return {site: int(room) for site in sites if (room := self.room(account, site)) < math.inf}

    def takes(self, account: int, site: str) -> bool:
        """Whether a job more of the account may go to this site."""
        return self.room(account) >= 1 and self.room(account, site) >= 1

    def why(self, account: int, sites: Iterable[str], *, every: bool) -> Reason | None:
        """The limit that keeps an account from sending jobs to all sites, or to one of these.

        `every`: one site alone is no answer; it has to be none of them that takes a job by its limits.
        """
        anywhere = self._full(account, ANYWHERE)
        if anywhere is not None or not self._shares.limited:
            return anywhere
        found = [self._full(account, site) for site in sorted(sites)]
        reasons = [why for why in found if why is not None]
        return reasons[0] if reasons and (not every or len(reasons) == len(found)) else None

    def _full(self, account: int, site: str) -> Reason | None:
        for who, limit, left in self._lefts(account, site):
            if left < 1:
                return reason("limit_reached", who=who, limit=limit, where=site or "all sites")
        return None

    def _lefts(self, account: int, site: str) -> Iterable[tuple[str, str, float]]:
        """Of each limit: whose it is, what it allows, and how many jobs more."""
        if not self._shares.limited:
            return
        names = self._accounts[account]
        for level, (party, kind) in enumerate(zip(self._shares.parties(names), LEVELS, strict=True)):
            limits = party.limits if site == ANYWHERE else party.limits.sites.get(site, _NONE)
            queued, running = self._held[level, names[level], site]
            who = f"{kind} {names[level]}".strip()
            if limits.running is not None:
                yield who, f"{limits.running} at once", float(max(0, limits.running - queued - running))
            if limits.queued is not None:
                yield who, f"{limits.queued} that do not run yet", float(max(0, limits.queued - queued))

    def _add(self, account: int, site: str, queued: int, running: int) -> None:
        for level, name in enumerate(self._accounts[account]):
            for where in (ANYWHERE, site):
                held = self._held[level, name, where]
                held[0] += queued
                held[1] += running


_NONE = Limits()
