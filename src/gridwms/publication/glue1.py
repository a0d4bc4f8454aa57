"""A service in GLUE 1.3, as gLite's information provider for services published it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from gridwms.publication.facts import Endpoint, Facts, Health, Kind, Serving, ident
from gridwms.publication.ldif import Entry, ascii_text, name

BASE = "mds-vo-name=resource,o=grid"
_STATUS = {Health.OK: "OK", Health.WARNING: "Warning", Health.CRITICAL: "Critical"}
_SEMANTICS = {
    Kind.WMPROXY: "https://edms.cern.ch/document/674643",
    Kind.LB: "https://edms.cern.ch/document/571273",
    Kind.REST: "",
}


def entries(facts: Facts, site: str = "", base: str = BASE) -> Iterator[Entry]:
    """An entry for each face. `site`: the GlueSiteUniqueID that it belongs to."""
    for endpoint in facts.endpoints:
        yield _service(facts, endpoint, site, base)
        yield _data(endpoint, base, "gridwms_version", facts.version or "unknown")


def _service(facts: Facts, endpoint: Endpoint, site: str, base: str) -> Entry:
    key = ident(endpoint)
    started = "" if facts.started is None else f"{datetime.fromtimestamp(facts.started, UTC):%Y-%m-%dT%H:%M:%SZ}"
    drained = facts.serving is Serving.DRAINING and facts.health is Health.OK
    return Entry(
        f"{name('GlueServiceUniqueID', key)},{base}",
        [
            ("objectClass", ("GlueTop", "GlueService", "GlueKey", "GlueSchemaVersion")),
            ("GlueServiceUniqueID", key),
            ("GlueServiceName", f"{site}-{endpoint.kind}" if site else endpoint.kind.value),
            ("GlueServiceType", endpoint.kind.value),
            ("GlueServiceVersion", facts.version),
            ("GlueServiceEndpoint", endpoint.url),
            ("GlueServiceURI", endpoint.url),
            ("GlueServiceAccessPointURL", endpoint.url),
            ("GlueServiceStatus", "Warning" if drained else _STATUS[facts.health]),
            ("GlueServiceStatusInfo", ascii_text(facts.info or _STATUS[facts.health])),
            ("GlueServiceWSDL", f"{endpoint.url}?wsdl" if endpoint.kind is Kind.WMPROXY else ""),
            ("GlueServiceSemantics", _SEMANTICS[endpoint.kind]),
            ("GlueServiceStartTime", started),
            ("GlueServiceOwner", tuple(map(ascii_text, facts.vos))),
            ("GlueServiceAccessControlBaseRule", tuple(map(ascii_text, facts.access))),
            ("GlueServiceAccessControlRule", tuple(map(ascii_text, facts.vos))),
            ("GlueForeignKey", f"GlueSiteUniqueID={ascii_text(site)}" if site else ""),
            ("GlueSchemaVersionMajor", "1"),
            ("GlueSchemaVersionMinor", "3"),
        ],
    )


def _data(endpoint: Endpoint, base: str, key: str, value: str) -> Entry:
    service = name("GlueServiceUniqueID", ident(endpoint))
    return Entry(
        f"{name('GlueServiceDataKey', key)},{service},{base}",
        [
            ("objectClass", ("GlueTop", "GlueServiceData", "GlueKey", "GlueSchemaVersion")),
            ("GlueServiceDataKey", key),
            ("GlueServiceDataValue", ascii_text(value)),
            ("GlueChunkKey", service),
            ("GlueSchemaVersionMajor", "1"),
            ("GlueSchemaVersionMinor", "3"),
        ],
    )
