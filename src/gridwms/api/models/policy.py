"""Rules of who may do what, and who is who."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gridwms.api.models.problem import Out
from gridwms.rights.file import Row
from gridwms.rights.names import Right
from gridwms.rights.rule import Criterion, Rule

Text = Annotated[str, Field(max_length=1000)]


class RulingOut(Out):
    """Whether somebody has a right, and why."""

    right: Right
    yes: bool
    why: str


class WhoIn(Out):
    """Whom a rule is about: patterns by what somebody is known by (user, dn, fqan, group, role, vo, issuer, by), one of
    each must fit; nothing: everybody."""

    who: dict[Criterion, Annotated[list[Text], Field(min_length=1, max_length=1000)]] = Field(default_factory=dict)


class RuleIn(WhoIn):
    """A rule. `of_vo`: the VOs whose jobs are meant, where a right is about jobs of others."""

    allow: list[str] = Field(default_factory=list)
    deny: list[str] = Field(default_factory=list)
    of_vo: list[Text] = Field(default_factory=list)
    note: Text = ""


class RuleOut(Out):
    """A rule in force. `shown`: whom it is about, for people. `where`: file and line."""

    who: dict[str, list[str]]
    shown: str
    allow: list[str]
    deny: list[str]
    of_vo: list[str]
    note: str
    where: str

    @classmethod
    def of(cls, rule: Rule) -> RuleOut:
        return cls(
            who={criterion.value: [one.text for one in patterns] for criterion, patterns in rule.who},
            shown=rule.shown,
            allow=[right for right in Right if right in rule.allow],
            deny=[right for right in Right if right in rule.deny],
            of_vo=[one.text for one in rule.of_vo],
            note=rule.note,
            where=rule.where,
        )


class RowIn(Out):
    """Who a certificate or a token is here; patterns that must all fit."""

    issuer: Text = "*"
    name: Text = "*"
    group: Text = "*"
    user: Text = ""
    vo: Text = ""
    refuse: bool = False

    @classmethod
    def of(cls, row: Row) -> RowIn:
        return cls.model_validate(row)


class PolicyOut(Out):
    """The rules in force. `file`: the one that these commands change. `trouble`: why files that were changed do not
    count; "" when all is well. `everyone`: the rights of whomever no rule is about."""

    file: str
    trouble: str
    everyone: list[str]
    rules: list[RuleOut]
    map: list[RowIn]


class ChangedOut(Out):
    """`changed`: how many rules, or rows, were added or removed."""

    changed: int
    policy: PolicyOut


class SomebodyIn(Out):
    """Somebody as he may come: `name` is the DN, the subject of a token, or the name of a user of the service's own."""

    name: Text
    issuer: Text = ""
    vo: Text = ""
    groups: list[Text] = Field(default_factory=list)


class SomebodyOut(Out):
    """Who that would be here, and what he might do. `refused`: why he would be nobody."""

    subject: str
    vo: str
    refused: str
    banned: str
    rights: list[RulingOut]
    rules: list[RuleOut]
