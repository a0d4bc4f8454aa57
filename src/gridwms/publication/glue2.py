"""A service in GLUE 2.0 (GFD.147, LDAP rendering): service, endpoint, access policy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from gridwms.publication.facts import Endpoint, Facts, Kind, ident
from gridwms.publication.ldif import Entry, name

BASE = "GLUE2GroupID=resource,o=glue"
VALIDITY = 3600
"""Seconds for which a publication is to be believed."""
_CAPABILITIES = {
    Kind.WMPROXY: (
        "executionmanagement.jobmanager",
        "executionmanagement.jobdescription",
        "executionmanagement.candidatesetgenerator",
        "security.delegation",
    ),
    Kind.LB: ("information.logging", "information.monitoring"),
    Kind.REST: (
        "executionmanagement.jobmanager",
        "executionmanagement.jobdescription",
        "information.logging",
        "security.delegation",
    ),
}
_VERSIONS = {Kind.WMPROXY: "3.5.0", Kind.LB: "4.0", Kind.REST: "1"}


def entries(facts: Facts, site: str, now: float, base: str = BASE) -> Iterator[Entry]:
    """A service, an endpoint and a policy for each face. `site`: the id of the admin domain."""
    for endpoint in facts.endpoints:
        yield from _face(facts, endpoint, site, _moment(now), base)


def _face(facts: Facts, endpoint: Endpoint, site: str, created: str, base: str) -> Iterator[Entry]:
    service = ident(endpoint)
    point = f"{service}_endpoint"
    capabilities = _CAPABILITIES[endpoint.kind]
    of_service = f"{name('GLUE2ServiceID', service)},{base}"
    of_point = f"{name('GLUE2EndpointID', point)},{of_service}"
    birth = [("GLUE2EntityCreationTime", created), ("GLUE2EntityValidity", str(VALIDITY))]
    yield Entry(
        of_service,
        [
            ("objectClass", ("GLUE2Entity", "GLUE2Service")),
            *birth,
            ("GLUE2EntityName", endpoint.kind.value),
            ("GLUE2EntityOtherInfo", ("InfoProviderName=gridwms", f"InfoProviderVersion={facts.version}")),
            ("GLUE2ServiceID", service),
            ("GLUE2ServiceType", endpoint.kind.value),
            ("GLUE2ServiceQualityLevel", "production"),
            ("GLUE2ServiceStatusInfo", facts.info),
            ("GLUE2ServiceCapability", capabilities),
            ("GLUE2ServiceComplexity", "endpointType=1, share=0, resource=0"),
            ("GLUE2ServiceAdminDomainForeignKey", site),
        ],
    )
    yield Entry(
        of_point,
        [
            ("objectClass", ("GLUE2Entity", "GLUE2Endpoint")),
            *birth,
            ("GLUE2EndpointID", point),
            ("GLUE2EndpointURL", endpoint.url),
            ("GLUE2EndpointCapability", capabilities),
            ("GLUE2EndpointTechnology", "webservice"),
            ("GLUE2EndpointInterfaceName", endpoint.kind.value),
            ("GLUE2EndpointInterfaceVersion", _VERSIONS[endpoint.kind]),
            ("GLUE2EndpointWSDL", f"{endpoint.url}?wsdl" if endpoint.kind is Kind.WMPROXY else ""),
            ("GLUE2EndpointImplementor", "gridwms"),
            ("GLUE2EndpointImplementationName", "gridwms"),
            ("GLUE2EndpointImplementationVersion", facts.version),
            ("GLUE2EndpointQualityLevel", "production"),
            ("GLUE2EndpointHealthState", facts.health.value),
            ("GLUE2EndpointHealthStateInfo", facts.info),
            ("GLUE2EndpointServingState", facts.serving.value),
            ("GLUE2EndpointStartTime", "" if facts.started is None else _moment(facts.started)),
            ("GLUE2EndpointIssuerCA", facts.issuer),
            ("GLUE2EndpointServiceForeignKey", service),
        ],
    )
    if facts.access:
        policy = f"{service}_policy"
        yield Entry(
            f"{name('GLUE2PolicyID', policy)},{of_point}",
            [
                ("objectClass", ("GLUE2Entity", "GLUE2Policy", "GLUE2AccessPolicy")),
                *birth,
                ("GLUE2PolicyID", policy),
                ("GLUE2PolicyScheme", "org.glite.standard"),
                ("GLUE2PolicyRule", facts.access),
                ("GLUE2PolicyUserDomainForeignKey", facts.vos),
                ("GLUE2AccessPolicyEndpointForeignKey", point),
            ],
        )


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
