"""What the readers of GLUE 2 entries share: short names, OtherInfo, numbers, hosts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gridwms.classad import ClassAd, ListExpression, Literal
from gridwms.classad.tree import Expr
from gridwms.market.sources.bdii.entry import Entry


def short(entry: Entry, *prefixes: str) -> ClassAd:
    """An entry without the prefix of its names; OtherInfo becomes an ad of its own."""
    if entry.short is not None:
        return entry.short
    items: list[tuple[str, Expr]] = []
    for name, value in entry.ad().items():
        if name == "GLUE2EntityOtherInfo":
            continue
        prefix = next((one for one in (*prefixes, "GLUE2Entity") if name.startswith(one)), "")
        items.append((name.removeprefix(prefix), value))
    others = other_info(entry)
    if others:
        items.append(("OtherInfo", ClassAd((name, Literal(value)) for name, value in others.items())))
    entry.short = ClassAd(items)
    return entry.short


def other_info(entry: Entry) -> dict[str, str]:
    """`name=value` texts; of equal names the first counts."""
    others: dict[str, str] = {}
    for text in entry.texts.get("glue2entityotherinfo", ()):
        name, equals, value = text.partition("=")
        if equals and name.strip():
            others.setdefault(name.strip(), value.strip())
    return others


def renamed(entry: Entry, table: dict[str, str]) -> Iterator[tuple[str, Expr]]:
    values = entry.ad().expressions
    for name, new in table.items():
        value = values.get(name)
        if value is not None:
            yield new, value


def numbers(entry: Entry, table: dict[str, str]) -> Iterator[tuple[str, int]]:
    for new, value in renamed(entry, table):
        if isinstance(value, Literal) and isinstance(value.value, int) and not isinstance(value.value, bool):
            yield new, value.value


def texts(values: Iterable[str]) -> ListExpression:
    return ListExpression(tuple(Literal(value) for value in values))


def whole(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def real(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def host_of(text: str) -> str:
    """The host of a URL or of the id of a computing element."""
    return text.split("://", 1)[-1].split("/", 1)[0].rsplit(":", 1)[0]
