"""Envelopes: a call out of bytes that anybody may have sent, an answer or a fault back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from gridwms.soap.operations import Operation
from gridwms.soap.types import Struct, printable, write_fields
from gridwms.strict_xml import BadXml, Wrong, read_tree

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_DEEPEST = 100


class BadEnvelope(Exception):
    """No SOAP 1.1 call; a sentence. `side`: the fault code that SOAP has for it."""

    def __init__(self, sentence: str, side: str = "Client") -> None:
        super().__init__(sentence)
        self.side = side


@dataclass
class Fault(Exception):
    """An operation failed. `side`: Client or Server, who has to change something. `detail`: the element that the WSDL
    names for it, with its structure and values."""

    side: str
    sentence: str
    namespace: str = ""
    element: str = ""
    struct: Struct | None = None
    values: Mapping[str, Any] | None = None


def read_call(raw: bytes) -> etree._Element:
    """The element of the operation that is called. Raises BadEnvelope."""
    try:
        return _called(read_tree(raw, _DEEPEST, instructions=False))
    except BadXml as error:
        raise BadEnvelope(_WRONG[error.wrong].format(error.message[:200])) from error


_WRONG = {
    Wrong.SIZE: "The message is nested too deeply, or has too many elements.",
    Wrong.SYNTAX: "The message is no XML: {}.",
    Wrong.DOCTYPE: "The message has a document type, which SOAP forbids.",
    Wrong.INSTRUCTION: "The message has a processing instruction, which SOAP forbids.",
}


def _called(root: etree._Element) -> etree._Element:
    name = etree.QName(root)
    if name.localname == "Envelope" and name.namespace != SOAP:
        raise BadEnvelope(f"Envelopes of '{(name.namespace or '')[:100]}' are not taken: send SOAP 1.1.", _VERSION)
    if root.tag != f"{{{SOAP}}}Envelope":
        raise BadEnvelope(f"The message is {str(root.tag)[:100]}, and not an envelope of SOAP 1.1.")
    for header in root.iterfind(f"{{{SOAP}}}Header/*"):
        if header.get(f"{{{SOAP}}}mustUnderstand", "0").strip() in ("1", "true") and _for_us(header):
            raise BadEnvelope(f"The header {str(header.tag)[:100]} must be understood, and is not.", "MustUnderstand")
    body = root.find(f"{{{SOAP}}}Body")
    children = [child for child in body if isinstance(child.tag, str)] if body is not None else []
    parts = {child.get("id", ""): child for child in children[1:] if child.get("id")}
    calls = [child for child in children if child.get("id") not in parts]
    if len(calls) != 1:
        raise BadEnvelope(f"The body has {len(calls)} calls, and must have one.")
    _put_together(calls[0], parts)
    return calls[0]


_VERSION = "VersionMismatch"
_NEXT = "http://schemas.xmlsoap.org/soap/actor/next"


def _for_us(header: etree._Element) -> bool:
    return header.get(f"{{{SOAP}}}actor", "").strip() in ("", _NEXT)


def _put_together(call: etree._Element, parts: dict[str, etree._Element]) -> None:
    """Put values that stand apart (multi-reference, as old toolkits write them) where they are referred to.

    Each is moved, never copied: what is referred to twice would let a small message grow without bounds.
    """
    left = [call]
    while left:
        one = left.pop()
        left += [child for child in one if isinstance(child.tag, str)]
        wanted = one.get("href")
        if wanted is None:
            continue
        part = parts.pop(wanted.removeprefix("#"), None)
        if part is None or len(one) or not wanted.startswith("#"):
            raise BadEnvelope(f"The reference {wanted[:100]!r} leads nowhere, or is the second to the same value.")
        one.text = part.text
        left += [child for child in part if isinstance(child.tag, str)]
        one.extend(list(part))


def write_answer(namespace: str, operation: Operation, values: Mapping[str, Any]) -> bytes:
    """The answer to a call."""
    envelope, body = _envelope()
    answer = etree.SubElement(body, f"{{{namespace}}}{operation.name}Response", nsmap={"ns": namespace})
    write_fields(answer, values, operation.gives)
    return _bytes(envelope)


def write_fault(fault: Fault) -> bytes:
    """A fault with its detail."""
    envelope, body = _envelope()
    told = etree.SubElement(body, f"{{{SOAP}}}Fault")
    etree.SubElement(told, "faultcode").text = f"soap:{fault.side}"
    etree.SubElement(told, "faultstring").text = printable(fault.sentence)
    if fault.struct is not None:
        detail = etree.SubElement(told, "detail")
        element = etree.SubElement(detail, f"{{{fault.namespace}}}{fault.element}", nsmap={"ns": fault.namespace})
        write_fields(element, fault.values or {}, fault.struct.all_fields)
    return _bytes(envelope)


def _envelope() -> tuple[etree._Element, etree._Element]:
    envelope = etree.Element(
        f"{{{SOAP}}}Envelope",
        nsmap={"soap": SOAP, "xsi": "http://www.w3.org/2001/XMLSchema-instance"},
    )
    return envelope, etree.SubElement(envelope, f"{{{SOAP}}}Body")


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
