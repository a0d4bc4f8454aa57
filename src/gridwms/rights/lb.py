"""The policy file of an L&B server (glite-lb-authz.conf) as rules (gLite reference §6.14)."""

from __future__ import annotations

from gridwms.bookkeeping.access.policy import ANY, Action, BadPolicy, Policy, parse_policy
from gridwms.bookkeeping.access.policy import Rule as LbRule
from gridwms.rights.names import Right
from gridwms.rights.pattern import Pattern
from gridwms.rights.problems import BadRules, Finding
from gridwms.rights.rule import Criterion, Rule, one_spelling

_RIGHTS = {
    Action.ADMIN_ACCESS: Right.ADMINISTER,
    Action.READ_ALL: Right.QUERY_OTHERS,
    Action.PURGE: Right.PURGE_OTHERS,
    Action.STATUS_FOR_MONITORING: Right.STATUS_OTHERS,
    Action.GET_STATISTICS: Right.STATISTICS,
    Action.REGISTER_JOBS: Right.LOG,
    Action.LOG_WMS_EVENTS: Right.LOG_OTHERS,
}
"""What its actions are here. The others speak of single kinds of events, for which there is no right."""


def read_lb_rules(text: str, name: str = "glite-lb-authz.conf") -> tuple[Rule, ...]:
    """The rules of a file; it can allow things only. Raises BadRules."""
    try:
        policy = parse_policy(text)
    except BadPolicy as error:
        raise BadRules([Finding(error.line, str(error).partition(": ")[2])], name) from error
    return rules_of(policy, name)


def rules_of(policy: Policy, name: str) -> tuple[Rule, ...]:
    """A policy as rules."""
    return tuple(
        made
        for action, rules in policy.rules.items()
        if action in _RIGHTS
        for rule in rules
        if (made := _rule(rule, _RIGHTS[action], f"{name} {action.value}")) is not None
    )


def _rule(rule: LbRule, right: Right, where: str) -> Rule | None:
    if not rule.attributes:
        return None
    who = tuple(_credential(name, value) for name, value in rule.attributes if value != ANY)
    shown = ", ".join(f"{name} {value}" for name, value in rule.attributes)
    return Rule(who=who, allow=frozenset({right}), where=where, shown=shown)


def _credential(name: str, value: str) -> tuple[Criterion, tuple[Pattern, ...]]:
    if name == "fqan":
        return Criterion.FQAN, (Pattern((value,)),)
    if value.startswith("/"):
        return Criterion.DN, (Pattern((one_spelling(value),)),)
    return Criterion.USER, (Pattern((value,)),)
