"""Services that information systems publish: asked when the configuration allows it (gLite reference §8.1, §9).

LCG_GFAL_INFOSYS names the BDIIs, `host:port` with commas between them. The library for LDAP is an extra (`bdii`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

WMPROXY, LB = "org.glite.wms.WMProxy", "org.glite.lb.Server"
"""Types of services."""
_SECONDS = 15
_PORT = 2170


class NoDiscovery(Exception):
    """Nobody can be asked, or nobody answers; a sentence."""


def services(kind: str, vo: str, environment: Mapping[str, str] = os.environ) -> list[str]:
    """The addresses of services of this type that serve the VO. Raises NoDiscovery."""
    named = [one.strip() for one in environment.get("LCG_GFAL_INFOSYS", "").split(",") if one.strip()]
    if not named:
        raise NoDiscovery("LCG_GFAL_INFOSYS names no information system")
    try:
        import ldap3
        from ldap3.core.exceptions import LDAPException
    except ImportError as error:
        raise NoDiscovery("the library for LDAP is not installed (gridwms[bdii])") from error
    reasons = []
    for one in named:
        host, _, port = one.partition(":")
        try:
            return _ask(ldap3, host, int(port or _PORT), kind, vo)
        except (LDAPException, OSError, ValueError) as error:
            reasons.append(f"{one}: {error}")
    raise NoDiscovery("; ".join(reasons))


def _ask(ldap3: Any, host: str, port: int, kind: str, vo: str) -> list[str]:
    server = ldap3.Server(host, port=port, connect_timeout=_SECONDS, get_info=ldap3.NONE)
    connection = ldap3.Connection(server, receive_timeout=_SECONDS, check_names=False)
    try:
        connection.bind()
        found = list(_found(connection, ldap3.utils.conv.escape_filter_chars(kind), vo))
    finally:
        connection.unbind()
        if connection.socket is not None:
            connection.socket.close()  # the library leaves it open when it could not connect
    return list(dict.fromkeys(url for url in found if url.startswith("https://")))


def _found(connection: Any, kind: str, vo: str) -> Iterator[str]:
    old = f"(&(objectClass=GlueService)(GlueServiceType={kind}))"
    new = f"(&(objectClass=GLUE2Endpoint)(GLUE2EndpointInterfaceName={kind}))"
    for base, question, address, rule in (
        ("o=grid", old, "GlueServiceEndpoint", "GlueServiceAccessControlBaseRule"),
        ("o=glue", new, "GLUE2EndpointURL", ""),
    ):
        connection.search(base, question, attributes=[name for name in (address, rule) if name])
        for entry in connection.response or ():
            told = entry.get("attributes") or {}
            if not rule or _serves(told.get(rule) or [], vo):
                yield from map(str, _many(told.get(address)))


def _serves(rules: Any, vo: str) -> bool:
    """Whether a service is for the VO: one that names none is for all."""
    named = [str(rule) for rule in _many(rules)]
    return not named or not vo or any(rule in (vo, f"VO:{vo}") or rule.startswith(f"VOMS:/{vo}") for rule in named)


def _many(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value] if value else []
