"""What travels in calls and answers, and its XML: simple values, enumerations, structures, lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lxml import etree

XSD = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NIL = f"{{{XSI}}}nil"
_DEEPEST = 64
"""Structures within structures."""


class BadValue(Exception):
    """What was sent is not of the type that the operation takes; a sentence."""


@dataclass(frozen=True, slots=True)
class Simple:
    """A simple type of XML Schema."""

    name: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]


def _integer(bits: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"\s*[+-]?[0-9]{1,20}\s*", text) or not -(1 << bits) <= int(text) < 1 << bits:
            raise ValueError
        return int(text)

    return read


def _boolean(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text.strip()]


STRING = Simple("string", str, str)
INT = Simple("int", _integer(31), str)
LONG = Simple("long", _integer(63), str)
BOOLEAN = Simple("boolean", _boolean, lambda value: "true" if value else "false")
DATE_TIME = Simple(
    "dateTime", datetime.fromisoformat, lambda value: value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
)


@dataclass(frozen=True, slots=True)
class Enumeration:
    """A string out of a few."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Struct:
    """Fields in their order. Values are mappings from names; a list where a field may come many times.

    `base`: the name of the structure whose fields come first and that XML Schema shall know as its base.
    """

    name: str
    fields: tuple[Field, ...]
    base: Struct | None = None

    @property
    def all_fields(self) -> tuple[Field, ...]:
        """With those of the base."""
        return (self.base.all_fields if self.base else ()) + self.fields


@dataclass(frozen=True, slots=True)
class Document:
    """XML of another namespace that is handed on as it is: bytes of a document whose root is called `root`."""

    name: str
    namespace: str
    root: str

    def read(self, element: etree._Element) -> bytes:
        """The content of `element` as a document of its own."""
        made = etree.Element(f"{{{self.namespace}}}{self.root}", nsmap={None: self.namespace})
        # Some clients send the document itself, others what is in it.
        whole = len(element) == 1 and element[0].tag == made.tag
        made.extend(list(element[0] if whole else element))
        return etree.tostring(made, xml_declaration=True, encoding="UTF-8")


@dataclass(frozen=True, slots=True)
class Field:
    """One of a structure, or a part of a message. `many`: any number of times, `least` of them. `nillable`: may be nil.

    `type`: may be a function, for structures that contain themselves.
    """

    name: str
    type: Type | Callable[[], Type]
    many: bool = False
    optional: bool = False
    nillable: bool = False
    least: int = 0

    @property
    def of(self) -> Type:
        """Its type."""
        return self.type() if not isinstance(self.type, Simple | Enumeration | Struct | Document) else self.type


Type = Simple | Enumeration | Struct | Document


def read_fields(element: etree._Element, fields: Sequence[Field], depth: int = 0) -> dict[str, Any]:
    """The values of the children of `element`, by name. Raises BadValue.

    Elements are known by their local names: clients differ in whether they qualify them.
    """
    if depth > _DEEPEST:
        raise BadValue("structures are nested too deeply")
    known = {field.name: field for field in fields}
    found: dict[str, list[Any]] = {}
    for child in element:
        if not isinstance(child.tag, str):
            continue
        name = etree.QName(child).localname
        if name not in known:
            raise BadValue(f"'{name}' is not expected in '{etree.QName(element).localname}'")
        found.setdefault(name, []).append(_read(child, known[name], depth))
    values: dict[str, Any] = {}
    for field in fields:
        got = found.get(field.name, [])
        if field.many:
            values[field.name] = got
        elif len(got) > 1:
            raise BadValue(f"'{field.name}' comes {len(got)} times")
        elif not got and not field.optional:
            raise BadValue(f"'{field.name}' is missing")
        else:
            values[field.name] = got[0] if got else None
    return values


def _read(element: etree._Element, field: Field, depth: int) -> Any:
    kind = field.of
    if element.get(_NIL, "").strip() in ("true", "1"):
        return _nil(field, kind)
    if isinstance(kind, Struct):
        return read_fields(element, kind.all_fields, depth + 1)
    if isinstance(kind, Document):
        return kind.read(element)
    if len(element):
        raise BadValue(f"'{field.name}' is a plain value and has elements in it")
    text = element.text or ""
    if isinstance(kind, Enumeration):
        if text.strip() not in kind.values:
            raise BadValue(f"'{field.name}' is {text[:50]!r}, and must be one of {', '.join(kind.values)}")
        return text.strip()
    try:
        return kind.read(text)
    except (ValueError, KeyError) as error:
        raise BadValue(f"'{field.name}' is {text[:50]!r}, which is no {kind.name}") from error


def _nil(field: Field, kind: Type) -> Any:
    """What nil stands for where nothing may be nil: clients of C++ send it for an empty text or list."""
    if field.nillable:
        return None
    if kind is STRING:
        return ""
    if isinstance(kind, Struct) and all(one.many for one in kind.all_fields):
        return {one.name: [] for one in kind.all_fields}
    raise BadValue(f"'{field.name}' is nil, and must not be")


def write_fields(parent: etree._Element, values: Mapping[str, Any], fields: Sequence[Field]) -> None:
    """Append the values to `parent`; what is None is left out, or nil where it must be there."""
    for field in fields:
        value = values.get(field.name)
        for one in (value or []) if field.many else [value]:
            _write(parent, field, one)


def _write(parent: etree._Element, field: Field, value: Any) -> None:
    if value is None:
        if not field.optional:
            etree.SubElement(parent, field.name).set(_NIL, "true")
        return
    element = etree.SubElement(parent, field.name)
    kind = field.of
    if isinstance(kind, Struct):
        write_fields(element, value, kind.all_fields)
    elif isinstance(kind, Document):
        element.extend(etree.fromstring(value))  # ours
    else:
        element.text = printable(kind.write(value) if isinstance(kind, Simple) else str(value))


def printable(text: str) -> str:
    """The text without the characters that XML cannot have."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)
