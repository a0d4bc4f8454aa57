from __future__ import annotations

from weakref import WeakKeyDictionary

from gridwms.classad import ClassAd
from gridwms.market import Resource, Snapshot


def resource(ce_id: str) -> Resource:
    return Resource(ce_id=ce_id, host="h", site=None, source="s", ad=ClassAd())


def test_a_resource_is_found_by_its_id() -> None:
    snapshot = Snapshot(1, 0.0, (resource("a"), resource("b")))
    found = snapshot.find("b")
    assert found is not None
    assert found.ce_id == "b"
    assert snapshot.find("c") is None


def test_what_was_worked_out_of_a_snapshot_goes_with_it() -> None:
    kept: WeakKeyDictionary[Snapshot, int] = WeakKeyDictionary()
    snapshot = Snapshot(1, 0.0)
    kept[snapshot] = 1
    assert Snapshot(1, 0.0) not in kept
    del snapshot
    assert len(kept) == 0
