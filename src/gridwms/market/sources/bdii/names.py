"""What the id of a computing element says: host, port, service, batch system and queue."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping

from gridwms.classad import Literal
from gridwms.classad.tree import Expr

_ID = re.compile(r"(?P<contact>(?P<host>[^:/\s]+)(?::\d+)?/[^-/\s]+-(?P<lrms>[^-/\s]+))(?:-(?P<queue>.+))?")


SiteOf = Callable[[str], str]
"""The configured site that leads to a computing element, "" when none does."""


def site_patterns(sites: Mapping[str, str]) -> SiteOf:
    """The configured site that leads to an id, by the first pattern (`*`, `?`) that fits."""
    patterns = [(re.compile(fnmatch.translate(one)), site) for one, site in sites.items()]
    return lambda ce_id: next((site for pattern, site in patterns if pattern.fullmatch(ce_id)), "")


def nowhere(_ce_id: str) -> str:
    """No site leads to any of them."""
    return ""


def names_of_id(ce_id: str, lrms: str, site_of: SiteOf) -> list[tuple[str, Expr]]:
    """CEid, GlobusResourceContactString, LRMSType and QueueName (gLite reference §3.2), as far as the id has them.

    `lrms`: the batch system that the element publishes, for an id that does not name it.
    """
    names = {"CEid": ce_id, "GridwmsSite": site_of(ce_id)}
    match = _ID.fullmatch(ce_id)
    if match is not None:
        names |= {
            "GlobusResourceContactString": match["contact"],
            "LRMSType": match["lrms"] or lrms,
            "QueueName": match["queue"] or "",
        }
    elif lrms:
        names["LRMSType"] = lrms
    return [(name, Literal(value)) for name, value in names.items() if value]
