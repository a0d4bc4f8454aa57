"""Who may submit, in the words of information systems: `VO:atlas`, `VOMS:/atlas/Role=production`, `ALL`."""

from __future__ import annotations

from collections.abc import Sequence

from gridwms.rights.names import Right
from gridwms.rights.rule import By, Caller, Criterion, Rule
from gridwms.rights.rules import Rules


def vos_that_submit(rules: Rules, known: Sequence[str]) -> list[str]:
    """The VOs whose plain members may. `known`: those whose members can come at all."""
    named = {one for rule in rules.rules if rule.allow for one in _exact(rule, Criterion.VO)}
    named |= {
        fqan.split("/")[1] for rule in rules.rules for fqan in _exact(rule, Criterion.FQAN) if fqan.count("/") == 1
    }
    return [vo for vo in sorted({*known, *named}) if _submits(rules, Caller("", "", vo, (f"/{vo}",), "/CN=any"))]


def access_rules(rules: Rules, known: Sequence[str]) -> list[str]:
    """All that may submit as members of something; `ALL` when everybody may and no VO is known."""
    if Right.SUBMIT in rules.everyone and not known:
        return ["ALL"]
    vos = vos_that_submit(rules, known)
    fqans = {
        fqan
        for rule in rules.rules
        if Right.SUBMIT in rule.allow
        for fqan in (*_exact(rule, Criterion.FQAN), *_roles(rule))
        if (vo := fqan.split("/")[1]) not in vos and _submits(rules, Caller("", "", vo, (fqan, f"/{vo}"), "/CN=any"))
    }
    return [*(f"VO:{vo}" for vo in vos), *(f"VOMS:{fqan}" for fqan in sorted(fqans))]


def _submits(rules: Rules, caller: Caller) -> bool:
    verdict = rules.of(caller)
    granted = Right.SUBMIT in verdict.everyone or verdict.grant(Right.SUBMIT) is not None
    return granted and verdict.denial(Right.SUBMIT) is None


def _exact(rule: Rule, criterion: Criterion) -> list[str]:
    """The names that a rule gives for it, where it is about nothing else than what VOs say."""
    if not {one for one, _ in rule.who} <= {Criterion.VO, Criterion.FQAN, Criterion.ROLE, Criterion.BY}:
        return []
    if Criterion.BY in dict(rule.who) and dict(rule.who)[Criterion.BY][0].parts != (By.CERTIFICATE.value,):
        return []
    return [one.parts[0] for name, patterns in rule.who if name is criterion for one in patterns if one.exact]


def _roles(rule: Rule) -> list[str]:
    return [f"/{vo}/Role={role}" for vo in _exact(rule, Criterion.VO) for role in _exact(rule, Criterion.ROLE)]
