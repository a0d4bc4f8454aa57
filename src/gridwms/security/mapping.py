"""Who a certificate or a token is here: one table for both, the first row that fits counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache

from gridwms.security.errors import NotIdentified
from gridwms.security.identity import Identity

_USER = re.compile(r"[^\x00-\x1f\x7f]{1,255}")


class NotMapped(NotIdentified):
    """Somebody who is known by name and is nobody here."""

    code = "not_mapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Patterns (`*`, `?`) that must all fit: `issuer` of the token, or of the certificate; `name`: the subject
    of the token, or the DN; `group`: any of the groups or FQANs. `user`: who they are here, with `{name}` for the name;
    "" as they come. `vo`: "" as they come. `refuse`: whoever fits is nobody here."""

    issuer: str = "*"
    name: str = "*"
    group: str = "*"
    user: str = ""
    vo: str = ""
    refuse: bool = False

    def fits(self, identity: Identity) -> bool:
        return (
            _fits(identity.issuer, self.issuer)
            and _fits(identity.known_as, self.name)
            and (self.group == "*" or any(_fits(one, self.group) for one in identity.groups))
        )


@dataclass(frozen=True, slots=True)
class Mapper:
    """The table. `strict`: whom no row fits is refused, else they keep the names that they come with."""

    rows: Sequence[Row] = ()
    strict: bool = False

    def mapped(self, identity: Identity) -> Identity:
        """The identity as it is known here. Raises NotMapped."""
        row = next((one for one in self.rows if one.fits(identity)), None)
        if row is None and not self.strict:
            return identity
        if row is None or row.refuse:
            raise NotMapped(
                f"{identity.known_as} of {identity.issuer or 'this machine'} is nobody here.",
                "Ask the operator to add a row for you to the table of identities ([[access.map]]).",
            )
        user = row.user.replace("{name}", identity.known_as) if row.user else identity.subject
        if not _USER.fullmatch(user):
            raise NotMapped(f"{identity.known_as!r} cannot be the name of a user.", "Ask the operator for another one.")
        return replace(identity, subject=user, vo=row.vo or identity.vo)


def _fits(text: str, pattern: str) -> bool:
    return pattern == "*" or _matches(text, pattern)


@lru_cache(maxsize=4096)
def _matches(text: str, pattern: str) -> bool:
    return fnmatchcase(text, pattern)
