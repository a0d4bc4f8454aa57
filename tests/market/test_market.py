from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from gridwms.classad import ClassAd
from gridwms.market import Market, SourceError
from gridwms.market.snapshot import Snapshot


def ad(ce_id: str, **values: int | str) -> ClassAd:
    return ClassAd.from_values({"GlueCEUniqueID": ce_id, **values})


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Fake:
    """A source that says what it is told to."""

    notes = ()
    kind, where, timeout, exact = "fake", "", 0.0, False

    def __init__(self, name: str, *ads: ClassAd, seconds: float = 60.0, complete: bool = True) -> None:
        self.name, self.seconds, self.complete = name, seconds, complete
        self.answer: Callable[[], list[ClassAd]] = lambda: list(ads)

    def says(self, *ads: ClassAd) -> None:
        self.answer = lambda: list(ads)

    def fails(self, trouble: Exception) -> None:
        def fail() -> list[ClassAd]:
            raise trouble

        self.answer = fail

    def fetch(self) -> list[ClassAd]:
        return self.answer()


def ids(snapshot: Snapshot) -> list[str]:
    return [resource.ce_id for resource in snapshot.resources]


def test_an_empty_market() -> None:
    market = Market([], clock=Clock())
    assert market.snapshot.resources == ()
    assert market.snapshot.version == 0


def test_sources_are_put_together_in_order_of_id() -> None:
    market = Market([Fake("one", ad("b"), ad("d")), Fake("two", ad("a"), ad("c"))], clock=Clock())
    market.refresh("one")
    assert ids(market.snapshot) == ["b", "d"]
    market.refresh("two")
    assert ids(market.snapshot) == ["a", "b", "c", "d"]
    assert [resource.source for resource in market.snapshot.resources] == ["two", "one", "two", "one"]


def test_what_is_taken_from_an_ad() -> None:
    clock = Clock()
    full = ad("h.x:2119/gw-fork-q", GlueCEInfoHostName="node.x", GridwmsSite="here")
    market = Market([Fake("one", full, ad("h.y:2119/gw-fork-q"))], clock=clock, keep=2.0)
    first, second = market.refresh("one").resources
    assert (first.host, first.site, first.source) == ("node.x", "here", "one")
    assert market.times(first) == (1000.0, 1120.0)
    assert (second.host, second.site) == ("h.y", None)


def test_a_reader_keeps_what_it_holds() -> None:
    source = Fake("one", ad("a"))
    market = Market([source], clock=Clock())
    held = market.refresh("one")
    source.says(ad("b"))
    market.refresh("one")
    assert ids(held) == ["a"]
    assert ids(market.snapshot) == ["b"]


def test_the_version_grows_with_changes_only() -> None:
    source = Fake("one", ad("a", x=1))
    market = Market([source], clock=Clock())
    assert market.refresh("one").version == 1
    assert market.refresh("one").version == 1
    source.says(ad("a", x=2))
    assert market.refresh("one").version == 2
    source.says(ad("a", x=2), ad("b"))
    assert market.refresh("one").version == 3


@pytest.mark.parametrize("trouble", [SourceError("the source 'one' is away"), ValueError("boom"), None])
def test_a_source_that_fails_empties_nothing_before_its_entries_expire(trouble: Exception | None) -> None:
    clock, source = Clock(), Fake("one", ad("a"), ad("b"))
    market = Market([source, Fake("two", ad("c"))], clock=clock, keep=3.0)
    market.refresh("one")
    market.refresh("two")
    if trouble is None:
        source.says()
    else:
        source.fails(trouble)
    for _ in range(2):
        clock.now += 60
        market.refresh("two")
        assert ids(market.refresh("one")) == ["a", "b", "c"]
    clock.now += 60
    assert ids(market.expire()) == ["c"]
    health = market.health()[0]
    assert (health.failures, health.last_good, health.resources) == (2, 1000.0, 0)
    assert "its last 2 resources are kept until they expire" in health.error


def test_a_source_that_comes_back() -> None:
    clock, source = Clock(), Fake("one", ad("a"))
    market = Market([source], clock=clock)
    market.refresh("one")
    source.fails(SourceError("away"))
    market.refresh("one")
    source.says(ad("a"))
    clock.now += 5
    market.refresh("one")
    health = market.health()[0]
    assert (health.failures, health.error, health.last_good) == (0, "", 1005.0)


def test_an_unexpected_failure_names_its_kind() -> None:
    source = Fake("one")
    source.fails(ZeroDivisionError("by nothing"))
    market = Market([source], clock=Clock())
    market.refresh("one")
    assert "the source 'one' failed unexpectedly: ZeroDivisionError: by nothing" in market.health()[0].error


def test_the_first_source_is_believed_and_the_conflict_told() -> None:
    market = Market([Fake("one", ad("a", x=1)), Fake("two", ad("a", x=2))], clock=Clock())
    market.refresh("two")
    market.refresh("one")
    (resource,) = market.snapshot.resources
    assert resource.source == "one"
    assert market.conflicts == ("'a' is told of by the sources 'one' and 'two'; 'one' is believed",)


def test_ads_that_cannot_be_used_are_left_out_and_told() -> None:
    nameless, numbered = ClassAd.from_values({"x": 1}), ClassAd.from_values({"GlueCEUniqueID": 3})
    market = Market([Fake("one", ad("a", x=1), nameless, numbered, ad("a", x=2), ad("b\n"))], clock=Clock())
    assert ids(market.refresh("one")) == ["a"]
    notes = market.health()[0].notes
    assert len(notes) == 4
    assert "ad 2 of source 'one' has no usable GlueCEUniqueID" in notes[0]
    assert "tells of 'a' more than once; the first is taken" in notes[2]


def test_notes_are_not_endless() -> None:
    market = Market([Fake("one", ad("a"), *[ClassAd()] * 1000)], clock=Clock())
    market.refresh("one")
    notes = market.health()[0].notes
    assert len(notes) == 21
    assert notes[-1] == "and 980 more"


def test_what_is_due() -> None:
    clock = Clock()
    market = Market([Fake("one", ad("a"), seconds=10), Fake("two", ad("b"), seconds=60)], clock=clock)
    assert market.due() == ["one", "two"]
    market.refresh("one")
    market.refresh("two")
    assert market.due() == []
    clock.now += 10
    assert market.due() == ["one"]


def test_two_sources_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two information sources named 'one'"):
        Market([Fake("one"), Fake("one")])


def test_readers_and_refreshers_at_the_same_time() -> None:
    """Every snapshot that is seen is whole: all of a source's resources are of one answer."""
    sources = [Fake(f"s{number}") for number in range(4)]
    market = Market(sources)
    torn: list[object] = []
    stop = threading.Event()

    def write(source: Fake) -> None:
        for turn in range(1, 100):
            source.says(*(ad(f"{source.name}-{i}", turn=turn) for i in range(5)))
            market.refresh(source.name)

    def look() -> None:
        while not stop.is_set():
            seen: dict[str, set[object]] = {}
            for resource in market.snapshot.resources:
                seen.setdefault(resource.source, set()).add(resource.ad["turn"])
            torn.extend(turns for turns in seen.values() if len(turns) > 1)

    readers = [threading.Thread(target=look) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(source,)) for source in sources]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in readers:
        thread.join()
    assert not torn
    assert len(market.snapshot.resources) == 20


def test_a_site_that_is_not_configured_leads_nowhere() -> None:
    source = Fake("one", ad("a", GridwmsSite="here"), ad("b", GridwmsSite="gone"), ad("c"))
    market = Market([source], clock=Clock(), sites=["here"])
    assert [resource.site for resource in market.refresh("one").resources] == ["here", None, None]
    assert market.health()[0].notes == ("'b' of source 'one' names the site 'gone', which is not configured",)


def test_an_ad_that_has_not_changed_stays_the_same_object() -> None:
    clock, source = Clock(), Fake("one", ad("a", x=1))
    market = Market([source], clock=clock)
    (first,) = market.refresh("one").resources
    source.says(ad("a", x=1))
    clock.now += 9
    (second,) = market.refresh("one").resources
    assert second is first
    assert market.times(first) == (1009.0, 1009.0 + 180)


def test_what_an_index_forgets_stays_until_it_expires() -> None:
    clock, source = Clock(), Fake("one", ad("a"), ad("b"), complete=False)
    market = Market([source], clock=clock, keep=3.0)
    market.refresh("one")
    source.says(ad("b"))
    clock.now += 60
    assert ids(market.refresh("one")) == ["a", "b"]
    clock.now += 120
    assert ids(market.refresh("one")) == ["b"]


def test_columns_follow_the_resources() -> None:
    source = Fake("one", *(ad(f"c{n}", x=n) for n in range(9)))
    market = Market([source], clock=Clock())
    before = market.refresh("one")
    assert before.columns.count == 9
    source.says(*(ad(f"c{n}", x=n if n != 4 else 40) for n in range(1, 10)))
    after = market.refresh("one")
    assert ids(after) == [f"c{n}" for n in range(1, 10)]
    assert {after.at(row).ce_id for row in range(after.columns.count) if after.columns.alive >> row & 1} == set(
        ids(after)
    )
    column = after.columns.column("x")
    assert column is not None
    assert column.value(after.columns.row_of["c4"]) == 40
    assert before.columns.column("x") is not None
    assert before.at(before.columns.row_of["c0"]).ce_id == "c0"


def test_storage_elements_are_beside_the_resources() -> None:
    clock = Clock()
    disk = ClassAd.from_values({"GlueSEUniqueID": "se.x", "GlueSESizeFree": 5})
    source = Fake("one", ad("a"), disk, ClassAd.from_values({"GlueSEUniqueID": " "}), disk)
    market = Market([source], clock=clock)
    first = market.refresh("one")
    assert ids(first) == ["a"]
    assert list(first.storage) == ["se.x"]
    assert first.storage["se.x"].ad["GlueSESizeFree"] == disk["GlueSESizeFree"]
    assert len(market.health()[0].notes) == 2
    source.says(ad("a"), ClassAd.from_values({"GlueSEUniqueID": "se.x", "GlueSESizeFree": 4}))
    second = market.refresh("one")
    assert second.version == first.version + 1
    assert second.resources[0] is first.resources[0]
    source.says(ad("a"))
    assert dict(market.refresh("one").storage) == {}
    assert list(first.storage) == ["se.x"]


def test_an_answer_of_much_less_is_not_believed_at_once() -> None:
    clock = Clock()
    source = Fake("one", *(ad(f"c{n}") for n in range(9)))
    market = Market([source], clock=clock, keep=3.0)
    market.refresh("one")
    source.says(ad("c0"), ad("c1"))
    clock.now += 60
    assert len(ids(market.refresh("one"))) == 9
    assert "tells of 2 resources, after 9 before" in market.health()[0].notes[0]
    clock.now += 120
    assert ids(market.refresh("one")) == ["c0", "c1"]
    source.exact = True
    source.says()
    assert ids(market.refresh("one")) == []
    assert market.health()[0].error == ""


def test_an_answer_of_nothing_but_nonsense_is_none() -> None:
    source = Fake("one", ad("a"))
    market = Market([source], clock=Clock())
    market.refresh("one")
    source.says(ClassAd(), ClassAd.from_values({"GlueCEUniqueID": 5}))
    assert ids(market.refresh("one")) == ["a"]
    health = market.health()[0]
    assert "with nothing of use: ad 1 of source 'one' has no usable GlueCEUniqueID" in health.error
    assert (health.condition, health.failures) == ("failing", 1)


def test_an_ad_may_carry_its_own_end() -> None:
    clock, source = Clock(), Fake("one", ad("a", GridwmsExpires=1005), ad("b"))
    market = Market([source], clock=clock)
    first = market.refresh("one").find("a")
    assert first is not None
    assert "GridwmsExpires" not in first.ad
    source.says(ad("a", GridwmsExpires=1030), ad("b"))
    again = market.refresh("one")
    assert again.find("a") is first
    assert market.times(first) == (1000.0, 1030.0)
    clock.now += 30
    assert ids(market.expire()) == ["b"]


def test_what_is_handed_in_stands_beside_what_was_told() -> None:
    clock = Clock()
    market = Market([Fake("one", ad("a"))], clock=clock)
    market.refresh("one")
    taken = market.put("one", [ad("b", x=1), ClassAd()])
    assert list(taken.resources) == ["b"]
    assert len(taken.notes) == 1
    assert ids(market.snapshot) == ["a", "b"]
    assert market.drop("one", ["b", "c"]) == 1
    assert ids(market.snapshot) == ["a"]


def test_a_source_that_says_how_it_is() -> None:
    clock, source = Clock(), Fake("one", ad("a"))
    market = Market([source], clock=clock)
    assert market.health()[0].condition == "new"
    source.fails(SourceError("away"))
    market.refresh("one")
    assert market.health()[0].condition == "dead"
    source.says(ad("a"))
    market.refresh("one")
    health = market.health()[0]
    assert (health.condition, health.kind, health.seconds, health.resources) == ("good", "fake", 60.0, 1)
    assert (health.oldest, health.expires) == (1000.0, 1180.0)
