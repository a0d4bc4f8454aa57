"""What is said of descriptions that are checked or handed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gridwms.client.answers.json import Json
from gridwms.client.answers.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A finding in a description. Lines and columns count from 1; 0: no place. `file`: of a node, when it is in one."""

    severity: str
    code: str
    message: str
    line: int = 0
    column: int = 0
    attribute: str = ""
    found: str = ""
    accepted: str = ""
    file: str = ""

    @classmethod
    def read(cls, told: Json) -> Problem:
        return cls(**{name: told[name] for name in cls.__slots__ if name in told})

    @classmethod
    def found_here(cls, problem: Any) -> Problem:
        """One that was found on this machine, by the reader that the service has too."""
        return cls(**{name: getattr(problem, name) for name in cls.__slots__ if name != "file"})

    @property
    def is_error(self) -> bool:
        return self.severity == "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feasible:
    """Whether jobs could run on the `considered` resources that are known now: `placed` of `jobs` could.

    `reason`: of the first that could not. `never`: conditions that none of the resources meets.
    """

    jobs: int
    placed: int
    considered: int
    sentence: str
    reason: Reason | None = None
    never: tuple[str, ...] = ()

    @classmethod
    def read(cls, told: Json | None) -> Feasible | None:
        if told is None:
            return None
        plain = {name: told[name] for name in ("jobs", "placed", "considered", "sentence")}
        return cls(**plain, reason=Reason.read(told.get("reason")), never=tuple(told["never"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What is wrong with a description; unless there are errors (and without a service) also whether it could run."""

    problems: tuple[Problem, ...]
    feasible: Feasible | None = None

    @classmethod
    def read(cls, told: Json) -> Checked:
        problems = tuple(Problem.read(each) for each in told["problems"])
        return cls(problems=problems, feasible=Feasible.read(told.get("feasible")))

    @property
    def ok(self) -> bool:
        """Whether it would be accepted."""
        return not any(problem.is_error for problem in self.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that has to be sent: its number, its name on the worker node, its path here.

    `key`: the job whose input sandbox it belongs to; a node's has its own.
    """

    index: int
    name: str
    local: str
    key: str = ""

    @classmethod
    def read(cls, told: Json) -> Upload:
        return cls(**{name: told[name] for name in cls.__slots__ if name in told})


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """The answer to one description. `id` empty: refused, and `problems` say why."""

    id: str
    key: str
    uploads: tuple[Upload, ...] = ()
    problems: tuple[Problem, ...] = ()
    nodes: int = 0

    @classmethod
    def read(cls, told: Json) -> Registered:
        return cls(
            id=told.get("id") or "",
            key=told.get("key") or "",
            uploads=tuple(Upload.read(each) for each in told["uploads"]),
            problems=tuple(Problem.read(each) for each in told["problems"]),
            nodes=told.get("nodes", 0),
        )
