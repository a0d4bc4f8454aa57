"""The other side of an envelope: a call written, an answer or a fault read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from gridwms.soap.envelope import SOAP, BadEnvelope, read_call
from gridwms.soap.types import XSI, printable

Part = str | bool | Sequence[str] | etree._Element
"""What a part of a call may be: a value, a list of items, or XML that is there already."""


@dataclass
class CallFailed(Exception):
    """The service answered with a fault. `kind`: the element of its detail, such as `AuthorizationFault`, or ""."""

    kind: str
    sentence: str
    method: str = ""
    code: str = ""
    causes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.sentence


def write_call(namespace: str, operation: str, parts: Mapping[str, Part]) -> bytes:
    """A call in the style rpc/literal; parts in the order of the mapping, unqualified."""
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP, "xsi": XSI})
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    call = etree.SubElement(body, f"{{{namespace}}}{operation}", nsmap={"ns": namespace})
    for name, value in parts.items():
        part = etree.SubElement(call, name)
        if isinstance(value, bool):
            part.text = "true" if value else "false"
        elif isinstance(value, str):
            part.text = printable(value)
        elif isinstance(value, etree._Element):
            part.extend(list(value))
        else:
            for item in value:
                etree.SubElement(part, "Item").text = printable(item)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def read_answer(raw: bytes, operation: str) -> etree._Element:
    """The element of the answer. Raises CallFailed for a fault, BadEnvelope for what is no answer to this call."""
    element = read_call(raw)
    if element.tag == f"{{{SOAP}}}Fault":
        raise _fault(element)
    name = etree.QName(element).localname
    if name != f"{operation}Response":
        raise BadEnvelope(f"The answer is a {name[:100]}, and not that of {operation}.")
    return element


def _fault(element: etree._Element) -> CallFailed:
    told = _child(element, "detail")
    details = [one for one in told if isinstance(one.tag, str)] if told is not None else []
    if not details:
        return CallFailed("", _text(element, "faultstring") or "the service gave no reason")
    detail = details[0]
    return CallFailed(
        etree.QName(detail).localname,
        _text(detail, "Description") or _text(detail, "msg") or _text(element, "faultstring"),
        _text(detail, "methodName"),
        _text(detail, "ErrorCode"),
        tuple(text for one in children(detail, "FaultCause") if (text := (one.text or "").strip())),
    )


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """The children of this local name."""
    return [one for one in element if isinstance(one.tag, str) and etree.QName(one).localname == name]


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next(iter(children(element, name)), None)


def _text(element: etree._Element, name: str) -> str:
    found = _child(element, name)
    return (found.text or "").strip() if found is not None else ""
