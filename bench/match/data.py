"""Jobs with input data: 1,000 data sets in a catalogue, against 10,000 resources close to 500 storage elements.

Arguments: resources, data sets (10000 1000). Times are of the processor.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bench._house import tell
from bench.match.matching import JDL, resource
from gridwms.catalogue.contract import KINDS, File, Found, Replica, Written
from gridwms.classad import ClassAd, EvaluationContext, parse_ad, parse_expression
from gridwms.describe.data import DataNeed, DataSet, KnownCatalogue
from gridwms.flow.data.located import Located
from gridwms.flow.data.locator import Asked, Locator
from gridwms.market import Resource, Snapshot
from gridwms.market.close_storage import close_storage, with_storage
from gridwms.match import Matching
from gridwms.match.data import Closeness, closeness_of
from gridwms.match.policies import read_policies

ELEMENTS, FILES, COPIES = 500, 20, 3
GANG = "anyMatch(other.storage.CloseSEs, target.GlueSAStateAvailableSpace > {})"


class Invented:
    """A catalogue that answers at once."""

    name = "invented"
    kinds = frozenset(KINDS)
    registers = False

    def __init__(self, rng: random.Random, sets: int) -> None:
        self._files = {
            f"lds:{number}": tuple(_file(number, part, rng) for part in range(FILES)) for number in range(sets)
        }

    def find(self, names: Sequence[str]) -> Found:
        return {name: self._files[name] for name in names}

    def register(self, files: Sequence[Written]) -> Mapping[str, str]:
        return {}

    def close(self) -> None: ...


def _file(number: int, part: int, rng: random.Random) -> File:
    """Copies of the files of a set lie at few places, as they do in practice."""
    places = random.Random(number).sample(range(ELEMENTS), 8)
    chosen = rng.sample(places, COPIES)
    return File(
        f"lfn:{number}/{part}", tuple(Replica(f"srm://se{place}.example.org/{number}/{part}") for place in chosen)
    )


def _element(number: int) -> ClassAd:
    protocols = [
        {"GlueSEAccessProtocolType": kind, "GlueSEAccessProtocolPort": 1} for kind in ("gsiftp", "https", "root")
    ]
    areas = [{"GlueSALocalID": vo, "GlueSAStateAvailableSpace": number * 10} for vo in ("atlas", "cms", "lhcb")]
    name = f"se{number}.example.org"
    values = {
        "GlueSEUniqueID": name,
        "name": name,
        "mount": "/grid",
        "GlueSEAccessProtocol": protocols,
        "GlueSA": areas,
    }
    return ClassAd.from_values(values)  # type: ignore[arg-type]


def _market(count: int, rng: random.Random) -> Snapshot:
    elements = [_element(number) for number in range(ELEMENTS)]
    close: dict[str, object] = {}
    found: list[Resource] = []
    for number in range(count):
        one = resource(number, rng)
        # The four queues of a host share their list, as the views of a computing element do.
        listed = close.setdefault(one.host, parse_ad("[]").with_(a=rng.sample(elements, 2))["a"])
        found.append(replace(one, ad=with_storage(one.ad.with_(CloseStorageElements=listed))))  # type: ignore[arg-type]
    return Snapshot(1, 0.0, found, context=EvaluationContext(close_storage=close_storage))


def milliseconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def main(count: int, sets: int) -> None:
    rng = random.Random(count)
    snapshot = _market(count, rng)
    _ = snapshot.columns
    known = KnownCatalogue(name="invented", type="FILE")
    locator = Locator([Asked(catalogue=Invented(rng, sets), known=known)])
    wanted = [
        DataSet(vo="atlas", needs=(DataNeed(names=(f"lds:{number}",)),), protocols=("gsiftp", "https"))
        for number in range(sets)
    ]

    def all_known() -> list[Located]:
        return [one for one in map(locator.where, wanted) if isinstance(one, Located)]

    def ask() -> None:
        while locator.ask("invented"):
            pass

    tell("data.first_look", milliseconds(all_known), "ms", sets)
    tell("data.ask", milliseconds(ask), "ms", sets)
    tell("data.answers", milliseconds(all_known), "ms", sets)
    tell("data.each_round", milliseconds(all_known), "ms", sets)
    tell("data.closeness", milliseconds(lambda: Closeness(snapshot)), "ms", count)
    changed = {one.id: replace(one, ad=one.ad.with_(GlueCEStateFreeJobSlots=7)) for one in snapshot.resources[::100]}
    following = snapshot.followed_by({one.id: one for one in snapshot.resources} | changed, snapshot.storage, 1.0)
    _ = following.columns
    before = closeness_of(snapshot)
    tell("data.closeness_again", milliseconds(lambda: Closeness(following, before)), "ms", count // 100)
    job = parse_ad(JDL, jdl=True)
    matching = Matching(job, job["Requirements"], job["Rank"], read_policies({}))
    tell("data.without", milliseconds(lambda: matching.on(snapshot)), "ms", count)
    tell("data.without_again", milliseconds(lambda: matching.on(snapshot)), "ms", count)
    located = all_known()
    spent = milliseconds(lambda: [matching.on(snapshot, one.wanted) for one in located])
    tell("data.match_all", spent, "ms", sets)
    tell("data.match_one", spent / sets, "ms", count)
    for name, limit in (("gang", 2500), ("gang_another", 1000)):
        gang = Matching(job, parse_expression(GANG.format(limit)), job["Rank"])
        tell(f"data.{name}", milliseconds(lambda gang=gang: gang.on(snapshot)), "ms", count)  # type: ignore[misc]


if __name__ == "__main__":
    sizes = [int(word) for word in sys.argv[1:]]
    main(*(sizes or [10_000, 1_000]))
