"""Gang matching: the storage elements close to a resource, as gLite's broker gave them to Requirements.

gLite added `storage` to each resource (gLite reference §1.7), so that a job could say
`anyMatch(other.storage.CloseSEs, target.GlueSAStateAvailableSpace > 300)`. An element is one ad: name, mount and
freespace (kB), what the storage element publishes, and its storage area for the job's VO; without such an area the
element is not there for the VO.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gridwms.classad import ClassAd, Expr, ListExpression, Literal, parse_expression
from gridwms.classad.text import fold

STORAGE = parse_expression("[ VO = parent.other.VirtualOrganisation; CloseSEs = retrieveCloseSEsInfo(VO) ]")
_CLOSE = "closestorageelements"
_PARTS = frozenset({"gluesa", "glueseaccessprotocol", "gluesecontrolprotocol", "closecomputingelements"})
_MOST = 50_000

_KNOWN: dict[tuple[int, str], tuple[Expr, tuple[ClassAd, ...]]] = {}
"""By identity of the list, which the views of a resource share, and VO."""


def with_storage(ad: ClassAd) -> ClassAd:
    """The ad of a resource, with `storage` when it tells of close storage elements."""
    if _CLOSE not in ad.expressions or "storage" in ad.expressions:
        return ad
    return ClassAd.joined(ad, ClassAd([("storage", STORAGE)]))


def close_storage(resource: ClassAd, vo: str) -> Sequence[ClassAd]:
    """The close storage elements that have an area for a VO."""
    listed = resource.expressions.get(_CLOSE)
    if listed is None:
        return ()
    key = id(listed), fold(vo)
    known = _KNOWN.get(key)
    if known is None or known[0] is not listed:
        if len(_KNOWN) >= _MOST:
            _KNOWN.clear()
        known = _KNOWN[key] = listed, tuple(_elements(listed, vo))
    return known[1]


def _elements(listed: Expr, vo: str) -> Iterator[ClassAd]:
    for element in listed.items if isinstance(listed, ListExpression) else (listed,):
        if not isinstance(element, ClassAd):
            continue
        if "GlueSA" not in element and "GlueSEUniqueID" not in element:
            continue  # only the binding is known
        area = _area(element, vo)
        if area is None:
            continue
        plain = ClassAd((name, expr) for name, expr in element.items() if fold(name) not in _PARTS)
        plain = ClassAd.joined(_named(element), plain)
        free = area.get("GlueSAStateAvailableSpace")
        space = ClassAd([("freespace", free)] if free is not None else ())
        yield ClassAd.joined(plain, area, space)


def _named(element: ClassAd) -> ClassAd:
    """Its name and mount point, under the names that gLite gave them, where it has them under those of GLUE only."""
    found = []
    for name, sources in (
        ("name", ("GlueCESEBindSEUniqueID", "GlueSEUniqueID")),
        ("mount", ("GlueCESEBindMountInfo", "GlueCESEBindCEAccesspoint")),
    ):
        value = next((element[one] for one in sources if one in element), None)
        if value is not None:
            found.append((name, value))
    return ClassAd(found)


def _area(element: ClassAd, vo: str) -> ClassAd | None:
    """The storage area of a VO: the one called so, else the first that its rules open to the VO."""
    listed = element.get("GlueSA")
    areas = [area for area in listed.items if isinstance(area, ClassAd)] if isinstance(listed, ListExpression) else []
    named = [area for area in areas if fold(_text(area.get("GlueSALocalID"))) == fold(vo)]
    ruled = [area for area in areas if _is_open(area.get("GlueSAAccessControlBaseRule"), fold(vo))]
    return next(iter([*named, *ruled]), None)


def _is_open(rules: Expr | None, vo: str) -> bool:
    """GLUE 1.3: a bare name, `VO:<name>`, or `VOMS:/<name>...`."""
    items = rules.items if isinstance(rules, ListExpression) else (rules,)
    for item in items:
        rule = fold(_text(item))
        bare = rule.removeprefix("vo:").removeprefix("voms:").lstrip("/")
        if rule and bare.split("/")[0] == vo and not rule.startswith("deny:"):
            return True
    return False


def _text(expr: Expr | None) -> str:
    return expr.value if isinstance(expr, Literal) and isinstance(expr.value, str) else ""
