"""The policy file: TOML, the rules in tables `[[rule]]`, who is who in tables `[[map]]`.

everyone = ["look", "check"]        # without this line: "use", all that a user may do with own jobs

[[rule]]
vo = "atlas"
role = "production"
allow = ["use", "cancel-others"]
of_vo = "atlas"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from gridwms.rights.lines import Block, any_line, blocks, key_line
from gridwms.rights.names import ALL, ALL_WORD, MEANING, OF_JOBS, USE, USE_WORD, Right
from gridwms.rights.pattern import Pattern, read_pattern
from gridwms.rights.problems import BadRules, Finding
from gridwms.rights.rule import By, Caller, Criterion, Rule, one_spelling

LARGEST = 16 << 20
"""Bytes of a file that is read."""
_RULE_KEYS = (*(one.value for one in Criterion), "anybody", "allow", "deny", "of_vo", "note")
_MAP_KEYS = ("issuer", "name", "group", "user", "vo", "refuse")
_PROXIES = ("/CN=proxy", "/CN=limited proxy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Who is who: patterns (`*`, `?`) that must all fit. `issuer` of the token, or of the certificate; `name`: the
    subject of the token, or the DN; `group`: any of the groups or FQANs. `user`: who they are here, with `{name}` for
    the name; "" as they come. `vo`: "" as they come. `refuse`: whoever fits is nobody here."""

    issuer: str = "*"
    name: str = "*"
    group: str = "*"
    user: str = ""
    vo: str = ""
    refuse: bool = False

    def fits(self, caller: Caller) -> bool:
        """Whether it is about somebody."""
        return (
            _fits(caller.issuer, self.issuer)
            and _fits(caller.name or caller.subject, self.name)
            and (self.group == "*" or any(_fits(one, self.group) for one in caller.groups))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFile:
    """What a file says. `everyone` None: nothing about that."""

    rules: tuple[Rule, ...] = ()
    rows: tuple[Row, ...] = ()
    everyone: frozenset[Right] | None = None


def read_policy_file(text: str, name: str = "policy.toml") -> PolicyFile:
    """The policy in a text. Raises BadRules with every finding; `name`: of the file, for people."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadRules([Finding(_line_in(str(error), text), f"this is not TOML: {error}")], name) from error
    return _Reader(text, name).read(data)


class _Reader:
    def __init__(self, text: str, name: str) -> None:
        self._lines = text.split("\n")
        self._name = name
        self._findings: list[Finding] = []
        self._block = Block(0, 0)
        self._placed = True

    def read(self, data: Mapping[str, Any]) -> PolicyFile:
        for key in data:
            if key not in ("everyone", "rule", "map"):
                self._findings.append(Finding(any_line(self._lines, key), _unknown(key, ("everyone", "rule", "map"))))
        everyone = None
        if "everyone" in data:
            self._block = Block(0, 0)
            everyone = self._rights(data, "everyone", any_line(self._lines, "everyone"))
        rules = tuple(self._rule(one) for one in self._tables(data, "rule"))
        rows = tuple(self._row(one) for one in self._tables(data, "map"))
        if self._findings:
            raise BadRules(sorted(self._findings), self._name)
        return PolicyFile(rules=rules, rows=rows, everyone=everyone)

    def _tables(self, data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
        """The tables of this name; on the way of each `_block` is set."""
        found = data.get(name, [])
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            self._findings.append(
                Finding(any_line(self._lines, name), f"'{name}' is written [[{name}]], as often as needed")
            )
            return []
        places = blocks(self._lines, name, len(found)) or [Block(max(any_line(self._lines, name) - 1, 0), 0)] * len(
            found
        )
        for one, place in zip(found, places, strict=True):
            one[""] = place
        return found

    def _rule(self, table: Mapping[str, Any]) -> Rule:
        self._begin(table, _RULE_KEYS, "rule")
        who = tuple(
            (criterion, patterns)
            for criterion in Criterion
            if criterion.value in table and (patterns := self._patterns(table, criterion.value))
        )
        self._check_who(table, who)
        allow, deny = self._rights(table, "allow"), self._rights(table, "deny")
        if not allow and not deny and not self._found_here():
            self._say("", "it neither allows nor denies anything")
        if table.get("allow") in (ALL_WORD, [ALL_WORD]):
            self._say("allow", f"'*' can be denied only; '{USE_WORD}' is all of a user, other rights are named")
        of_vo = self._patterns(table, "of_vo") if "of_vo" in table else ()
        if of_vo and allow | deny and not (allow | deny) & OF_JOBS:
            self._say("of_vo", "it narrows rights about jobs of others, and the rule has none of these")
        return Rule(
            who=who,
            allow=allow,
            deny=deny,
            of_vo=of_vo,
            note=self._text(table, "note"),
            where=f"{self._name} line {self._block.start + 1}",
            shown=", ".join(f"{one} {_shown(table[one.value])}" for one, _patterns in who) or "anybody",
        )

    def _check_who(self, table: Mapping[str, Any], who: tuple[tuple[Criterion, tuple[Pattern, ...]], ...]) -> None:
        if "anybody" in table and (table["anybody"] is not True or who):
            self._say("anybody", "it is 'anybody = true', and stands alone")
        named = {one.value for one in Criterion} & table.keys()
        if not named and "anybody" not in table:
            names = ", ".join(one.value for one in Criterion)
            self._say("", f"it does not say whom it is about ({names}, or anybody = true)")
        if Criterion.GROUP.value in named and Criterion.ISSUER.value not in named:
            self._say(
                "group", "groups of tokens are the word of an issuer: name the issuer too (FQANs of VOMS are fqan)"
            )
        kinds = {one.value for one in By}
        for pattern in dict(who).get(Criterion.BY, ()):
            if not pattern.exact or pattern.parts[0] not in kinds:
                self._say("by", f"it is one of {', '.join(sorted(kinds))}")
        for pattern in dict(who).get(Criterion.DN, ()):
            if pattern.parts[-1].endswith(_PROXIES):
                self._say("dn", "this is the name of a proxy; name the user, who is known by all of his proxies")
            elif pattern.exact and not pattern.parts[0].startswith("/"):
                self._say("dn", "a DN begins with a slash: /DC=org/CN=Ann")
        for pattern in dict(who).get(Criterion.FQAN, ()):
            if pattern.parts[0] and not pattern.parts[0].startswith("/"):
                self._say("fqan", "an FQAN begins with a slash: /atlas/Role=production")

    def _row(self, table: Mapping[str, Any]) -> Row:
        self._begin(table, _MAP_KEYS, "map")
        texts = {key: self._text(table, key) for key in _MAP_KEYS[:-1] if key in table}
        refuse = table.get("refuse", False)
        if not isinstance(refuse, bool):
            self._say("refuse", "it is true or false")
        return Row(**texts, refuse=bool(refuse))

    def _begin(self, table: Mapping[str, Any], known: tuple[str, ...], name: str) -> None:
        self._block = table[""]
        for key in table:
            if key and key not in known:
                self._say(key, _unknown(key, known))
            elif key and table[key] in ("", []):
                self._say(key, f"'{key}' is empty: leave it out of the {name}, or say something")

    def _patterns(self, table: Mapping[str, Any], key: str) -> tuple[Pattern, ...]:
        given = [table[key]] if isinstance(table[key], str) else table[key]
        if given in ([""], []):
            return ()  # that was said
        if not isinstance(given, list) or not all(isinstance(one, str) and one for one in given):
            self._say(key, f"'{key}' is a text, or a list of texts: one of them must fit")
            return ()
        texts = [one_spelling(one) for one in given] if key == Criterion.DN.value else given
        return tuple(map(read_pattern, texts))

    def _rights(self, table: Mapping[str, Any], key: str, line: int = 0) -> frozenset[Right]:
        given = table.get(key, [])
        words = [given] if isinstance(given, str) else given
        if not isinstance(words, list) or not all(isinstance(one, str) for one in words):
            self._say(key, f"'{key}' is a list of rights", line)
            return frozenset()
        found: set[Right] = set()
        for word in words:
            if word in (USE_WORD, ALL_WORD):
                found |= USE if word == USE_WORD else ALL
            elif word in MEANING:
                found.add(Right(word))
            else:
                self._say(key, _unknown(word, (*MEANING, USE_WORD), "right"), line)
        return frozenset(found)

    def _text(self, table: Mapping[str, Any], key: str) -> str:
        found = table.get(key, "")
        if not isinstance(found, str):
            self._say(key, f"'{key}' is a text")
            return ""
        return found

    def _say(self, key: str, sentence: str, line: int = 0) -> None:
        found = key_line(self._lines, self._block, key) if key else self._block.start + 1
        self._findings.append(Finding(line or found, sentence))

    def _found_here(self) -> bool:
        return any(self._block.start < one.line <= self._block.end for one in self._findings)


def _unknown(word: str, known: tuple[str, ...], what: str = "key") -> str:
    near = get_close_matches(word, known, 1)
    hint = f"; do you mean '{near[0]}'?" if near else f" (there are: {', '.join(known)})"
    return f"there is no {what} '{word[:60]}'{hint}"


def _shown(value: object) -> str:
    return " or ".join(map(str, value)) if isinstance(value, list) else str(value)


def _line_in(message: str, text: str) -> int:
    """The line that the parser names; at the end of the file it does not."""
    words = message.rpartition("at line ")[2].partition(",")[0]
    return int(words) if words.isdecimal() else len(text.rstrip().split("\n"))


def _fits(text: str, pattern: str) -> bool:
    return pattern == "*" or _matches(text, pattern)


@lru_cache(maxsize=4096)
def _matches(text: str, pattern: str) -> bool:
    return fnmatchcase(text, pattern)
