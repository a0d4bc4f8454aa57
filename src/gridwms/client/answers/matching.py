"""Where jobs could run, and why they are where they are."""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.client.answers.json import Json
from gridwms.client.answers.reasons import Reason
from gridwms.client.answers.submission import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A condition. It rejects so many resources; `alone` of them are rejected by nothing else.

    `side`: "job" for the job's Requirements, "resource" for the resources' own, "policy" for the service's. `relaxed`:
    the clause with another value, and how many resources that would open. `text` says all of it in words.
    """

    side: str
    clause: str
    rejects: int
    alone: int
    text: str
    relaxed: tuple[tuple[str, int], ...] = ()

    @classmethod
    def read(cls, told: Json) -> Clause:
        relaxed = tuple((clause, opens) for clause, opens in told.get("relaxed", ()))
        return cls(**{name: told[name] for name in cls.__slots__ if name != "relaxed"}, relaxed=relaxed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A resource that nearly matches. `fails`: the conditions that reject it. `has`: what these read of it, by name;
    None: it publishes no such attribute."""

    resource: str
    fails: tuple[str, ...]
    has: tuple[tuple[str, str | None], ...] = ()

    @classmethod
    def read(cls, told: Json) -> Miss:
        has = tuple((name, value) for name, value in told["has"])
        return cls(resource=told["resource"], fails=tuple(told["fails"]), has=has)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource that matches. `site` None: no site of the service leads there. `rank` None: Rank is no number."""

    ce: str
    site: str | None
    rank: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a job could run now, best first. `reason`: why nowhere. `best`: the single change that would open the most
    resources more; `misses`: some that nearly match."""

    resources: tuple[Resource, ...]
    considered: int
    summary: str
    clauses: tuple[Clause, ...]
    reason: Reason | None
    best: str = ""
    misses: tuple[Miss, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NodesMatch(Places):
    """The same for so many `nodes` of a compound that matching cannot tell apart; `name`: of the first of them."""

    name: str
    nodes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Match(Places):
    """Where a description could run now.

    Of a compound: `kinds` has what is said of its nodes, `resources` the computing elements that take each of those;
    `together`: all must go to one of these.
    """

    problems: tuple[Problem, ...] = ()
    kinds: tuple[NodesMatch, ...] = ()
    together: bool = False

    @classmethod
    def read(cls, told: Json) -> Match:
        return cls(
            **_places(told),
            problems=tuple(Problem.read(each) for each in told["problems"]),
            kinds=tuple(NodesMatch(**_places(kind), name=kind["name"], nodes=kind["nodes"]) for kind in told["kinds"]),
            together=told["together"],
        )

    @property
    def found(self) -> bool:
        """Whether there is a place, for each node if there are many."""
        if self.kinds and not self.together:
            return all(kind.resources for kind in self.kinds)
        return bool(self.resources)


def _places(told: Json) -> Json:
    return {
        "resources": tuple(Resource(ce=r["ce"], site=r["site"], rank=r["rank"]) for r in told["resources"]),
        "considered": told["considered"],
        "summary": told["summary"],
        "clauses": tuple(Clause.read(each) for each in told["clauses"]),
        "reason": Reason.read(told.get("reason")),
        "best": told.get("best", ""),
        "misses": tuple(Miss.read(each) for each in told.get("misses", ())),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What matching said of a job since a time. `reason` None: it found a place. `changes`: against before."""

    since: float
    reason: Reason | None
    summary: str
    changes: tuple[str, ...] = ()

    @classmethod
    def read(cls, told: Json) -> Verdict:
        changes = tuple(told.get("changes", ()))
        return cls(since=told["since"], reason=Reason.read(told["reason"]), summary=told["summary"], changes=changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why a job is where it is. `retries`: why earlier attempts failed. `best`: the single change that would open the
    most resources to a job that waits; `changes`: what differs now from the last verdict."""

    key: str
    id: str
    state: str
    sentence: str
    advice: str
    since: float
    reason: Reason | None = None
    clauses: tuple[Clause, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    retries: tuple[Reason, ...] = ()
    best: str = ""
    misses: tuple[Miss, ...] = ()
    changes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @classmethod
    def read(cls, told: Json) -> Why:
        return cls(
            key=told["key"],
            id=told["id"],
            state=told["state"],
            sentence=told["sentence"],
            advice=told["advice"],
            since=told["since"],
            reason=Reason.read(told["reason"]),
            clauses=tuple(Clause.read(each) for each in told["clauses"]),
            verdicts=tuple(Verdict.read(each) for each in told["verdicts"]),
            retries=tuple(Reason(code=r["code"], sentence=r["sentence"], advice=r["advice"]) for r in told["retries"]),
            best=told.get("best", ""),
            misses=tuple(Miss.read(each) for each in told.get("misses", ())),
            changes=tuple(told.get("changes", ())),
            warnings=tuple(told.get("warnings", ())),
        )
