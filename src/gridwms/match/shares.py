"""Whose turn it is: shares of VOs, of groups in a VO, and of users in a group, against what they have had.

At each level whoever has had least for its share goes first, and a VO's turn is decided before that of its groups:
Slurm's Fair Tree (level fair share = share / usage, sorted level by level; slurm.schedmd.com/fair_tree.html). What
somebody has had is its *load*: the slots it used on average, fading with the half-life (HTCondor's real user
priority), and the slots it holds now. The second keeps turns from swinging: a VO that gets all free slots
because it had none lately stops getting them when what it holds makes up for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heapify, heappop, heapreplace
from itertools import count

from gridwms.jobs.accounts import Account
from gridwms.jobs.charges import Holding, faded

LEVELS = ("VO", "group", "user")
ROUGHLY = 0.05
"""The part of what it holds that an account may get at once: turns are exact to this much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Jobs at sites at once; None: any number. `running`: of all that are there, since any of them may start.
    `queued`: of those that do not run yet. `sites`: the same at single sites."""

    running: int | None = None
    queued: int | None = None
    sites: Mapping[str, Limits] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """What a VO, group or user is entitled to: a part in proportion to `share` of what its siblings and it use."""

    share: float = 1.0
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Shares and limits as the operator sets them. `each`: of those that are not named, by level."""

    on: bool = True
    half_life_seconds: float = 7 * 86400.0
    vos: Mapping[str, Party] = field(default_factory=dict)
    groups: Mapping[str, Party] = field(default_factory=dict)
    users: Mapping[str, Party] = field(default_factory=dict)
    each_vo: Party = Party()
    each_group: Party = Party()
    each_user: Party = Party()

    def parties(self, account: Account) -> tuple[Party, Party, Party]:
        """Of its VO, its group and its owner."""
        return (
            self.vos.get(account.vo, self.each_vo),
            self.groups.get(account.fqan, self.each_group) if account.fqan else Party(),
            self.users.get(account.owner, self.each_user),
        )

    @property
    def limited(self) -> bool:
        """Whether there is any limit."""
        named = (*self.vos.values(), *self.groups.values(), *self.users.values())
        return any(one.limits != Limits() for one in (*named, self.each_vo, self.each_group, self.each_user))


def average_slots(usage: float, half_life: float) -> float:
    """The slots that, used all the time, make this usage in the long run."""
    return usage * math.log(2) / half_life


def loads(holdings: Mapping[tuple[int, str], Holding], now: float, half_life: float) -> dict[int, float]:
    """The load of each account."""
    found: dict[int, float] = {}
    for (account, _site), holding in holdings.items():
        usage = average_slots(faded(holding, now, half_life).usage, half_life)
        found[account] = found.get(account, 0.0) + usage + holding.slots + holding.queued
    return found


@dataclass(slots=True, eq=False)
class Node:
    """A VO, a group or a user in the tree; `account` of users alone."""

    name: str
    share: float = 1.0
    load: float = 0.0
    account: int | None = None
    children: dict[str, Node] = field(default_factory=dict)
    turns: list[tuple[float, int, int, Node]] = field(default_factory=list)
    """The children that want something: a heap by load for their share, then by what waits longest."""

    @property
    def had(self) -> float:
        """Load for its share."""
        return self.load / self.share


class Tree:
    """The accounts with their loads, and whose turn it is."""

    def __init__(self, shares: Shares, accounts: Mapping[int, Account], load: Mapping[int, float]) -> None:
        self.root = Node("")
        self._paths: dict[int, tuple[Node, Node, Node, Node]] = {}
        self._on = shares.on
        self._order = count()
        for number, account in accounts.items():
            path = [self.root]
            for name, party in zip(account, shares.parties(account), strict=True):
                node = path[-1].children.get(name)
                if node is None:
                    node = path[-1].children[name] = Node(name, party.share)
                path.append(node)
            path[-1].account = number
            root, vo, group, user = path
            self._paths[number] = root, vo, group, user
            for node in path:
                node.load += load.get(number, 0.0)

    def wanting(self, accounts: Mapping[int, int]) -> None:
        """These accounts want something, each given with what to go by among equals: the least goes first."""
        first: dict[int, int] = {}
        for account, since in accounts.items():
            for node in self._paths[account]:
                first[id(node)] = min(first.get(id(node), since), since)
        for account in accounts:
            *above, _user = self._paths[account]
            for node in above:
                if not node.turns:
                    wanted = [child for child in node.children.values() if id(child) in first]
                    node.turns = [(self._had(one), first[id(one)], next(self._order), one) for one in wanted]
                    heapify(node.turns)

    def _had(self, node: Node) -> float:
        return node.had if self._on else 0.0

    def turn(self) -> tuple[int, int] | None:
        """Whose turn it is, and how many slots until it is another's; None when nobody wants anything."""
        node, allowed = self.root, math.inf
        while node.turns:
            best = node.turns[0][3]
            if self._on and len(node.turns) > 1:
                following = min(node.turns[1:3])[0]
                allowed = min(allowed, (following - best.had) * best.share)
            node = best
        if node.account is None:
            return None
        return node.account, int(min(max(1.0, allowed, node.load * ROUGHLY), 1e9))

    def took(self, account: int, slots: int) -> None:
        """The account whose turn it was got so many slots."""
        path = self._paths[account]
        for node in path:
            node.load += slots
        for node, child in zip(path[-2::-1], path[:0:-1], strict=True):
            _had, since, _order, _child = node.turns[0]
            heapreplace(node.turns, (self._had(child), since, next(self._order), child))

    def done(self, account: int) -> None:
        """The account whose turn it was wants nothing more."""
        path = self._paths[account]
        for node in path[-2::-1]:
            heappop(node.turns)
            if node.turns:
                break

    def standings(self) -> Iterator[Standing]:
        """All VOs, groups and users, each before what is below it, whoever is to go first before its siblings."""
        yield from _standings(self.root, ())

    def standing(self, account: int, level: int) -> Standing:
        """That of the VO (1), the group (2) or the user (3) of an account."""
        path = self._paths[account]
        return _standing(path[level - 1], path[level], tuple(node.name for node in path[1 : level + 1]))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a VO, group or user stands among its siblings. `share`, `had`: its part of what all of them are entitled to,
    and of what they have had. `priority`: the one over the other, infinite for whoever has had nothing."""

    path: tuple[str, ...]
    share: float
    had: float
    priority: float
    load: float
    account: int | None


def _standings(parent: Node, path: tuple[str, ...]) -> Iterator[Standing]:
    for child in sorted(parent.children.values(), key=lambda one: (one.had, one.name)):
        yield _standing(parent, child, (*path, child.name))
        yield from _standings(child, (*path, child.name))


def _standing(parent: Node, child: Node, path: tuple[str, ...]) -> Standing:
    shares = sum(one.share for one in parent.children.values())
    share = child.share / shares
    had = child.load / parent.load if parent.load > 0 else 0.0
    return Standing(path, share, had, share / had if had > 0 else math.inf, child.load, child.account)
