"""One rule: whom it is about, what it allows and denies."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from gridwms.rights.names import Right
from gridwms.rights.pattern import Pattern

_EMAIL = re.compile(r"/(?:E|Email|emailAddress)=", re.IGNORECASE)


class By(StrEnum):
    """What somebody showed."""

    CERTIFICATE = "certificate"
    TOKEN = "token"  # noqa: S105 (a word)
    LOCAL = "local"
    """A token file of the service's own."""


class Caller(NamedTuple):
    """Somebody as rules see them. `name`: what the issuer calls them. `issuer`: the URL of a token's, or the DN of an
    authority; "" for a user of the service's own."""

    subject: str
    name: str = ""
    vo: str = ""
    groups: tuple[str, ...] = ()
    issuer: str = ""

    @property
    def by(self) -> By:
        if not self.issuer:
            return By.LOCAL
        return By.CERTIFICATE if self.issuer.startswith("/") else By.TOKEN


class Criterion(StrEnum):
    """By what a rule knows somebody; the most telling first."""

    USER = "user"
    """As they are known here."""
    DN = "dn"
    """Of a certificate."""
    FQAN = "fqan"
    """Of VOMS."""
    GROUP = "group"
    """Of a token; only with its issuer, for any issuer may use any name."""
    ROLE = "role"
    """In an FQAN of VOMS."""
    VO = "vo"
    ISSUER = "issuer"
    BY = "by"


def names_of(caller: Caller) -> dict[Criterion, tuple[str, ...]]:
    """What a caller has of each kind. DNs and FQANs count with certificates alone, groups with tokens: what the one
    kind of issuer says must not pass for the word of the other."""
    found: dict[Criterion, tuple[str, ...]] = {
        Criterion.USER: (caller.subject,),
        Criterion.VO: (caller.vo,) if caller.vo else (),
        Criterion.ISSUER: (caller.issuer,) if caller.issuer else (),
        Criterion.BY: (caller.by.value,),
    }
    if caller.by is By.CERTIFICATE:
        found[Criterion.DN] = (one_spelling(caller.name or caller.subject),)
        found[Criterion.FQAN] = tuple(dict.fromkeys(form for fqan in caller.groups for form in fqan_forms(fqan)))
        roles = (fqan.partition("/Role=")[2].partition("/Capability=")[0] for fqan in caller.groups)
        found[Criterion.ROLE] = tuple({role for role in roles if role and role != "NULL"})
    elif caller.by is By.TOKEN:
        found[Criterion.GROUP] = caller.groups
    return found


def fqan_forms(fqan: str) -> tuple[str, ...]:
    """The ways to write an FQAN, the shortest first: what is NULL may be left out."""
    short = fqan.removesuffix("/Capability=NULL").removesuffix("/Role=NULL")
    if "/Capability=" in short:
        return (short,)
    with_role = short if "/Role=" in short else f"{short}/Role=NULL"
    return tuple(dict.fromkeys((short, with_role, f"{with_role}/Capability=NULL")))


def one_spelling(dn: str) -> str:
    """A DN with one spelling of the mail address. Marks of proxies stay: who was verified has none."""
    return _EMAIL.sub("/emailAddress=", dn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`who`: of each criterion one pattern at least must fit; without any it is about everybody. `of_vo`: the VOs whose
    jobs are meant, where a right is about jobs of others; empty: all. `where`: file and line, for people."""

    who: tuple[tuple[Criterion, tuple[Pattern, ...]], ...] = ()
    allow: frozenset[Right] = frozenset()
    deny: frozenset[Right] = frozenset()
    of_vo: tuple[Pattern, ...] = ()
    note: str = ""
    where: str = ""
    shown: str = field(default="anybody", compare=False)
    """`who` as it was written."""

    def fits(self, names: dict[Criterion, tuple[str, ...]]) -> bool:
        """Whether it is about somebody."""
        return all(
            any(pattern.fits(name) for name in names.get(criterion, ()) for pattern in patterns)
            for criterion, patterns in self.who
        )

    def reaches(self, vo: str) -> bool:
        """Whether it is about jobs of this VO."""
        return not self.of_vo or any(pattern.fits(vo) for pattern in self.of_vo)

    @property
    def narrow(self) -> bool:
        """Whether it is about jobs of some VOs alone."""
        return bool(self.of_vo)
