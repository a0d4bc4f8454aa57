"""Resources that were handed in, as rows."""

from __future__ import annotations

from gridwms.store import offers
from gridwms.store.database import Database
from gridwms.store.offers import Offer


def one(name: str, by: str = "ann", source: str = "pilots", expires: float = 20.0, ad: str = "[]") -> Offer:
    return Offer(source=source, name=name, by=by, ad=ad, told_at=10.0, expires_at=expires)


def test_kept_renewed_and_forgotten(database: Database) -> None:
    many = [one(f"n{number:04d}") for number in range(2000)]
    database.write(lambda c: offers.keep(c, many))
    database.write(lambda c: offers.keep(c, [one("n0007", ad="[x = 1]", expires=30.0), one("n0007", source="others")]))
    assert database.read(lambda c: offers.count(c, "pilots", 15.0)) == 2000
    (left,) = database.read(lambda c: offers.current(c, "pilots", 20.0))
    assert left == one("n0007", ad="[x = 1]", expires=30.0)
    assert database.write(lambda c: offers.forget_expired(c, 20.0)) == 2000
    assert database.read(lambda c: offers.count(c, "pilots", 0.0)) == 1


def test_whose_they_are(database: Database) -> None:
    database.write(lambda c: offers.keep(c, [one("a"), one("b", by="bob"), one("c", expires=5.0)]))
    assert database.read(lambda c: offers.owners(c, "pilots", ["a", "b", "c", "d"], 10.0)) == {"a": "ann", "b": "bob"}
    assert database.read(lambda c: offers.names_of(c, "pilots", "bob")) == ["b"]
    database.write(lambda c: offers.remove(c, "pilots", ["a", "c"]))
    assert [row.name for row in database.read(lambda c: offers.current(c, "pilots", 0.0))] == ["b"]
