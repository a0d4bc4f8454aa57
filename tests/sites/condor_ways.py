"""The two ways to a real HTCondor pool: its commands on the host of the schedd, and the bindings from elsewhere."""

from __future__ import annotations

import sys

from gridwms.sites.htcondor import HTCondorDialect
from gridwms.sites.shell import LocalShell
from tests.services import htcondor
from tests.services.account import AccountShell


def by_bindings(pool: htcondor.Pool) -> tuple[HTCondorDialect, dict[str, str]]:
    """What a host without anything of HTCondor's has: the bindings, the names of schedd and collector, and a token."""
    told = {name: value for name, value in pool.remote(pool.account.pw_name).items() if name.startswith("_CONDOR")}
    return HTCondorDialect(schedd=htcondor.SCHEDD, pool=pool.collector, python=sys.executable), told


def ways(pool: htcondor.Pool, way: str) -> tuple[HTCondorDialect, LocalShell]:
    """A dialect, and a shell for it: "commands" or "bindings"."""
    if way == "bindings":
        dialect, told = by_bindings(pool)
        return dialect, LocalShell(environment=told)
    return HTCondorDialect(), AccountShell(environment=pool.environment)
