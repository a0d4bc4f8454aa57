"""Input data and gang matching, from what a BDII publishes to the verdict and its reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridwms.classad import EvaluationContext, Expr, evaluate, parse_ad, parse_expression
from gridwms.market.close_storage import close_storage, with_storage
from gridwms.market.snapshot import Resource, Snapshot, StorageElement
from gridwms.market.sources.bdii.glue1 import Glue1
from gridwms.market.sources.bdii.ldif import LdifReader
from gridwms.match.data import Closeness, Copy, Wanted, close_elements
from gridwms.match.explain import explain
from gridwms.match.matching import Matching
from gridwms.match.policies import read_policies
from gridwms.match.verdict import Verdict
from tests.market.bdii.grid import Values, cluster, element, ldif
from tests.match.resources import ids, place, snapshot_of

CONTEXT = EvaluationContext(close_storage=close_storage)
Entries = Iterator[tuple[str, tuple[str, ...], Values]]


def se(name: str, protocols: dict[str, int], areas: dict[str, int], **values: object) -> Entries:
    """A storage element with its protocols and the free space (kB) of its areas by VO."""
    dn = f"GlueSEUniqueID={name},o=grid"
    yield dn, ("GlueTop", "GlueSE", "GlueKey"), {"GlueSEUniqueID": name, "GlueSEStatus": "Production", **values}
    chunk: Values = {"GlueChunkKey": f"GlueSEUniqueID={name}"}
    for vo, free in areas.items():
        kinds = ("GlueTop", "GlueSA", "GlueSAState", "GlueKey")
        yield f"GlueSALocalID={vo},{dn}", kinds, {"GlueSALocalID": vo, "GlueSAStateAvailableSpace": free, **chunk}
    for kind, port in protocols.items():
        kinds = ("GlueTop", "GlueSEAccessProtocol", "GlueKey")
        names = {
            "GlueSEAccessProtocolLocalID": kind,
            "GlueSEAccessProtocolType": kind,
            "GlueSEAccessProtocolPort": port,
        }
        yield f"GlueSEAccessProtocolLocalID={kind},{dn}", kinds, {**names, **chunk}


def bound(host: str, name: str, mount: str) -> Entries:
    ce_id = f"{host}:8443/cream-pbs-q"
    values: Values = {"GlueCESEBindCEUniqueID": ce_id, "GlueCESEBindSEUniqueID": name, "GlueCESEBindMountInfo": mount}
    dn = f"GlueCESEBindSEUniqueID={name},GlueCESEBindGroupCEUniqueID={ce_id},o=grid"
    yield dn, ("GlueGeneralTop", "GlueCESEBind"), values


BINDINGS = {
    "ce1": (("se1", "/grid/se1"),),
    "ce2": (("se1", "n.a."), ("se2", "none")),
    "ce3": (("se2", "/grid/se2"), ("se3", "")),
    "ce4": (("se3", "/grid/se3"),),
    "ce5": (),
}


@pytest.fixture(scope="module")
def grid() -> Snapshot:
    entries = [
        *se("se1", {"gsiftp": 2811, "file": 0}, {"atlas": 500}),
        *se("se2", {"gsiftp": 2811, "rfio": 5001}, {"atlas": 10, "cms": 900}),
        *se("se3", {"https": 443, "file": 0}, {"cms": 50}, GlueSESizeTotal=7),
    ]
    for host, binds in BINDINGS.items():
        entries += [element(host, "q", ["VO:atlas", "VO:cms"]), *cluster(host)]
        for name, mount in binds:
            entries += bound(host, name, mount)
    ads = Glue1().ads(LdifReader().round([ldif(entries).encode()]))[0]
    resources = [
        Resource(ce_id=name, host=name, site="here", source="bdii", ad=ad)
        for ad in ads
        if "GlueCEUniqueID" in ad
        for name in [str(evaluate(parse_expression("GlueCEInfoHostName"), ad))]
    ]
    return Snapshot(1, 0.0, sorted(resources, key=lambda one: one.id), context=CONTEXT)


def files(protocols: tuple[str, ...], *files: tuple[str, ...]) -> Wanted:
    """Files by the storage elements of their copies."""
    return Wanted.of([[Copy(frozenset({name}), "srm") for name in one] for one in files], protocols)


def verdict(
    grid: Snapshot, data: Wanted | None, text: str = "", requirements: str = "true", rank: str = "1", **more: bool
) -> Verdict:
    ad = parse_ad(f'[VirtualOrganisation = "atlas"; {text}]')
    matching = Matching(ad, parse_expression(requirements), parse_expression(rank), read_policies({}))
    return matching.on(grid, data, **more)


@pytest.mark.parametrize(
    ("protocols", "copies", "near"),
    [
        (("gsiftp",), [("se1",)], ["ce1", "ce2"]),
        (("gsiftp",), [("se3",)], []),
        (("https", "gsiftp"), [("se3",)], ["ce3", "ce4"]),
        (("file",), [("se1",)], ["ce1"]),  # mounted on ce1 alone
        (("file",), [("se3",)], ["ce4"]),
        (("file", "gsiftp"), [("se1",)], ["ce1", "ce2"]),  # gLite gave up on se1 at its first protocol
        (("rfio",), [("se1", "se2")], ["ce2", "ce3"]),
        (("gsiftp",), [("nowhere",)], []),
    ],
)
def test_near_is_a_close_element_with_a_copy_and_a_protocol(
    grid: Snapshot, protocols: tuple[str, ...], copies: list[tuple[str, ...]], near: list[str]
) -> None:
    assert ids(verdict(grid, files(protocols, *copies))) == near


def test_only_those_near_the_most_files_are_left(grid: Snapshot) -> None:
    data = files(("gsiftp",), ("se1",), ("se1",), ("se2",))
    assert ids(verdict(grid, data)) == ["ce2"]
    assert ids(verdict(grid, data, most_files=False)) == ["ce1", "ce2", "ce3"]
    assert ids(verdict(grid, data, requirements='other.GlueCEInfoHostName != "ce2"')) == ["ce1"]


def test_the_cost_of_access_ranks_by_files(grid: Snapshot) -> None:
    data = files(("gsiftp",), ("se1",), ("se1",), ("se2",))
    found = verdict(grid, data, rank="other.DataAccessCost", most_files=False)
    assert [(one.ce_id, one.rank) for one in found.candidates] == [("ce2", 3.0), ("ce1", 2.0), ("ce3", 1.0)]


def test_why_counts_what_the_data_removed(grid: Snapshot) -> None:
    data = files(("gsiftp",), ("se1",), ("se1",), ("se2",))
    found = verdict(grid, data, requirements='other.GlueCEInfoHostName != "ce1"')
    by_name = {count.clause: count for count in found.policies}
    assert (by_name["input_data"].rejects, by_name["input_data"].alone) == (2, 2)
    assert (by_name["most_files"].rejects, by_name["most_files"].alone) == (2, 1)  # ce1 is refused by the job as well
    lines = [line.text for line in explain(found).lines]
    assert "The service's policy input_data rejects 2 of 5 resources; without it 2 more would match." in lines


def test_the_rules_can_be_switched_off(grid: Snapshot) -> None:
    data = files(("gsiftp",), ("se1",))
    ad, yes = parse_ad('[VirtualOrganisation = "atlas"]'), parse_expression("true")
    off = Matching(ad, yes, parse_expression("1"), read_policies({"input_data": "", "most_files": ""}))
    assert len(ids(off.on(grid, data))) == 5
    one = Matching(ad, yes, parse_expression("1"), read_policies({"input_data": ""}))
    assert ids(one.on(grid, data)) == ["ce1", "ce2"]


def test_elements_that_are_only_named_count_by_the_scheme_of_the_copy() -> None:
    named = place("a", 'GlueCESEBindGroupSEUniqueID = {"SE1"}')
    copy = Wanted.of([[Copy(frozenset({"se1"}), "https")]], ("https",))
    assert ids(verdict(snapshot_of(named), copy)) == ["a"]
    assert ids(verdict(snapshot_of(named), Wanted.of([[Copy(frozenset({"se1"}), "srm")]], ("https",)))) == []
    published = StorageElement(
        id="se1", source="test", ad=parse_ad('[GlueSEAccessProtocol = {[GlueSEAccessProtocolType = "https"]}]')
    )
    known = Snapshot(1, 0.0, [named], storage={"SE1": published})
    assert ids(verdict(known, Wanted.of([[Copy(frozenset({"se1"}), "srm")]], ("https",)))) == ["a"]


@given(
    st.lists(st.sets(st.sampled_from(["se1", "se2", "se3", "se4"])), max_size=12),
    st.sets(st.sampled_from(["gsiftp", "https", "file", "rfio"])),
)
def test_counts_are_those_of_counting_one_by_one(grid: Snapshot, copies: list[set[str]], protocols: set[str]) -> None:
    near = files(tuple(sorted(protocols)), *map(tuple, copies)).near(grid)
    for row, ad in enumerate(grid.columns.ads):
        assert ad is not None
        usable = {
            one.name
            for one in close_elements(ad)
            if any(p in (one.protocols or ()) and (p != "file" or one.mounted) for p in protocols)
        }
        assert near.counts[row] == sum(bool(usable & copy) for copy in copies)
        assert near.some >> row & 1 == bool(near.counts[row])
    assert isinstance(near.counts, numpy.ndarray)


def test_what_changed_is_brought_up_to_date(grid: Snapshot) -> None:
    """A following snapshot, with resources that moved, went and came, is as one made from nothing."""
    moved = replace(
        grid.resources[0],
        ad=grid.resources[0].ad.with_(CloseStorageElements=grid.resources[3].ad["CloseStorageElements"]),
    )
    told = {one.id: one for one in grid.resources} | {moved.id: moved}
    del told[grid.resources[1].id]
    told["new"] = replace(grid.resources[2], ce_id="new")
    following = grid.followed_by(told, {}, 1.0)
    copies = [Copy(frozenset({f"se{number}"}), "srm") for number in (1, 2, 3)]
    fresh, updated = Closeness(following), Closeness(following, Closeness(grid))
    for copy in copies:
        for protocols in (("gsiftp",), ("https",), ("file", "rfio")):
            assert fresh.near([copy], protocols) == updated.near([copy], protocols)
    assert fresh.near(copies, ("gsiftp", "https")) != Closeness(grid).near(copies, ("gsiftp", "https"))


GANG = "anyMatch(other.storage.CloseSEs, target.GlueSAStateAvailableSpace > {})"


@pytest.mark.parametrize(
    ("requirements", "vo", "matching"),
    [
        (GANG.format(300), "atlas", ["ce1", "ce2"]),
        (GANG.format(300), "cms", ["ce2", "ce3"]),
        (GANG.format("Need"), "atlas", ["ce1", "ce2"]),
        (GANG.format(20), "lhcb", []),
        (
            "allMatch(other.storage.CloseSEs, target.GlueSAStateAvailableSpace > 20)",
            "cms",
            ["ce1", "ce2", "ce3", "ce4", "ce5"],
        ),
        ("allMatch(other.storage.CloseSEs, target.GlueSAStateAvailableSpace > 20)", "atlas", ["ce1", "ce4", "ce5"]),
        ('size(whichMatch(other.storage.CloseSEs, target.GlueSEUniqueID == "se2")) == 1', "atlas", ["ce2", "ce3"]),
        ('anyMatch(other.storage.CloseSEs, target.name == "se1" && target.mount == "/grid/se1")', "atlas", ["ce1"]),
        ("anyMatch(other.storage.CloseSEs, target.freespace > 300)", "atlas", ["ce1", "ce2"]),
        ("anyMatch(other.storage.CloseSEs, target.GlueSESizeTotal == 7)", "cms", ["ce3", "ce4"]),
        (f"!{GANG.format(300)}", "atlas", ["ce3", "ce4", "ce5"]),
        (f'{GANG.format(300)} && other.GlueCEInfoHostName == "ce2"', "atlas", ["ce2"]),
    ],
)
def test_gang_matching(grid: Snapshot, requirements: str, vo: str, matching: list[str]) -> None:
    expr = parse_expression(requirements)
    job = parse_ad(f'[VirtualOrganisation = "{vo}"; Need = 300]')
    found = Matching(job, expr, parse_expression("1")).on(grid)
    assert ids(found) == matching == scalar(expr, vo, grid)


def scalar(expr: Expr, vo: str, grid: Snapshot) -> list[str]:
    job = parse_ad(f'[VirtualOrganisation = "{vo}"; Need = 300]')
    return [one.ce_id for one in grid.resources if evaluate(expr, job, one.ad, context=CONTEXT) is True]


def test_two_vos_do_not_share_what_was_found_of_a_gang(grid: Snapshot) -> None:
    expr = parse_expression(GANG.format(300))
    for vo, wanted in (("atlas", ["ce1", "ce2"]), ("cms", ["ce2", "ce3"])) * 2:
        job = parse_ad(f'[VirtualOrganisation = "{vo}"]')
        assert ids(Matching(job, expr, parse_expression("1")).on(grid)) == wanted


def test_a_gang_that_reads_more_of_the_resource_is_not_shared_either() -> None:
    close = 'CloseStorageElements = {[GlueSEUniqueID = "s"; GlueSA = {[GlueSALocalID = "atlas"; Free = 9]}]}'
    shared = parse_ad(f"[{close}]")["CloseStorageElements"]
    ads = [with_storage(parse_ad(f"[Wanted = {need}]").with_(CloseStorageElements=shared)) for need in (5, 50)]
    places = [Resource(ce_id=str(n), host=str(n), site="x", source="t", ad=ad) for n, ad in enumerate(ads)]
    expr = parse_expression("anyMatch(other.storage.CloseSEs, target.Free > 5) && other.Wanted > 10")
    job = parse_ad('[VirtualOrganisation = "atlas"]')
    assert ids(Matching(job, expr, parse_expression("1")).on(Snapshot(1, 0.0, places, context=CONTEXT))) == ["1"]


def test_areas_of_a_vo() -> None:
    text = """[CloseStorageElements = {
        [name = "a"; GlueSA = {
            [GlueSALocalID = "x:disk"; GlueSAAccessControlBaseRule = {"VO:cms", "VOMS:/atlas/Role=p"}]}],
        [GlueSEUniqueID = "b"; GlueCESEBindMountInfo = "/b"; GlueSA = {
            [GlueSALocalID = "ATLAS"; n = 1], [GlueSALocalID = "y"; n = 2]}],
        [name = "c"; GlueSA = {[GlueSALocalID = "y"; GlueSAAccessControlBaseRule = {"DENY:atlas"}]}],
        [name = "d"]}]"""
    found = close_storage(with_storage(parse_ad(text)), "atlas")
    assert [evaluate(parse_expression("name"), ad) for ad in found] == ["a", "b"]
    assert evaluate(parse_expression("n"), found[1]) == 1
    assert evaluate(parse_expression("mount"), found[1]) == "/b"
