"""InputData, DataRequirements and what goes with them (gLite reference §1.2, §2.5)."""

from __future__ import annotations

from collections.abc import Iterator

from gridwms.classad import ClassAd, Reference, Value, evaluate_attribute
from gridwms.classad.text import fold
from gridwms.describe.data import TYPES, DataNeed, DataSet, catalogue_for
from gridwms.describe.jdl.draft import Draft, shown
from gridwms.describe.jdl.names import control_trouble

ATTRIBUTES = ("InputData", "DataRequirements", "DataAccessProtocol", "DataCatalog", "StorageIndex")
"""What the data of a job is read of."""
MOST_NAMES = 10_000
ACCEPTED = "names such as lfn:/grid/vo/file, guid:..., lds:..., query:name=value"

_KINDS = ("lfn", "guid", "lds", "query")
_INDEXED = {"si-lfn": "lfn", "si-guid": "guid"}
"""Prefixes that ask the StorageIndex."""


def read_data(draft: Draft, vo: str) -> DataSet | None:
    """The input data of a job, checked; None when it has none, or is wrong."""
    needs = _checked(draft)
    protocols = _words(draft.texts("DataAccessProtocol"))
    given = draft.given("InputData") or draft.given("DataRequirements")
    if not needs:
        if not given:
            for name in ("DataAccessProtocol", "DataCatalog", "StorageIndex"):
                if draft.text(name) or draft.texts(name):
                    draft.warning("no_effect", name, "has no effect: it only matters with InputData")
        return None
    if not protocols and draft.good("DataAccessProtocol"):
        name = "InputData" if draft.texts("InputData") else "DataRequirements"
        accepted = 'DataAccessProtocol = { "gsiftp", "https", "file" }, those that the program can use'
        draft.error("missing", name, "needs DataAccessProtocol", accepted=accepted)
    _check_catalogues(draft, vo, needs)
    return DataSet(vo=vo, needs=needs, protocols=protocols)


def data_of(ad: ClassAd) -> DataSet | None:
    """The input data of an ad that was checked before; None when it has none."""
    if "InputData" not in ad and "DataRequirements" not in ad:
        return None
    needs = tuple(_needs(ad))
    vo = _text(evaluate_attribute(ad, "VirtualOrganisation"))
    protocols = _words(_texts(evaluate_attribute(ad, "DataAccessProtocol")))
    return DataSet(vo=vo, needs=needs, protocols=protocols) if needs else None


def wants_access_cost(ad: ClassAd) -> bool:
    """Whether Rank is `other.DataAccessCost`: where the most files are near is best."""
    rank = ad.get("Rank")
    return (
        isinstance(rank, Reference)
        and fold(rank.name) == "dataaccesscost"
        and isinstance(rank.base, Reference)
        and fold(rank.base.name) in ("other", "target")
    )


def _needs(ad: ClassAd) -> Iterator[DataNeed]:
    """One for each catalogue that is meant."""
    plain: list[str] = []
    indexed: list[str] = []
    for item in _texts(evaluate_attribute(ad, "InputData")):
        prefix, _, rest = item.strip().partition(":")
        if prefix.lower() in _INDEXED:
            indexed.append(f"{_INDEXED[prefix.lower()]}:{rest}")
        else:
            plain.append(f"{prefix.lower()}:{rest}")
    if plain:
        yield DataNeed(names=tuple(dict.fromkeys(plain)), catalogue=_text(evaluate_attribute(ad, "DataCatalog")))
    if indexed:
        endpoint = _text(evaluate_attribute(ad, "StorageIndex"))
        yield DataNeed(names=tuple(dict.fromkeys(indexed)), type="SI", catalogue=endpoint)
    value = evaluate_attribute(ad, "DataRequirements")
    for one in value if isinstance(value, tuple) else (value,):
        if isinstance(one, ClassAd):
            yield from _requirement(one)


def _requirement(ad: ClassAd) -> Iterator[DataNeed]:
    names = [item.strip() for item in _texts(evaluate_attribute(ad, "InputData"))]
    if names:
        parts = [(prefix.lower(), rest) for prefix, _, rest in (name.partition(":") for name in names)]
        yield DataNeed(
            names=tuple(dict.fromkeys(f"{_INDEXED.get(prefix, prefix)}:{rest}" for prefix, rest in parts)),
            type=_text(evaluate_attribute(ad, "DataCatalogType")).upper(),
            catalogue=_text(evaluate_attribute(ad, "DataCatalog")),
        )


def _checked(draft: Draft) -> tuple[DataNeed, ...]:
    """The needs, when nothing is wrong with them."""
    names, ads = draft.texts("InputData"), draft.values.get("datarequirements", ())
    if names and ads:
        draft.error("exclusive", "InputData", "excludes DataRequirements; give one of the two")
        return ()
    for index, name in enumerate(names):
        _check_name(draft, "InputData", name, index)
    if isinstance(ads, tuple):
        for index, ad in enumerate(ads):
            _check_requirement(draft, ad, index)
    if not draft.good("InputData") or not draft.good("DataRequirements"):
        return ()
    needs = tuple(_needs(draft.ad))
    count = sum(len(need.names) for need in needs)
    if count > MOST_NAMES:
        accepted = f"at most {MOST_NAMES:,} names; a data set (lds:) is one"
        draft.error(
            "too_many", "InputData" if names else "DataRequirements", f"found {count:,} names", accepted=accepted
        )
    return needs


def _check_name(draft: Draft, attribute: str, name: str, index: int) -> None:
    prefix, colon, rest = name.strip().partition(":")
    trouble = control_trouble(name)
    if not trouble and not (colon and rest.strip() and prefix.lower() in (*_KINDS, *_INDEXED)):
        trouble = "is no name of data"
    if trouble:
        draft.error("bad_name", attribute, f"{shown(name)} {trouble}", found=name, accepted=ACCEPTED, item=index)


def _check_requirement(draft: Draft, ad: ClassAd, index: int) -> None:
    attribute = "DataRequirements"
    names = _texts(evaluate_attribute(ad, "InputData")) if "InputData" in ad else ()
    if not names:
        draft.error("missing", attribute, f"entry {index + 1} has no InputData", accepted=ACCEPTED, item=index)
    for name in names:
        _check_name(draft, attribute, name, index)
    kind = _text(evaluate_attribute(ad, "DataCatalogType")).upper() if "DataCatalogType" in ad else ""
    if kind not in TYPES:
        found = f"found {shown(kind)}" if kind else "is missing"
        what = f"DataCatalogType of entry {index + 1}: {found}"
        draft.error("bad_value", attribute, what, found=kind, accepted=", ".join(TYPES), item=index)
    if "DataCatalog" in ad and not _text(evaluate_attribute(ad, "DataCatalog")):
        what = f"DataCatalog of entry {index + 1} is no text"
        draft.error("wrong_type", attribute, what, accepted="the endpoint or the name of a catalogue", item=index)


def _check_catalogues(draft: Draft, vo: str, needs: tuple[DataNeed, ...]) -> None:
    """Each need has a catalogue that the service asks: it asks none that only a job names."""
    known = draft.defaults.catalogues
    if known is None:
        return
    name = "InputData" if draft.texts("InputData") else "DataRequirements"
    for need in needs:
        if catalogue_for(need, vo, known) is None:
            kinds = sorted({f"{item.partition(':')[0]}:" for item in need.names})
            which = f" called {shown(need.catalogue)}" if need.catalogue else ""
            which += f" of type {need.type}" if need.type else ""
            what = (
                f"cannot be honoured: this service asks no catalogue{which} for {', '.join(kinds)} names of the VO {vo}"
            )
            here = ", ".join(f"{one.name} ({one.type})" for one in known if not one.vos or vo in one.vos)
            draft.error(
                "unsupported", name, what, accepted=here or "no data, until the operator configures a catalogue"
            )


def _words(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.strip().lower() for text in texts if text.strip()))


def _texts(value: Value) -> tuple[str, ...]:
    items = value if isinstance(value, tuple) else (value,)
    return tuple(item for item in items if isinstance(item, str) and item.strip())


def _text(value: Value) -> str:
    return value.strip() if isinstance(value, str) else ""
