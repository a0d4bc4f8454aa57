"""SOAP from a table: a strict client that knows the WSDL alone, and everything that a hostile one sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
import zeep
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from zeep.transports import Transport

from gridwms.soap.envelope import BadEnvelope, Fault, read_call, write_answer, write_fault
from gridwms.soap.operations import Operation, PortType
from gridwms.soap.types import (
    BOOLEAN,
    DATE_TIME,
    INT,
    LONG,
    STRING,
    XSI,
    BadValue,
    Document,
    Enumeration,
    Field,
    Struct,
    read_fields,
)
from gridwms.soap.wsdl import write_wsdl

NAMESPACE = "http://example.org/trees"


def tree() -> Struct:
    return TREE


COLOUR = Enumeration("Colour", ("red", "green"))
TREE = Struct(
    "Tree",
    (
        Field("name", STRING, nillable=True),
        Field("size", LONG, optional=True),
        Field("leaf", tree, many=True),
    ),
)
BASE = Struct("BaseFault", (Field("methodName", STRING), Field("Timestamp", DATE_TIME, optional=True)))
BROKEN = Struct("BrokenFault", (Field("Description", STRING, optional=True),), BASE)
GROW = Operation(
    "grow",
    (Field("tree", TREE), Field("colour", COLOUR), Field("times", INT), Field("fast", BOOLEAN)),
    (Field("tree", TREE),),
    ("Broken",),
    "Makes it larger.",
)
PORT = PortType(NAMESPACE, "Trees", "TreesBinding", "TreesPort", (GROW,), {"Broken": BROKEN})
OTHER = PortType("http://example.org/others", "Others", "OthersBinding", "OthersPort", (Operation("ping"),), {})


class Wire(Transport):
    """Brings documents and messages to a function instead of a server."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        super().__init__(session=requests.Session())
        self.answer = answer
        self.sent: list[bytes] = []

    def load(self, url: Any) -> bytes:
        name = url.rpartition("/")[2]
        if name == "other":
            return write_wsdl(OTHER, "OtherService", "http://x/")
        return write_wsdl(PORT, "TreeService", "http://x/", [(OTHER, "http://x/other")])

    def post(self, address: str, message: bytes, headers: Any) -> Any:
        self.sent.append(message)
        answer = requests.Response()
        answer.status_code = 200
        answer._content = self.answer(message)
        answer.headers["Content-Type"] = "text/xml"
        return answer


def test_a_strict_client_that_knows_the_wsdl_alone() -> None:
    seen: list[dict[str, Any]] = []

    def serve(raw: bytes) -> bytes:
        call = read_call(raw)
        values = read_fields(call, GROW.takes)
        seen.append(values)
        return write_answer(NAMESPACE, GROW, {"tree": values["tree"]})

    client = zeep.Client("http://x/wsdl", transport=Wire(serve), settings=zeep.Settings(strict=True))
    leaf = {"name": None, "size": 2, "leaf": [{"name": "<&\x7f", "leaf": []}]}
    told = client.service.grow(tree={"name": "oak", "leaf": [leaf, leaf]}, colour="red", times=-3, fast=True)
    assert seen[0]["times"] == -3
    assert seen[0]["fast"] is True
    assert seen[0]["tree"]["leaf"][1]["size"] == 2
    assert told.leaf[0].name is None
    assert told.leaf[0].leaf[0].name == "<&\x7f"
    other = client.wsdl.services["TreeService"].ports["OthersPort"]
    assert list(other.binding.all()) == ["ping"]


def test_a_fault_with_its_detail() -> None:
    fault = Fault("Server", "It broke.", NAMESPACE, "Broken", BROKEN, {"methodName": "grow", "Description": "why \x00"})
    client = zeep.Client("http://x/wsdl", transport=Wire(lambda raw: write_fault(fault)))
    with pytest.raises(zeep.exceptions.Fault, match="It broke") as caught:
        client.service.grow(tree={"name": "x"}, colour="red", times=1, fast=False)
    detail = caught.value.detail
    assert detail[0].tag == f"{{{NAMESPACE}}}Broken"
    parsed = client.get_element(f"{{{NAMESPACE}}}Broken").parse(detail[0], client.wsdl.types)
    assert (parsed.methodName, parsed.Description) == ("grow", "why ?")


def envelope(body: str, before: str = "", header: str = "") -> bytes:
    return (
        f'{before}<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/">{header}'
        f"<e:Body>{body}</e:Body></e:Envelope>"
    ).encode()


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
FETCH = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no XML"),
        (b"GET / HTTP/1.0", "no XML"),
        (envelope("<x>&c;</x>", LAUGHS), "document type|no XML"),
        (envelope("<x>&f;</x>", FETCH), "document type|no XML"),
        (envelope("<x/>", '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">'), "document type"),
        (envelope("<x/>", "<?xml-stylesheet href='x'?>"), "processing instruction"),
        (envelope("<x>" * 200 + "</x>" * 200), "nested too deeply"),
        (envelope(""), "0 calls"),
        (envelope("<x/><y/>"), "2 calls"),
        (b"<x/>", "not an envelope"),
        (b'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"/>', "SOAP 1.1"),
        (envelope("<x/>", header='<e:Header><s e:mustUnderstand="1"/></e:Header>'), "must be understood"),
    ],
)
def test_no_calls(raw: bytes, words: str) -> None:
    with pytest.raises(BadEnvelope, match=words):
        read_call(raw)


REFERRED = '<grow><tree href="#1"/><times>2</times></grow><m id="1"><name href="#2"/></m><m id="2">oak</m>'


def test_values_that_stand_apart_are_put_together() -> None:
    call = read_call(envelope(REFERRED))
    assert call.findtext("tree/name") == "oak"
    assert call.findtext("times") == "2"


@pytest.mark.parametrize(
    "body",
    [
        '<grow><tree href="#1"/></grow>',
        '<grow><tree href="http://127.0.0.1:1/"/></grow><m id="1"/>',
        '<grow><tree href="#1"/><leaf href="#1"/></grow><m id="1">x</m>',
        '<grow><tree href="#1"/></grow><m id="1"><a href="#1"/></m>',
        '<grow><tree href="#1"/></grow><m id="1"><a href="#2"/></m><m id="2"><a href="#1"/></m>',
    ],
)
def test_references_that_lead_nowhere_or_in_a_circle(body: str) -> None:
    with pytest.raises(BadEnvelope, match="leads nowhere"):
        read_call(envelope(body))


@pytest.mark.parametrize(
    ("raw", "side"),
    [
        (b'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"/>', "VersionMismatch"),
        (envelope("<x/>", header='<e:Header><s e:mustUnderstand="1"/></e:Header>'), "MustUnderstand"),
        (envelope(""), "Client"),
    ],
)
def test_the_fault_code_that_soap_has_for_it(raw: bytes, side: str) -> None:
    with pytest.raises(BadEnvelope) as caught:
        read_call(raw)
    assert caught.value.side == side


def test_headers_for_others_are_passed_over() -> None:
    header = (
        '<e:Header><s e:mustUnderstand="1" e:actor="http://example.org/proxy"/><t e:mustUnderstand="0"/></e:Header>'
    )
    assert read_call(envelope("<x/>", header=header)).tag == "x"


NIL = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"'


def test_nil_is_empty_where_nothing_may_be_nil() -> None:
    fields = (Field("text", STRING), Field("list", Struct("L", (Field("Item", STRING, many=True),))), Field("n", INT))
    call = etree.fromstring(f'<x><text {NIL}/><list {NIL}/><n xmlns:i="{XSI}" i:type="xsd:int">1</n></x>')
    assert read_fields(call, fields) == {"text": "", "list": {"Item": []}, "n": 1}
    with pytest.raises(BadValue, match="'n' is nil"):
        read_fields(etree.fromstring(f"<x><text/><list/><n {NIL}/></x>"), fields)


def test_foreign_documents_are_handed_on() -> None:
    document = Document("Any_Type", "urn:any", "any")
    for sent in ('<a><b xmlns="urn:any">1</b></a>', '<a><any xmlns="urn:any"><b>1</b></any></a>'):
        read = read_fields(etree.fromstring(f"<x>{sent}</x>"), (Field("a", document),))["a"]
        assert etree.fromstring(read).findtext("{urn:any}b") == "1"
        assert etree.fromstring(read).tag == "{urn:any}any"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<tree/>", "'name' is missing"),
        ("<tree><name>x</name></tree>", "'colour' is missing"),
        ("<tree><name>x</name><name>y</name></tree>", "comes 2 times"),
        ("<tree><name><b/></name></tree>", "has elements"),
        ("<tree><name>x</name><size>big</size></tree>", "is 'big', which is no long"),
        ("<tree><name>x</name><size>9223372036854775808</size></tree>", "no long"),
        ("<tree><name>x</name></tree><colour>blue</colour>", "must be one of red, green"),
        ("<tree><name>x</name></tree><colour>red</colour><times>1.5</times>", "no int"),
        ("<tree><name>x</name></tree><colour>red</colour><times>1</times><fast>yes</fast>", "no boolean"),
        ("<stone/>", "'stone' is not expected"),
    ],
)
def test_wrong_values(body: str, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        read_fields(etree.fromstring(f"<grow>{body}</grow>"), GROW.takes)


@given(st.binary(max_size=300))
def test_any_bytes(raw: bytes) -> None:
    with pytest.raises(BadEnvelope):
        read_call(raw)
