"""Who may do what, as the configuration wants it: roles, and the files of rules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gridwms.daemon.config import Access, BadConfig, Config
from gridwms.rights.file import Row
from gridwms.rights.problems import BadRules
from gridwms.security.identity import Role
from gridwms.security.policies import Kind, Policies, Source

POLICY_FILE = "policy.toml"


def grants_of(config: Config) -> dict[str, frozenset[Role]]:
    """The roles that the operator gives, by whom they are given to."""
    access = config.access
    given = ((Role.OPERATOR, access.operators), (Role.LOGGER, access.loggers))
    names = {name for _role, holders in given for name in holders}
    return {name: frozenset(role for role, holders in given if name in holders) for name in names}


def policies_of(access: Access, data: Path, changed: Callable[[], None] = lambda: None) -> Policies:
    """The rules of all files that are named, and of `policy.toml` in the data directory when no other one is. Raises
    BadConfig."""
    sources = [Source(Kind.POLICY, Path(access.policy) if access.policy else data / POLICY_FILE, bool(access.policy))]
    sources += [Source(Kind.GACL, Path(access.gacl))] if access.gacl else []
    sources += [Source(Kind.LB, Path(access.lb_policy))] if access.lb_policy else []
    rows = tuple(Row(**row.model_dump()) for row in access.map)
    try:
        return Policies(sources, rows, strict=access.strict, changed=changed)
    except BadRules as error:
        raise BadConfig(f"The rules of who may do what cannot be used: {error}.") from error
