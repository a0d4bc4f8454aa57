"""Commands of a site as another account of this machine: HTCondor takes no jobs of root, who may run the tests."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping, Sequence
from typing import IO

from gridwms.sites.shell import LocalShell, Said


class AccountShell(LocalShell):
    """As `account` when we are root, else as ourselves."""

    def __init__(self, account: str = "nobody", *, seconds: float = 60.0, environment: Mapping[str, str]) -> None:
        super().__init__(seconds=seconds, environment=environment)
        self._account = pwd.getpwnam(account)

    def run(
        self,
        script: str,
        words: Sequence[str] = (),
        *,
        stdin: bytes = b"",
        seconds: float | None = None,
        into: IO[bytes] | None = None,
    ) -> Said:
        if os.geteuid() != 0:
            return super().run(script, words, stdin=stdin, seconds=seconds, into=into)
        ids = f"--reuid={self._account.pw_uid} --regid={self._account.pw_gid} --clear-groups"
        outer = f's=$1; shift; exec setpriv {ids} /bin/sh -c "$s" gridwms "$@"'
        return super().run(outer, [script, *words], stdin=stdin, seconds=seconds, into=into)


def main() -> None:
    """`gridwms`, whose sites on this machine are driven as that account."""
    from gridwms.cli.main import run
    from gridwms.daemon import sites

    sites.LocalShell = AccountShell  # type: ignore[misc,attr-defined]
    run()


if __name__ == "__main__":
    main()
