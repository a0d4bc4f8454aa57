"""The server's policy file: parser and decision (gLite reference: access control, policy file).

    resource "LB" {
        action "READ_ALL" { rule permit { subject = "/CN=Ann" } rule permit { fqan = "/vo/Role=admin" } }
        action "LOG_WMS_EVENTS" { rule permit { subject = ".*" } }
    }

There is no deny; an action without rules is denied. All lines of one rule must hold; the only wildcard is `.*`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from gridwms.bookkeeping.access.acl import Client
from gridwms.bookkeeping.subjects import same_subject


class BadPolicy(Exception):
    """The text is no policy; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line


class Action(StrEnum):
    """What a policy speaks about."""

    ADMIN_ACCESS = "ADMIN_ACCESS"
    READ_ALL = "READ_ALL"
    PURGE = "PURGE"
    STATUS_FOR_MONITORING = "STATUS_FOR_MONITORING"
    GET_STATISTICS = "GET_STATISTICS"
    REGISTER_JOBS = "REGISTER_JOBS"
    REGISTER_FOREIGN = "REGISTER_FOREIGN"
    LOG_WMS_EVENTS = "LOG_WMS_EVENTS"
    LOG_CE_EVENTS = "LOG_CE_EVENTS"
    LOG_GENERAL_EVENTS = "LOG_GENERAL_EVENTS"
    GRANT_OWNERSHIP = "GRANT_OWNERSHIP"
    READ_ANONYMIZED = "READ_ANONYMIZED"


ANY = ".*"


@dataclass(frozen=True, slots=True)
class Rule:
    """What must hold of a client, all of it: (`subject` or `fqan`, value)."""

    attributes: tuple[tuple[str, str], ...]

    def holds(self, client: Client) -> bool:
        """Whether it holds; a rule that says nothing never does."""
        return bool(self.attributes) and all(_holds(name, value, client) for name, value in self.attributes)


def _holds(name: str, value: str, client: Client) -> bool:
    if value == ANY:
        return True
    return same_subject(value, client.subject) if name == "subject" else value in client.fqans


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy: its rules by action."""

    rules: dict[Action, tuple[Rule, ...]] = field(default_factory=dict)

    def permits(self, action: Action, client: Client) -> bool:
        """Whether a client may do this."""
        return any(rule.holds(client) for rule in self.rules.get(action, ()))


_TOKEN = re.compile(r'[ \t\r\n]+|#[^\n]*|([A-Za-z0-9_]+)|"([^"\n]*)"|([={}])')


def parse_policy(text: str) -> Policy:
    """The policy in the text. Raises BadPolicy."""
    reader = _Reader(text)
    reader.word("resource")
    if (name := reader.quoted()) != "LB":
        raise BadPolicy(f"undefined resource '{name[:60]}'", reader.line)
    reader.sign("{")
    rules: dict[Action, tuple[Rule, ...]] = {}
    while reader.next_is("action"):
        reader.word("action")
        name = reader.quoted()
        if name not in Action.__members__:
            raise BadPolicy(f"undefined action '{name[:60]}'", reader.line)
        reader.sign("{")
        found: list[Rule] = []
        while reader.next_is("rule"):
            found.append(_rule(reader))
        reader.sign("}")
        rules[Action(name)] = (*rules.get(Action(name), ()), *found)
    reader.sign("}")
    reader.end()
    return Policy(rules)


def _rule(reader: _Reader) -> Rule:
    reader.word("rule")
    reader.word("permit")
    reader.sign("{")
    attributes: list[tuple[str, str]] = []
    while not reader.next_is("}"):
        name = reader.word()
        if name == "rule":
            reader.word("any")
            attributes.append(("subject", ANY))
            continue
        if name not in ("subject", "fqan"):
            raise BadPolicy(f"undefined attribute '{name[:60]}'", reader.line)
        reader.sign("=")
        attributes.append((name, reader.quoted()))
    reader.sign("}")
    return Rule(tuple(attributes))


class _Reader:
    """The words, quoted texts and signs of a policy, one after the other."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str, int]] = []
        self.at = 0
        self.line = 1
        position, line = 0, 1
        while position < len(text):
            found = _TOKEN.match(text, position)
            if found is None:
                raise BadPolicy(f"{text[position]!r} is not expected", line)
            word, quoted, sign = found.groups()
            for kind, value in (("word", word), ("quoted", quoted), ("sign", sign)):
                if value is not None:
                    self.tokens.append((kind, value, line))
            line += found[0].count("\n")
            position = found.end()
        self.last = line

    def _take(self, kind: str, wanted: str) -> str:
        found, value, self.line = self.tokens[self.at] if self.at < len(self.tokens) else ("end", "the end", self.last)
        if found != kind or (wanted and value != wanted):
            expected = f"'{wanted}'" if wanted else {"word": "a word", "quoted": "a text in quotes"}.get(kind, kind)
            raise BadPolicy(f"{expected} was expected, not {value[:60]!r}", self.line)
        self.at += 1
        return value

    def word(self, wanted: str = "") -> str:
        return self._take("word", wanted)

    def quoted(self) -> str:
        return self._take("quoted", "")

    def sign(self, wanted: str) -> None:
        self._take("sign", wanted)

    def next_is(self, wanted: str) -> bool:
        """Whether the next word or sign is this one."""
        return self.at < len(self.tokens) and self.tokens[self.at][:2] in (("word", wanted), ("sign", wanted))

    def end(self) -> None:
        if self.at < len(self.tokens):
            self._take("end", "")
