"""Rules of who may do what, as the service tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gridwms.client.answers.json import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """Whether somebody has a right, and why."""

    right: str
    yes: bool
    why: str

    @classmethod
    def read(cls, told: Json) -> Ruling:
        return cls(**{name: told[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule. `who`: patterns by what somebody is known by; `shown`: the same for people. `of_vo`: the VOs whose jobs
    are meant; empty: all. `where`: file and line."""

    who: Mapping[str, tuple[str, ...]]
    shown: str
    allow: tuple[str, ...]
    deny: tuple[str, ...]
    of_vo: tuple[str, ...]
    note: str
    where: str

    @classmethod
    def read(cls, told: Json) -> Rule:
        return cls(
            who={key: tuple(patterns) for key, patterns in told["who"].items()},
            shown=told["shown"],
            allow=tuple(told["allow"]),
            deny=tuple(told["deny"]),
            of_vo=tuple(told["of_vo"]),
            note=told["note"],
            where=told["where"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRow:
    """Who a certificate or a token is there: patterns that must all fit, and the user and VO that they are."""

    issuer: str = "*"
    name: str = "*"
    group: str = "*"
    user: str = ""
    vo: str = ""
    refuse: bool = False

    @classmethod
    def read(cls, told: Json) -> MapRow:
        return cls(**{name: told[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules in force. `file`: the one that commands change. `trouble`: why files that were changed do not count.
    `everyone`: the rights of whomever no rule is about."""

    file: str
    trouble: str
    everyone: tuple[str, ...]
    rules: tuple[Rule, ...]
    map: tuple[MapRow, ...]

    @classmethod
    def read(cls, told: Json) -> Policy:
        return cls(
            file=told["file"],
            trouble=told["trouble"],
            everyone=tuple(told["everyone"]),
            rules=tuple(map(Rule.read, told["rules"])),
            map=tuple(map(MapRow.read, told["map"])),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """Who somebody would be there, and what he might do. `refused`: why he would be nobody; `banned`: why he may do
    nothing for now."""

    subject: str
    vo: str
    refused: str
    banned: str
    rights: tuple[Ruling, ...]
    rules: tuple[Rule, ...]

    @classmethod
    def read(cls, told: Json) -> Somebody:
        return cls(
            subject=told["subject"],
            vo=told["vo"],
            refused=told["refused"],
            banned=told["banned"],
            rights=tuple(map(Ruling.read, told["rights"])),
            rules=tuple(map(Rule.read, told["rules"])),
        )
