"""What became of wishes to end jobs."""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.client.answers.json import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class OldJob:
    """A job that was purged by its age, or would be. `since`: when it came into the state it was in."""

    key: str
    id: str
    owner: str
    state: str
    since: float

    @classmethod
    def read(cls, told: Json) -> OldJob:
        return cls(**{name: told[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """Some of them; `more`: there are others."""

    jobs: tuple[OldJob, ...]
    more: bool

    @classmethod
    def read(cls, told: Json) -> Purged:
        return cls(jobs=tuple(OldJob.read(each) for each in told["jobs"]), more=told["more"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What became of the wish to end a job. `done`: False when nothing was to be done, or it cannot be done now."""

    key: str
    id: str
    done: bool
    sentence: str
    state: str

    @classmethod
    def read(cls, told: Json) -> Ended:
        return cls(**{name: told[name] for name in cls.__slots__})
