"""The service in GLUE: LDIF that a real directory takes by its schemas, and that our own source reads past."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3 import NONE, Connection, Server

from gridwms.classad import evaluate_attribute
from gridwms.market.sources.bdii import BdiiSource
from gridwms.market.sources.bdii.ldif import LdifReader
from gridwms.publication import glue1, glue2
from gridwms.publication.facts import Endpoint, Facts, Health, Kind, Serving, address, silent
from gridwms.publication.ldif import Entry, name, written
from gridwms.rights.access import access_rules, vos_that_submit
from gridwms.rights.file import read_policy_file
from gridwms.rights.rules import Rules
from tests.market.bdii.grid import cluster, element, ldif
from tests.services import slapd

WMS = "https://wms.example.org:7443"
FACTS = Facts(
    version="1.2.3",
    endpoints=tuple(Endpoint(kind=kind, url=address(WMS, kind)) for kind in Kind),
    started=1_700_000_000.0,
    access=("VO:atlas", "VOMS:/cms/Role=production"),
    vos=("atlas",),
    issuer="/DC=org/CN=Authority, of ünïcode",
)
DRAINED = replace(FACTS, serving=Serving.DRAINING, health=Health.WARNING, info="it is drained: größer\nfoo: bar")
TOP1 = "dn: mds-vo-name=resource,o=grid\nobjectClass: MDS\nMds-Vo-name: resource\n\n"
TOP2 = "dn: GLUE2GroupID=resource,o=glue\nobjectClass: GLUE2Group\nGLUE2GroupID: resource\n\n"


def both(facts: Facts) -> tuple[str, str]:
    return written(glue1.entries(facts, "SITE-A")), written(glue2.entries(facts, "SITE-A", 1_700_000_100.0))


@pytest.fixture(scope="module")
def directory() -> Iterator[str]:
    if slapd.missing():
        pytest.skip(f"{slapd.missing()} is not installed")
    first, second = both(DRAINED)
    host = "ce01.example.org"
    grid = ldif([element(host, "long", ["VO:atlas"]), *cluster(host)])
    with slapd.running(TOP1 + first + grid, TOP2 + second, strict=True) as url:
        yield url


def found(url: str, base: str, condition: str) -> list[dict[str, list[str]]]:
    with Connection(Server(url, get_info=NONE)) as connection:
        connection.search(base, condition, attributes=["*"])
        assert connection.result["description"] == "success", "what certification tests read as `result: 0 Success`"
        return [
            {key: [str(one) for one in (value if isinstance(value, list) else [value])] for key, value in one.items()}
            for one in (entry.entry_attributes_as_dict for entry in connection.entries)
        ]


def test_a_directory_takes_it_by_the_schema_of_glue_1(directory: str) -> None:
    [entry] = found(directory, "o=grid", "(GlueServiceType=org.glite.wms.WMProxy)")
    assert entry["GlueServiceUniqueID"] == ["wms.example.org_org.glite.wms.WMProxy"]
    assert entry["GlueServiceEndpoint"] == [f"{WMS}/glite_wms_wmproxy_server"]
    assert entry["GlueServiceStatus"] == ["Warning"] and entry["GlueServiceVersion"] == ["1.2.3"]
    assert entry["GlueServiceAccessControlBaseRule"] == ["VO:atlas", "VOMS:/cms/Role=production"]
    assert entry["GlueForeignKey"] == ["GlueSiteUniqueID=SITE-A"]
    assert entry["GlueServiceStatusInfo"] == ["it is drained: gr??er\nfoo: bar"], "no value makes a line of its own"
    assert len(found(directory, "o=grid", "(objectClass=GlueService)")) == len(Kind)
    assert len(found(directory, "o=grid", "(objectClass=GlueServiceData)")) == len(Kind)


def test_and_of_glue_2(directory: str) -> None:
    [service] = found(directory, "o=glue", "(GLUE2ServiceType=org.glite.lb.Server)")
    [point] = found(
        directory, "o=glue", "(&(objectClass=GLUE2Endpoint)(GLUE2EndpointInterfaceName=org.glite.lb.Server))"
    )
    assert point["GLUE2EndpointServiceForeignKey"] == service["GLUE2ServiceID"]
    assert (point["GLUE2EndpointServingState"], point["GLUE2EndpointHealthState"]) == (["draining"], ["warning"])
    assert point["GLUE2EndpointHealthStateInfo"] == ["it is drained: größer\nfoo: bar"]
    assert point["GLUE2EndpointIssuerCA"] == [FACTS.issuer]
    policies = found(directory, "o=glue", "(objectClass=GLUE2AccessPolicy)")
    assert [one["GLUE2PolicyRule"] for one in policies] == [["VO:atlas", "VOMS:/cms/Role=production"]] * len(Kind)


def test_our_own_source_reads_such_a_directory(directory: str) -> None:
    told = BdiiSource("index", directory, base1="o=grid").fetch()
    assert [evaluate_attribute(ad, "GlueCEUniqueID") for ad in told if "GlueCEUniqueID" in ad] == [
        "ce01.example.org:8443/cream-pbs-long"
    ]


def test_a_service_that_does_not_answer() -> None:
    facts = silent("https://wms.example.org:8480", "It does not answer.")
    first, second = both(facts)
    assert first.count("GlueServiceStatus: Critical\n") == len(Kind)
    assert second.count("GLUE2EndpointHealthState: critical\n") == second.count("ServingState: closed\n") == len(Kind)
    assert "GlueServiceAccessControlBaseRule" not in first and "AccessPolicy" not in second


@pytest.mark.parametrize(
    ("rules", "known", "expected"),
    [
        ("", [], ["ALL"]),
        ("", ["atlas", "cms"], ["VO:atlas", "VO:cms"]),
        ('[[rule]]\nvo = "cms"\ndeny = ["submit"]', ["atlas", "cms"], ["VO:atlas"]),
        ('everyone = []\n[[rule]]\nvo = ["atlas", "lhcb"]\nallow = "use"', ["atlas", "cms"], ["VO:atlas", "VO:lhcb"]),
        ('everyone = []\n[[rule]]\nvo = "cms"\nrole = "x"\nallow = "use"', ["cms"], ["VOMS:/cms/Role=x"]),
        ('everyone = []\n[[rule]]\nfqan = "/cms/Role=y"\nallow = ["submit"]', ["cms"], ["VOMS:/cms/Role=y"]),
        ('everyone = []\n[[rule]]\nvo = "*"\nallow = ["submit"]', ["cms"], ["VO:cms"]),
        ('everyone = []\n[[rule]]\nvo = "cms"\nuser = "ann"\nallow = "use"', ["cms"], []),
        ("everyone = []", [], []),
        ('everyone = []\n[[rule]]\nfqan = "/cms"\nallow = ["query"]', [], []),
    ],
)
def test_who_may_submit(rules: str, known: list[str], expected: list[str]) -> None:
    read = read_policy_file(rules)
    made = Rules(read.rules, read.everyone) if read.everyone is not None else Rules(read.rules)
    assert access_rules(made, known) == expected
    assert vos_that_submit(made, known) == [one[3:] for one in expected if one.startswith("VO:")]


def values_of(text: str) -> list[tuple[str, str]]:
    """LDIF read by its own rules, for values in ASCII or base64."""
    pairs = []
    for line in text.split("\n"):
        attribute, _, value = line.partition(":")
        if attribute:
            pairs.append((attribute, base64.b64decode(value[2:]).decode() if value.startswith(": ") else value[1:]))
    return pairs


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_no_value_breaks_out_of_its_line(value: str) -> None:
    text = written([Entry(f"{name('cn', 'x')},o=grid", [("description", value), ("o", "last")])])
    assert values_of(text) == [("dn", "cn=x,o=grid"), ("description", value), ("o", "last")]
    assert len(list(LdifReader().round([text.encode()]))) == 1
