"""Asking catalogues by sets: how often, how many at once, what holds when one is down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from gridwms.catalogue.contract import KINDS, CatalogueError, File, Found, Replica, Written
from gridwms.describe.data import DataNeed, DataSet, KnownCatalogue
from gridwms.flow.data.located import Located
from gridwms.flow.data.locator import Asked, Locator
from gridwms.jobs.reasons import Reason


@dataclass
class FakeCatalogue:
    """Holds names and hosts; counts what it is asked; breaks when told to."""

    name: str = "fake"
    hosts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    refused: frozenset[str] = frozenset()
    down: Exception | None = None
    kinds: frozenset[str] = frozenset(KINDS)
    registers: bool = False

    def find(self, names: Sequence[str]) -> Found:
        self.asked.append(list(names))
        if self.down is not None:
            raise self.down
        return {name: CatalogueError("not so") if name in self.refused else self._files(name) for name in names}

    def _files(self, name: str) -> tuple[File, ...]:
        hosts = self.hosts.get(name, ())
        return (File(name, tuple(Replica(f"srm://{host}/{name}") for host in hosts)),) if hosts else ()

    def register(self, files: Sequence[Written]) -> Mapping[str, str]:
        return {}

    def close(self) -> None: ...


@dataclass
class Bench:
    catalogue: FakeCatalogue
    locator: Locator
    time: list[float]
    news: list[int]

    def where(self, *names: str) -> Located | Reason:
        return self.locator.where(data(*names))

    def ask(self) -> None:
        while self.locator.ask("fake"):
            pass


def data(*names: str, vo: str = "atlas", catalogue: str = "") -> DataSet:
    need = DataNeed(names=names, catalogue=catalogue)
    return DataSet(vo=vo, needs=(need,), protocols=("srm",))


@pytest.fixture
def bench() -> Bench:
    time = [1000.0]
    catalogue = FakeCatalogue(hosts={f"lfn:{n}": (f"se{n % 3}",) for n in range(3000)})
    known = KnownCatalogue(name="fake", type="FILE", vos=("atlas",))
    asked = Asked(catalogue=catalogue, known=known, refresh=600, unknown=60, keep=3600, batch=1000)
    locator = Locator([asked], lambda: time[0])
    news: list[int] = []
    locator.news = lambda: news.append(1)
    return Bench(catalogue, locator, time, news)


def code(answer: Located | Reason) -> str:
    return answer.code if isinstance(answer, Reason) else "located"


def test_nobody_waits_for_a_catalogue(bench: Bench) -> None:
    woken: list[str] = []
    bench.locator.wake = woken.append
    assert code(bench.where("lfn:1")) == "data_asked"
    assert (bench.catalogue.asked, woken) == ([], ["fake"])
    bench.ask()
    answer = bench.where("lfn:1")
    assert isinstance(answer, Located)
    assert [file.name for file in answer.files] == ["lfn:1"]
    assert (len(bench.news), woken) == (1, ["fake"])


def test_many_data_sets_are_few_questions(bench: Bench) -> None:
    sets = [data(f"lfn:{n}", f"lfn:{n + 1}") for n in range(1999)]
    for one in sets:
        bench.locator.where(one)
    bench.ask()
    assert [len(names) for names in bench.catalogue.asked] == [1000, 1000]
    assert all(isinstance(bench.locator.where(one), Located) for one in sets)


def test_an_answer_stays_the_same_object_until_something_changes(bench: Bench) -> None:
    bench.where("lfn:1")
    bench.ask()
    first = bench.where("lfn:1")
    bench.where("lfn:2")
    bench.ask()
    assert bench.where("lfn:1") is first
    bench.time[0] += 601
    bench.ask()
    assert bench.where("lfn:1") is first
    assert len(bench.news) == 2
    bench.catalogue.hosts["lfn:1"] = ("elsewhere",)
    bench.time[0] += 601
    bench.ask()
    moved = bench.where("lfn:1")
    assert isinstance(moved, Located) and moved.files[0].replicas[0].host == "elsewhere"
    assert len(bench.news) == 3


def test_news_of_others_cost_a_data_set_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(5):
        bench.where(f"lfn:{n}")
    bench.ask()
    first = [bench.locator.where(data(f"lfn:{n}")) for n in range(5)]
    bench.where("lfn:77")
    bench.ask()
    made: list[int] = []
    of = Located.of
    monkeypatch.setattr(Located, "of", lambda *args: made.append(1) or of(*args))
    assert [bench.locator.where(data(f"lfn:{n}")) for n in range(5)] == first
    assert made == []
    bench.catalogue.hosts["lfn:3"] = ("moved",)
    bench.time[0] += 601
    bench.ask()
    again = [bench.locator.where(data(f"lfn:{n}")) for n in range(5)]
    assert [one is had for one, had in zip(again, first, strict=True)] == [True, True, True, False, True]
    assert len(made) == 1


def test_it_is_asked_again_only_when_it_is_due(bench: Bench) -> None:
    bench.where("lfn:1", "lfn:none")
    bench.ask()
    bench.time[0] += 59
    bench.ask()
    assert len(bench.catalogue.asked) == 1
    bench.time[0] += 2
    bench.ask()
    assert bench.catalogue.asked[1:] == [["lfn:none"]]


def test_unknown_files_are_left_out_and_all_unknown_wait(bench: Bench) -> None:
    bench.where("lfn:1", "lfn:none")
    bench.where("lfn:none")
    bench.ask()
    answer = bench.where("lfn:1", "lfn:none")
    assert isinstance(answer, Located)
    assert (len(answer.files), answer.unknown) == (1, ("lfn:none",))
    waits = bench.where("lfn:none")
    assert isinstance(waits, Reason)
    assert waits.sentence == "The catalogue fake knows none of its input data (lfn:none)."
    bench.catalogue.hosts["lfn:none"] = ("se1",)
    bench.time[0] += 61
    bench.ask()
    assert code(bench.where("lfn:none")) == "located"


def test_one_that_is_down_is_asked_ever_more_seldom(bench: Bench) -> None:
    bench.catalogue.down = CatalogueError("host:1 does not answer in time")
    bench.where("lfn:1")
    for _second in range(400):
        bench.ask()
        bench.time[0] += 1
    assert len(bench.catalogue.asked) == 7  # after 0, 5, 15, 35, 75, 155, 315 s
    waits = bench.where("lfn:1")
    assert isinstance(waits, Reason)
    assert "does not tell where its input data lies: host:1 does not answer in time." in waits.sentence
    assert len(bench.news) == 1
    bench.catalogue.down = None
    bench.time[0] += 300
    bench.ask()
    assert code(bench.where("lfn:1")) == "located"
    (health,) = bench.locator.health()
    assert (health.failures, health.error, health.names) == (0, "", 1)


def test_what_it_said_before_holds_for_a_while(bench: Bench) -> None:
    bench.where("lfn:1")
    bench.ask()
    bench.catalogue.down = ValueError("bug")
    bench.time[0] += 3599
    bench.ask()
    assert code(bench.where("lfn:1")) == "located"
    bench.time[0] += 1
    waits = bench.where("lfn:1")
    assert isinstance(waits, Reason)
    assert waits.code == "catalogue_silent"
    assert "ValueError: bug" in waits.sentence


def test_a_name_that_is_refused_does_not_hold_up_the_others(bench: Bench) -> None:
    bench.catalogue.refused = frozenset({"lfn:2"})
    bench.where("lfn:1")
    bench.where("lfn:2")
    bench.ask()
    assert code(bench.where("lfn:1")) == "located"
    waits = bench.where("lfn:2")
    assert isinstance(waits, Reason) and (waits.code, waits.params["why"]) == ("data_refused", "not so")


def test_data_that_nobody_wants_any_more_is_forgotten(bench: Bench) -> None:
    bench.where("lfn:1")
    bench.where("lfn:2")
    bench.ask()
    bench.time[0] += 2000
    bench.where("lfn:2")
    bench.time[0] += 2000
    bench.ask()
    assert bench.catalogue.asked[-1] == ["lfn:2"]
    assert bench.locator.health()[0].names == 1


def test_somebody_who_asks_now_gets_it_at_once(bench: Bench) -> None:
    sets = [data("lfn:1", "lfn:2"), data("lfn:2", "lfn:3")]
    bench.locator.find_now(sets)
    assert len(bench.catalogue.asked) == 1
    assert [code(bench.locator.where(one)) for one in sets] == ["located", "located"]
    bench.locator.find_now(sets)
    assert len(bench.catalogue.asked) == 1


def test_without_a_catalogue_the_reason_says_for_what(bench: Bench) -> None:
    waits = bench.locator.where(data("lfn:1", vo="cms"))
    assert isinstance(waits, Reason) and waits.code == "no_catalogue"
    assert "VO cms" in waits.sentence
