"""Which waiting jobs get places first: lines take turns by the shares of their accounts, within their limits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from weakref import WeakKeyDictionary

import numpy
from sqlalchemy import Connection

from gridwms.flow.share.ledger import Ledger
from gridwms.flow.share.limits import Headroom
from gridwms.flow.world import World
from gridwms.jobs.reasons import Reason, reason
from gridwms.match.shares import LEVELS
from gridwms.match.verdict import Verdict
from gridwms.store import shares
from gridwms.store.listing import Line

_DAY = 86400.0
Held = tuple[int, str]
"""Jobs of an account in a match class."""
Told = tuple[str, Callable[[], Reason]]
"""What makes it another reason (not the numbers that change by the minute), and what makes the reason."""


class Rounds:
    """What the rounds of a scheduler share. For one thread."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ledger = Ledger(world)
        self._said: dict[Held, str] | None = None
        self._sites: WeakKeyDictionary[Verdict, frozenset[str]] = WeakKeyDictionary()

    def begin(self, lines: Sequence[Line], most: int) -> Turns:
        """A round over these lines, with places for so many jobs of each."""
        accounts = {line.account for line in lines}
        self.world.database.read(lambda connection: self.ledger.refresh(connection, accounts))
        banned = self._banned(accounts)
        turns = Turns(self, [line for line in lines if line.account not in banned], most)
        turns.held = {
            (line.account, line.match_class): ("banned", partial(_itself, banned[line.account]))
            for line in lines
            if line.account in banned
        }
        return turns

    def _banned(self, accounts: Collection[int]) -> dict[int, Reason]:
        """Accounts whose jobs get no places, and why."""
        if not self.world.bans.all():
            return {}
        found = {}
        for number in accounts:
            account = self.ledger.accounts[number]
            ban = self.world.bans.on(account.owner, account.vo, [account.fqan] if account.fqan else [])
            if ban is not None:
                found[number] = reason(
                    "banned", who=f"{ban.kind} {ban.name}", why=f": {ban.reason}" if ban.reason else ""
                )
        return found

    def nobody_waits(self) -> None:
        """Nothing is held back any more."""
        self.say({})

    def allowance(self, connection: Connection) -> Callable[[int, str], bool]:
        """Asked for each job, in the transaction that places it: whether limits let its account send it to a site."""
        settings = self.world.settings.shares
        if not settings.limited:
            return lambda _account, _site: True
        headroom = Headroom(settings, shares.get_accounts(connection), shares.held(connection))

        def allowed(account: int, site: str) -> bool:
            if not headroom.takes(account, site):
                return False
            headroom.sent(account, site)
            return True

        return allowed

    def sites(self, verdict: Verdict) -> frozenset[str]:
        """The sites that lead to what matches."""
        if verdict not in self._sites:
            self._sites[verdict] = frozenset(one.site for one in verdict.candidates if one.site)
        return self._sites[verdict]

    def say(self, held: Mapping[Held, Told]) -> None:
        """Write down what holds jobs back, where that has changed."""
        if self._said is None:
            before = self.world.database.read(shares.holds_of)
            self._said = {key: _sign(why) for key, (_since, why) in before.items()}
        changed: dict[Held, Reason | None] = {
            key: make() for key, (sign, make) in held.items() if self._said.get(key) != sign
        }
        changed |= dict.fromkeys(self._said.keys() - held.keys())
        if changed:
            now = self.world.clock()
            self.world.database.write(lambda connection: shares.put_holds(connection, changed, now))
        self._said = {key: sign for key, (sign, _make) in held.items()}


def _sign(why: Reason) -> str:
    return " ".join((why.code, *(why.params[name] for name in ("who", "where") if why.code == "limit_reached")))


class Turns:
    """One round. Ask `next`, give it places, tell `got`; at the end `say` why others got none."""

    def __init__(self, rounds: Rounds, lines: Sequence[Line], most: int) -> None:
        self._rounds = rounds
        world, ledger = rounds.world, rounds.ledger
        self._settings = world.settings.shares
        self._of: dict[int, list[Line]] = defaultdict(list)
        for line in sorted(lines, key=lambda one: (-one.priority, one.first), reverse=True):
            self._of[line.account].append(line)
        self._most = most
        self._left = {line: min(line.waiting, most) for line in lines}
        self._headroom = Headroom(self._settings, ledger.accounts, ledger.holdings)
        self._tree = ledger.tree(self._of)
        self._tree.wanting({account: min(one.first for one in mine) for account, mine in self._of.items()})
        self._short: dict[Held, Line] = {}
        self.full: set[str] = set()
        """Classes for which there is no place left."""
        self.held: dict[Held, Told] = {}
        """What keeps back those that take no part."""
        self.cut = False
        """Whether lines wanted more than one round gives."""

    def next(self) -> tuple[Line, int] | None:
        """The line whose turn it is, and about how many slots it may get before it is another's turn."""
        while (turn := self._tree.turn()) is not None:
            account, slots = turn
            mine = self._of[account]
            while mine:
                line = mine[-1]
                if line.match_class not in self.full and self.wanted(line) >= 1:
                    return line, slots
                self._end(mine.pop())
            self._tree.done(account)
        return None

    def wanted(self, line: Line) -> int:
        """How many jobs of a line may still get a place."""
        return int(min(self._left[line], self._headroom.room(line.account)))

    def site_room(self, line: Line) -> dict[str, int]:
        """How many of them may go to sites for which there are limits."""
        return self._headroom.site_room(line.account)

    def got(self, line: Line, sites: Mapping[str, int], wanted: int, slots: int) -> None:
        """A line got so many places at these sites, of as many as it wanted; each takes so many slots."""
        jobs = sum(sites.values())
        self._left[line] -= jobs
        for site, some in sites.items():
            self._headroom.sent(line.account, site, some)
        if jobs:
            self._tree.took(line.account, jobs * slots)
        if jobs < wanted:
            if not self._headroom.site_room(line.account):
                self.full.add(line.match_class)
            self._end(self._of[line.account].pop())
        elif not self._left[line] and line.waiting > self._most:
            self.cut = True

    def _end(self, line: Line) -> None:
        if self._left[line] > 0:
            self._short.setdefault((line.account, line.match_class), line)

    def say(self, verdicts: Mapping[str, Verdict]) -> None:
        """Write down what kept back those that got too few places, where that is not their class alone."""
        self._rounds.say(self._held(verdicts) | self.held)

    def _held(self, verdicts: Mapping[str, Verdict]) -> dict[Held, Told]:
        held: dict[Held, Told] = {}
        crowded: dict[int, list[Line]] = defaultdict(list)
        for (account, match_class), line in self._short.items():
            sites = self._rounds.sites(verdicts[match_class]) if self._settings.limited else frozenset()
            limit = self._headroom.why(account, sites, every=match_class in self.full)
            if limit is not None:
                held[account, match_class] = _sign(limit), partial(_itself, limit)
            else:
                crowded[account].append(line)
        if self._settings.on and len(crowded) > 1:
            held |= self._behind(crowded, verdicts)
        return held

    def _behind(self, crowded: Mapping[int, list[Line]], verdicts: Mapping[str, Verdict]) -> dict[Held, Told]:
        """Lines of accounts for whose places others wait that go first."""
        held: dict[Held, Told] = {}
        order = [one.account for one in self._tree.standings() if one.account is not None and one.account in crowded]
        highest = max(
            int(verdicts[line.match_class].candidates.rows.max(initial=0)) for mine in crowded.values() for line in mine
        )
        wanted = numpy.zeros(highest + 1, dtype=numpy.bool_)
        classes: set[str] = set()
        ahead = 0
        for account in order:
            for line in crowded[account] if ahead else ():
                verdict = verdicts[line.match_class]
                if line.match_class in classes or wanted[verdict.candidates.rows].any():
                    told = partial(self._fair, account, order[0], ahead, verdict)
                    held[account, line.match_class] = "fair_share", told
            for line in crowded[account]:
                ahead += self._left[line]
                if line.match_class not in classes:
                    classes.add(line.match_class)
                    wanted[verdicts[line.match_class].candidates.rows] = True
        return held

    def _fair(self, account: int, first: int, ahead: int, verdict: Verdict) -> Reason:
        mine, theirs = self._rounds.ledger.accounts[account], self._rounds.ledger.accounts[first]
        level = next((n for n, (one, other) in enumerate(zip(mine, theirs, strict=True), 1) if one != other), 3)
        standing = self._tree.standing(account, level)
        return reason(
            "fair_share",
            matching=len(verdict.candidates),
            ahead=ahead,
            who=f"{LEVELS[level - 1]} {standing.path[-1]}".strip(),
            had=f"{standing.had:.1%}",
            share=f"{standing.share:.1%}",
            half_life=f"{self._settings.half_life_seconds / _DAY:g}",
        )


def _itself(why: Reason) -> Reason:
    return why
