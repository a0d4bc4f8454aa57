"""The rules of who may do what, for operators."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping

from fastapi import APIRouter

from gridwms.api.desk import AtDesk, Desk
from gridwms.api.errors import BadQuery
from gridwms.api.models.policy import (
    ChangedOut,
    PolicyOut,
    RowIn,
    RuleIn,
    RuleOut,
    RulingOut,
    SomebodyIn,
    SomebodyOut,
    WhoIn,
)
from gridwms.api.models.problem import ERRORS
from gridwms.flow.errors import NotFound, NotInState
from gridwms.rights.edit import CannotEdit, Value, added, without
from gridwms.rights.names import Right
from gridwms.rights.problems import BadRules
from gridwms.security.identity import Identity
from gridwms.security.mapping import NotMapped
from gridwms.security.policies import LocksOut, Policies
from gridwms.security.policy import Action
from gridwms.security.rulings import rulings

router = APIRouter(prefix="/api/v1/policy", tags=["operating"], responses=ERRORS)


@router.get("")
def policy(at: AtDesk) -> PolicyOut:
    """All rules in force, and who is who."""
    at.may(Action.OPERATE)
    return _policy(at)


@router.post("/rules")
def add_rule(at: AtDesk, wish: RuleIn) -> ChangedOut:
    """Add a rule to the policy file; it holds from now on."""
    at.may(Action.OPERATE)
    values: dict[str, Value] = {key: _plain(patterns) for key, patterns in _written(wish).items()}
    values |= {} if wish.who else {"anybody": True}
    values |= {"allow": wish.allow, "deny": wish.deny, "of_vo": _plain(wish.of_vo), "note": wish.note}
    _change(at, lambda text: added(text, "rule", values))
    return ChangedOut(changed=1, policy=_policy(at))


@router.post("/rules/remove")
def remove_rules(at: AtDesk, whom: WhoIn) -> ChangedOut:
    """Remove the rules of the policy file that are about exactly these."""
    at.may(Action.OPERATE)
    wanted = _written(whom)

    def about(table: Mapping[str, object]) -> bool:
        who = {key: _list(value) for key, value in table.items() if key not in _NOT_WHO}
        return who == wanted

    return ChangedOut(changed=_remove(at, "rule", about), policy=_policy(at))


@router.post("/map")
def add_row(at: AtDesk, row: RowIn) -> ChangedOut:
    """Say who a certificate or a token is here; it counts from now on, behind the rows of the file that are there."""
    at.may(Action.OPERATE)
    values = {key: value for key, value in row.model_dump().items() if value not in ("*", "")}
    _change(at, lambda text: added(text, "map", values))
    return ChangedOut(changed=1, policy=_policy(at))


@router.post("/map/remove")
def remove_rows(at: AtDesk, row: RowIn) -> ChangedOut:
    """Remove the rows of the policy file with these patterns; `user` too where it is given."""
    at.may(Action.OPERATE)
    wanted = {key: getattr(row, key) for key in ("issuer", "name", "group")}

    def same(table: Mapping[str, object]) -> bool:
        patterns = {key: table.get(key, "*") for key in wanted}
        return patterns == wanted and (not row.user or table.get("user", "") == row.user)

    return ChangedOut(changed=_remove(at, "map", same), policy=_policy(at))


@router.post("/try")
def try_out(at: AtDesk, somebody: SomebodyIn) -> SomebodyOut:
    """Who somebody would be here, and what he might do."""
    at.may(Action.OPERATE)
    gate = at.settings.gatekeeper
    known = Identity(
        subject=somebody.name, vo=somebody.vo, groups=tuple(somebody.groups), issuer=somebody.issuer, name=somebody.name
    )
    refused = ""
    try:
        known = gate.policies.mapper.mapped(known) if known.issuer else gate.sessions.users(known.subject) or known
    except NotMapped as error:
        refused = error.sentence
    as_caller = Desk(at.world, at.settings, gate.judged(known))
    return SomebodyOut(
        subject=known.subject,
        vo=known.vo,
        refused=refused,
        banned=as_caller.ban,
        rights=[RulingOut.model_validate(one) for one in rulings(as_caller.identity, as_caller.judge)],
        rules=[RuleOut.of(rule) for rule in gate.policies.rules.about(known.caller)],
    )


_NOT_WHO = ("allow", "deny", "of_vo", "note", "anybody")


def _written(whom: WhoIn) -> dict[str, list[str]]:
    return {criterion.value: list(patterns) for criterion, patterns in whom.who.items()}


def _plain(patterns: list[str]) -> str | list[str]:
    """One pattern is written without brackets."""
    return patterns[0] if len(patterns) == 1 else patterns


def _list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _policy(at: Desk) -> PolicyOut:
    policies = _policies(at)
    rules = policies.rules
    return PolicyOut(
        file=str(policies.written or ""),
        trouble=policies.trouble,
        everyone=[right for right in Right if right in rules.everyone],
        rules=[RuleOut.of(rule) for rule in rules.rules],
        map=[RowIn.of(row) for row in policies.mapper.rows],
    )


def _policies(at: Desk) -> Policies:
    return at.settings.gatekeeper.policies


def _remove(at: Desk, table: str, wanted: Callable[[Mapping[str, object]], bool]) -> int:
    numbers: list[int] = []

    def edit(text: str) -> str:
        numbers[:] = [at for at, one in enumerate(tomllib.loads(text).get(table, [])) if wanted(one)]
        if not numbers:
            raise NotFound(f"The policy file has no such {table}.", "'gridwms policy show' shows what there is.")
        return without(text, table, numbers)

    _change(at, edit)
    return len(numbers)


def _change(at: Desk, edit: Callable[[str], str]) -> None:
    try:
        _policies(at).change(edit, at.identity)
    except LocksOut as error:
        raise NotInState(f"Nothing was changed: {error}.", "Write it into the file by hand if it is meant.") from error
    except (BadRules, CannotEdit, tomllib.TOMLDecodeError) as error:
        raise BadQuery(f"Nothing was changed: {error}.", "See docs/operator/policy.md; or edit the file.") from error
    except OSError as error:
        raise NotInState(
            f"The policy file cannot be written: {error.strerror}.", "See to its rights and its disk."
        ) from error
