"""Who a certificate or a token is here: one table for both, the first row that fits counts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from gridwms.rights.file import Row
from gridwms.security.errors import NotIdentified
from gridwms.security.identity import Identity

_PATTERN = re.compile(r"[*?\[]")
_USER = re.compile(r"[^\x00-\x1f\x7f]{1,255}")


class NotMapped(NotIdentified):
    """Somebody who is known by name and is nobody here."""

    code = "not_mapped"


class Mapper:
    """The table. `strict`: whom no row fits is refused, else they keep the names that they come with."""

    def __init__(self, rows: Sequence[Row] = (), strict: bool = False) -> None:
        self.rows = tuple(rows)
        self.strict = strict
        self._named: dict[str, list[int]] = defaultdict(list)
        self._others = [at for at, row in enumerate(self.rows) if _PATTERN.search(row.name)]
        for at, row in enumerate(self.rows):
            if not _PATTERN.search(row.name):
                self._named[row.name].append(at)

    def row(self, identity: Identity) -> Row | None:
        """The one that counts for somebody."""
        caller = identity.caller
        candidates = sorted((*self._others, *self._named.get(caller.name, ())))
        return next((self.rows[at] for at in candidates if self.rows[at].fits(caller)), None)

    def mapped(self, identity: Identity) -> Identity:
        """The identity as it is known here. Raises NotMapped."""
        row = self.row(identity)
        if row is None and not self.strict:
            return identity
        if row is None or row.refuse:
            raise NotMapped(
                f"{identity.known_as} of {identity.issuer or 'this machine'} is nobody here.",
                "Ask the operator to add a row for you to the table of identities (gridwms user map).",
            )
        user = row.user.replace("{name}", identity.known_as) if row.user else identity.subject
        if not _USER.fullmatch(user):
            raise NotMapped(f"{identity.known_as!r} cannot be the name of a user.", "Ask the operator for another one.")
        return replace(identity, subject=user, name=identity.known_as, vo=row.vo or identity.vo)
