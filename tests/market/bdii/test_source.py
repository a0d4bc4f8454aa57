from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridwms.classad import ClassAd, evaluate_attribute
from gridwms.market import Market, SourceError
from gridwms.market.sources.bdii import BdiiSource
from tests.market.bdii.grid import bind, cluster, element, ldif, many, storage, view
from tests.services import slapd

GLUE2 = (Path(__file__).parent / "glue2-cream.ldif").read_text()
pytestmark = pytest.mark.skipif(bool(slapd.missing()), reason=f"{slapd.missing()} is not installed")
HOST = "ce01.example.org"


def grid() -> str:
    return ldif(
        [
            element(HOST, "long", ["VO:atlas", "VO:cms"]),
            view(HOST, "long", "atlas", ["VO:atlas"], GlueCEStateFreeJobSlots=4),
            *cluster(HOST),
            *storage("se.example.org"),
            *bind(HOST, "long", "se.example.org"),
        ]
    )


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """An index with one GLUE 1.3 computing element and the shares of a GLUE 2 one."""
    dn = "GLUE2GroupID=grid,o=glue"
    tops = [
        (dn, ("GLUE2Group",), {"GLUE2GroupID": "grid"}),
        (f"GLUE2DomainID=SITE-A,{dn}", ("GLUE2Domain", "GLUE2AdminDomain"), {"GLUE2DomainID": "SITE-A"}),
        (f"GLUE2GroupID=resource,GLUE2DomainID=SITE-A,{dn}", ("GLUE2Group",), {"GLUE2GroupID": "resource"}),
    ]
    with slapd.running(grid(), ldif(tops) + GLUE2.split("\n\n", 1)[1]) as found:
        yield found


def ids(ads: list[ClassAd]) -> list[str]:
    return sorted(f"{evaluate_attribute(ad, 'GlueCEUniqueID')} {ad.get('GridwmsView', '')}" for ad in ads)


@pytest.mark.parametrize("program", [True, False])
def test_both_schemas_of_a_real_index(url: str, program: bool) -> None:
    told = BdiiSource("index", url, base1="o=grid", program=program).fetch()
    ads = [ad for ad in told if "GlueCEUniqueID" in ad]
    assert [evaluate_attribute(ad, "GlueSEUniqueID") for ad in told if ad not in ads] == ["se.example.org"]
    assert {evaluate_attribute(ad, "GlueCEUniqueID") for ad in ads} == {
        f"{HOST}:8443/cream-pbs-long",
        "cream01.site-a.example:8443/cream-pbs-cert",
        "cream01.site-a.example:8443/cream-pbs-grid",
    }
    assert len([ad for ad in ads if evaluate_attribute(ad, "GlueCEInfoHostName") == HOST]) == 2


def test_the_program_and_the_library_read_the_same(url: str) -> None:
    one, other = (BdiiSource("index", url, base1="o=grid", program=program).fetch() for program in (True, False))
    assert ids(one) == ids(other)
    assert sorted(one, key=lambda ad: ids([ad])) == sorted(other, key=lambda ad: ids([ad]))


def test_sites_patterns_and_filters(url: str) -> None:
    source = BdiiSource(
        "index", url, base1="o=grid", glue=[1], sites={"ce01.*": "arc"}, filter1="(GlueCEAccessControlBaseRule=VO:cms)"
    )
    ad, _storage = source.fetch()  # the element; its atlas view does not meet the filter
    assert evaluate_attribute(ad, "GridwmsSite") == "arc"
    assert BdiiSource("index", url, base1="o=grid", glue=[1], without=["ce01.*", "se.*"]).fetch() == []


def test_the_market_is_filled_and_follows(url: str) -> None:
    market = Market([BdiiSource("index", url, base1="o=grid", sites={"*": "there"})], sites=["there"])
    snapshot = market.refresh("index")
    assert market.health()[0].error == ""
    assert [resource.site for resource in snapshot.resources] == ["there"] * len(snapshot.resources)
    assert snapshot.find(f"{HOST}:8443/cream-pbs-long") is not None
    assert list(snapshot.storage) == ["se.example.org"]
    assert market.refresh("index").version == snapshot.version


@pytest.mark.parametrize("program", [True, False])
def test_an_answer_that_is_cut_short_is_none(program: bool) -> None:
    with slapd.running(many(8), size_limit="20") as short:
        source = BdiiSource("index", short, base1="o=grid", glue=[1], program=program)
        with pytest.raises(SourceError, match=r"limit|sizeLimit"):
            source.fetch()


@pytest.mark.parametrize("program", [True, False])
def test_nobody_there(program: bool) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        source = BdiiSource("index", f"ldap://127.0.0.1:{probe.getsockname()[1]}", timeout=5, program=program)
        with pytest.raises(SourceError, match=r"the index ldap://127\.0\.0\.1"):
            source.fetch()


@pytest.mark.parametrize("program", [True, False])
def test_an_index_that_hangs_is_given_up(program: bool) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        source = BdiiSource("index", f"ldap://127.0.0.1:{server.getsockname()[1]}", timeout=0.6, program=program)
        started = time.monotonic()
        with pytest.raises(SourceError):
            source.fetch()
        assert time.monotonic() - started < 10


def test_an_index_that_talks_nonsense() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def babble() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 50)

        thread = threading.Thread(target=babble)
        thread.start()
        with pytest.raises(SourceError):
            BdiiSource("index", f"ldap://127.0.0.1:{server.getsockname()[1]}", timeout=5).fetch()
        thread.join()


def test_a_wrong_base_is_told(url: str) -> None:
    with pytest.raises(SourceError, match="there is no such base"):
        BdiiSource("index", url, base1="o=nowhere", glue=[1]).fetch()
