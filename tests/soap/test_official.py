"""Our WSDL says what gLite's says: the same operations, messages, parts, types and bindings."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from gridwms.api.routes.wmproxy import SERVED, Served
from gridwms.soap.types import XSD
from gridwms.soap.wsdl import SOAP, WSDL, write_wsdl

OFFICIAL = Path(__file__).with_name("official")
FILES = {
    "": "WMProxy.wsdl",
    "delegation-1": "WMProxy-gridsite-delegation-1.0.0.wsdl",
    "delegation-2": "WMProxy-gridsite-delegation-2.0.0.wsdl",
}
NAMES = {"w": WSDL, "s": SOAP, "x": XSD}


def both(served: Served) -> tuple[etree._Element, etree._Element]:
    ours = etree.fromstring(write_wsdl(served.port, "WMProxy", "https://x/"))
    return ours, etree.parse(OFFICIAL / FILES[served.word]).getroot()


def local(name: str | None) -> str:
    return (name or "").rpartition(":")[2]


def messages(root: etree._Element) -> dict[str, list[tuple[str, str]]]:
    """The parts of each message of a call or an answer, in their order."""
    return {
        message.get("name", ""): [
            (part.get("name", ""), local(part.get("type"))) for part in message.iterfind("w:part", NAMES)
        ]
        for message in root.iterfind("w:message", NAMES)
        if message.get("name", "").endswith(("Request", "Response"))
    }


def types(root: etree._Element, namespace: str) -> dict[str, list[tuple[str | None, ...]]]:
    """The elements of each structure, or the values of each enumeration, in their order."""
    [schema] = [one for one in root.iterfind(".//x:schema", NAMES) if one.get("targetNamespace") == namespace]
    found: dict[str, list[tuple[str | None, ...]]] = {}
    for kind in schema:
        if kind.tag == f"{{{XSD}}}simpleType":
            found[kind.get("name", "")] = [(one.get("value"),) for one in kind.iterfind(".//x:enumeration", NAMES)]
        elif kind.tag == f"{{{XSD}}}complexType":
            base = kind.find(".//x:extension", NAMES)
            told = [] if base is None else [("base", local(base.get("base")))]
            found[kind.get("name", "")] = told + [
                (
                    one.get("name"),
                    local(one.get("type")),
                    one.get("minOccurs", "1"),
                    one.get("maxOccurs", "1"),
                    one.get("nillable", "false"),
                )
                for one in kind.iterfind(".//x:element", NAMES)
            ]
    return found


def operations(root: etree._Element) -> dict[str, tuple[str, str, frozenset[str]]]:
    """The messages of each operation, and the elements that it may fail with."""
    elements = {
        message.get("name", ""): local(part.get("element"))
        for message in root.iterfind("w:message", NAMES)
        for part in message.iterfind("w:part", NAMES)
    }
    return {
        operation.get("name", ""): (
            local(operation.find("w:input", NAMES).get("message")),
            local(operation.find("w:output", NAMES).get("message")),
            frozenset(elements[local(fault.get("message"))] for fault in operation.iterfind("w:fault", NAMES)),
        )
        for operation in root.iterfind("w:portType/w:operation", NAMES)
    }


def bindings(root: etree._Element) -> set[tuple[str, ...]]:
    """How each operation is bound: style, use and namespace."""
    return {
        (
            binding.get("name"),
            binding.find("s:binding", NAMES).get("style"),
            operation.get("name"),
            body.get("use"),
            body.get("namespace"),
        )
        for binding in root.iterfind("w:binding", NAMES)
        for operation in binding.iterfind("w:operation", NAMES)
        for body in operation.iterfind(".//s:body", NAMES)
    }


@pytest.mark.parametrize("served", SERVED, ids=lambda one: one.word or "WMProxy")
def test_the_interface_is_the_same(served: Served) -> None:
    ours, official = both(served)
    assert operations(ours).keys() == operations(official).keys()
    for name, (_input, output, faults) in operations(official).items():
        assert operations(ours)[name] == (_input, output, faults), name
    asked = {message for told in operations(official).values() for message in told[:2]}
    assert {name: messages(ours)[name] for name in asked} == {name: messages(official)[name] for name in asked}
    assert bindings(ours) == bindings(official)


@pytest.mark.parametrize("served", SERVED, ids=lambda one: one.word or "WMProxy")
def test_the_types_are_the_same(served: Served) -> None:
    ours, official = both(served)
    if official.find(".//x:schema", NAMES) is None:
        pytest.skip("it has no types of its own")
    expected = types(official, served.port.namespace)
    assert {name: types(ours, served.port.namespace)[name] for name in expected} == expected
