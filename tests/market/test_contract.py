"""The contract of information sources, for every kind: whatever one says, the market is not emptied by it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridwms.classad import ClassAd
from gridwms.market import Market
from gridwms.market.source import Source
from gridwms.market.sources.arc import ArcSource
from gridwms.market.sources.bdii import BdiiSource
from gridwms.market.sources.cric import CricSource
from gridwms.market.sources.file import FileSource
from gridwms.market.sources.htcondor import CondorSource
from gridwms.market.sources.web import Access
from tests.market.bdii.grid import cluster, element, ldif
from tests.market.test_market import Clock, Fake, ad

HERE = Path(__file__).parent
MANY = 6
SECONDS = 60.0


def _toml() -> bytes:
    table = '[[resource]]\nGlueCEUniqueID = "ce{0}.x:1/a-b-c"\nGlueCEStateFreeJobSlots = {0}\n\n'
    return "".join(table.format(number) for number in range(MANY)).encode()


def _ads() -> bytes:
    return "".join(f'[ GlueCEUniqueID = "ce{n}.x:1/a-b-c"; Free = {n}; ]\n' for n in range(MANY)).encode()


def _queues() -> bytes:
    queue = {"ce_flavour": "ARC-CE", "ce_jobmanager": "slurm", "ce_queue_name": "q"}
    return json.dumps({f"Q{n}": {"queues": [queue | {"ce_endpoint": f"ce{n}.x:2811"}]} for n in range(MANY)}).encode()


def _machines() -> bytes:
    slot = 'MyType = "Machine"\nName = "slot1@w{0}"\nCpus = 1\nTotalCpus = {0}\nState = "Unclaimed"\n\n'
    return "".join(slot.format(number + 1) for number in range(MANY)).encode()


def _entries() -> bytes:
    hosts = [f"ce{number}.x" for number in range(MANY)]
    entries = [one for host in hosts for one in (element(host, "q", ["VO:cms"]), *cluster(host))]
    return ldif(entries).encode()


def _file(name: str) -> Callable[[Path], Source]:
    return lambda folder: FileSource("it", folder / name, SECONDS)


def _program(folder: Path, name: str) -> str:
    """A program that says what `said` holds, and fails where there is none."""
    program = folder / name
    program.write_text(f'#!/bin/sh\n[ "$1" = -schedd ] && exit 0\nexec cat {folder}/said\n')
    program.chmod(0o700)
    return str(program)


def _bdii(folder: Path) -> Source:
    source = BdiiSource("it", "ldap://127.0.0.1:9", glue=[1], seconds=SECONDS, timeout=20, program=True)
    source._ask1._program = _program(folder, "ldapsearch")  # type: ignore[union-attr]
    return source


def _condor(folder: Path) -> Source:
    return CondorSource(name="it", seconds=SECONDS, program=_program(folder, "condor_status"))


def _cric(folder: Path) -> Source:
    return CricSource("it", Access(url=str(folder / "said")), seconds=SECONDS)


def _arc(folder: Path) -> Source:
    return ArcSource("it", Access(url=str(folder / "said")), seconds=SECONDS)


KINDS: dict[str, tuple[str, Callable[[], bytes], Callable[[Path], Source]]] = {
    "toml": ("said.toml", _toml, _file("said.toml")),
    "classad": ("said", _ads, _file("said")),
    "cric": ("said", _queues, _cric),
    "arc": ("said", (HERE / "arc/info.xml").read_bytes, _arc),
    "arc-json": ("said", (HERE / "arc/info.json").read_bytes, _arc),
    "htcondor": ("said", _machines, _condor),
    "bdii": ("said", _entries, _bdii),
}


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    yield request.param, tmp_path_factory.mktemp("source")


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_no_answer_empties_the_market(kind: tuple[str, Path], data: st.DataObject) -> None:
    name, folder = kind
    said, whole, make = KINDS[name]
    clock, good = Clock(), whole()
    (folder / said).write_bytes(good)
    market = Market([make(folder)], clock=clock, keep=3.0)
    before = {resource.id for resource in market.refresh("it").resources}
    assert len(before) >= 2, market.health()
    known = before
    for _ in range(2):
        (folder / said).write_bytes(data.draw(spoilt(good)))
        clock.now += 1
        after = {resource.id for resource in market.refresh("it").resources}
        health = market.health()[0]
        assert len(after) * 2 >= len(known), health
        assert after == known or not health.error
        known = after
    (folder / said).unlink()
    market.refresh("it")
    assert market.health()[0].condition == "failing"
    clock.now += 3 * SECONDS
    assert market.expire().resources == ()
    (folder / said).write_bytes(good)
    assert {resource.id for resource in market.refresh("it").resources} == before
    assert market.health()[0].condition == "good"


@st.composite
def spoilt(draw: st.DrawFn, good: bytes) -> bytes:
    """Nothing, noise, a part, or the whole with a few bytes changed."""
    how = draw(st.sampled_from(["nothing", "noise", "part", "bytes", "blank"]))
    if how == "nothing":
        return b""
    if how == "blank":
        return b"\n\n\n"
    if how == "noise":
        return draw(st.binary(max_size=200))
    if how == "part":
        return good[: draw(st.integers(0, len(good) // 2))]
    changed = bytearray(good)
    for place in draw(st.lists(st.integers(0, len(good) - 1), min_size=1, max_size=2)):
        changed[place] = draw(st.integers(0, 255))
    return bytes(changed)


NAMES = st.sets(st.integers(0, 7).map(lambda number: f"c{number}"))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("answer"), NAMES),
        st.tuples(st.just("fail"), st.just(frozenset[str]())),
        st.tuples(st.just("put"), NAMES),
        st.tuples(st.just("drop"), NAMES),
        st.tuples(st.just("wait"), st.integers(1, 4)),
    ),
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(steps=STEPS, complete=st.booleans(), exact=st.booleans())
def test_the_market_is_what_was_said_and_has_not_expired(
    steps: list[tuple[str, object]], complete: bool, exact: bool
) -> None:
    clock, source = Clock(), Fake("one", complete=complete)
    source.exact = exact
    market = Market([source], clock=clock, keep=3.0)
    ends: dict[str, float] = {}
    for what, which in steps:
        if what == "wait":
            clock.now += 60.0 * int(str(which))
            market.expire()
        elif what == "answer":
            names = set(which)  # type: ignore[call-overload]
            source.says(*(ad(name) for name in sorted(names)))
            market.refresh("one")
            alive = {name for name, end in ends.items() if end > clock.now}
            if complete and (exact or (names and len(names) * 2 >= len(alive))):
                ends = {name: end for name, end in ends.items() if name in names}
            ends |= dict.fromkeys(names, clock.now + 180.0)
        elif what == "fail":
            source.fails(OSError("gone"))
            market.refresh("one")
        elif what == "put":
            market.put("one", [ad(name) for name in sorted(which)])  # type: ignore[call-overload]
            ends |= dict.fromkeys(which, clock.now + 180.0)  # type: ignore[call-overload]
        else:
            market.drop("one", sorted(which))  # type: ignore[call-overload]
            ends = {name: end for name, end in ends.items() if name not in which}  # type: ignore[operator]
        ends = {name: end for name, end in ends.items() if end > clock.now}
        snapshot = market.snapshot
        assert {resource.id for resource in snapshot.resources} == set(ends)
        assert [snapshot.columns.row_of.get(name) is not None for name in ends] == [True] * len(ends)
        assert {resource.id: market.times(resource) for resource in snapshot.resources} == {
            name: (end - 180.0, end) for name, end in ends.items()
        }


def test_an_ad_is_a_resource_or_a_storage_element_or_told_of() -> None:
    """Two entries of one id, an id that is none, an ad without one: the first counts, the rest is told."""
    source = Fake("one", ad("a", x=1), ad("a", x=2), ad(" "), ad("b\x00"), ClassAd())
    market = Market([source], clock=Clock())
    assert [resource.id for resource in market.refresh("one").resources] == ["a"]
    assert len(market.health()[0].notes) == 4
