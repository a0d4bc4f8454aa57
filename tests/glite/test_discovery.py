"""Services that a directory publishes are found there, as this service publishes itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gridwms.glite.discovery import LB, WMPROXY, NoDiscovery, services
from gridwms.publication import glue1, glue2
from gridwms.publication.facts import Endpoint, Facts, Kind
from gridwms.publication.ldif import written
from tests.glite.conftest import Command
from tests.glite.fake import Fake
from tests.glite.test_submit import ID, struct
from tests.services import slapd

OTHER, BOOKS = "https://other.example.org:7443/glite_wms_wmproxy_server", "https://lb.example.org:9000"
TOP1 = "dn: mds-vo-name=resource,o=grid\nobjectClass: MDS\nMds-Vo-name: resource\n\n"
TOP2 = "dn: GLUE2GroupID=resource,o=glue\nobjectClass: GLUE2Group\nGLUE2GroupID: resource\n\n"


def facts(url: str, books: str, *vos: str) -> Facts:
    endpoints = (Endpoint(kind=Kind.WMPROXY, url=url), Endpoint(kind=Kind.LB, url=books))
    return Facts(version="1", endpoints=endpoints, access=tuple(f"VO:{vo}" for vo in vos), vos=vos)


@pytest.fixture
def directory(fake: Fake) -> Iterator[str]:
    if slapd.missing():
        pytest.skip(f"{slapd.missing()} is not installed")
    other = facts(OTHER, "https://lb2.example.org:9000", "cms")
    first = written(glue1.entries(facts(fake.url, BOOKS, "testvo"))) + written(glue1.entries(other))
    with slapd.running(
        TOP1 + first, TOP2 + written(glue2.entries(facts(fake.url, BOOKS, "testvo"), "SITE", 1.7e9))
    ) as url:
        yield url.removeprefix("ldap://")


def test_what_a_directory_has(directory: str, fake: Fake) -> None:
    environment = {"LCG_GFAL_INFOSYS": f"127.0.0.1:1,{directory}"}
    assert services(WMPROXY, "testvo", environment) == [fake.url]
    assert set(services(WMPROXY.lower(), "", environment)) == {fake.url, OTHER}
    assert services(LB, "testvo", environment) == [BOOKS]
    with pytest.raises(NoDiscovery, match=r"127\.0\.0\.1:1: "):
        services(WMPROXY, "testvo", {"LCG_GFAL_INFOSYS": "127.0.0.1:1"})
    with pytest.raises(NoDiscovery, match="LCG_GFAL_INFOSYS names no"):
        services(WMPROXY, "testvo", {})


def test_the_services_of_a_directory_come_last(
    directory: str,
    fake: Fake,
    run: Command,
    user: Path,
    configured: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LCG_GFAL_INFOSYS", directory)
    fake.answers["jobSubmit"] = struct(ID)
    (user / "a.jdl").write_text('Executable = "/bin/true";')
    configured('WmProxyEndPoints = "https://127.0.0.1:1"; EnableServiceDiscovery = true')
    said = run("submit", "-d", "x", "a.jdl")
    assert said.code == 0
    assert (
        said.out.index("127.0.0.1:1/") < said.out.index("Switching to next WMProxy Server") < said.out.index(fake.url)
    )
    configured('WmProxyEndPoints = "https://127.0.0.1:1"')
    assert "Unable to find any endpoint where to perform service request" in run("submit", "-d", "x", "a.jdl").err
