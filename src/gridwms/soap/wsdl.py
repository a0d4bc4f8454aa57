"""The WSDL of a service, made from its tables: one document a namespace, the first imports the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lxml import etree

from gridwms.soap.operations import Operation, PortType
from gridwms.soap.types import XSD, Document, Enumeration, Field, Simple, Struct, Type

WSDL = "http://schemas.xmlsoap.org/wsdl/"
SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
_HTTP = "http://schemas.xmlsoap.org/soap/http"


def write_wsdl(port: PortType, service: str, address: str, others: Sequence[tuple[PortType, str]] = ()) -> bytes:
    """The document of one port type. `others`: further ones of the service, each with the place of its document."""
    names = {"wsdl": WSDL, "soap": SOAP, "xsd": XSD, "tns": port.namespace}
    names |= {f"other{at}": other.namespace for at, (other, _) in enumerate(others)}
    names |= {_prefix(kind): kind.namespace for kind in _documents(port)}
    root = etree.Element(f"{{{WSDL}}}definitions", nsmap=names, name=service, targetNamespace=port.namespace)
    for other, where in others:
        _add(root, "import", namespace=other.namespace, location=where)
    _types(root, port)
    _messages(root, port)
    _port_type(root, port)
    _binding(root, port)
    told = _add(root, "service", name=service)
    for at, one in enumerate((port, *(other for other, _ in others))):
        prefix = "tns" if at == 0 else f"other{at - 1}"
        entry = _add(told, "port", name=one.port, binding=f"{prefix}:{one.binding}")
        etree.SubElement(entry, f"{{{SOAP}}}address", location=address)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _types(root: etree._Element, port: PortType) -> None:
    types = _add(root, "types")
    for document in _documents(port):
        _any_of(types, document)
    schema = etree.SubElement(types, f"{{{XSD}}}schema", targetNamespace=port.namespace)
    for document in _documents(port):
        _xsd(schema, "import", namespace=document.namespace)
    for kind in _all_types(port):
        if isinstance(kind, Enumeration):
            made = _xsd(schema, "simpleType", name=kind.name)
            within = _xsd(made, "restriction", base="xsd:string")
            for value in kind.values:
                _xsd(within, "enumeration", value=value)
        else:
            made = _xsd(schema, "complexType", name=kind.name)
            if kind.base:
                made = _xsd(_xsd(made, "complexContent"), "extension", base=f"tns:{kind.base.name}")
            sequence = _xsd(made, "sequence")
            for field in kind.fields:
                _xsd(sequence, "element", **_attributes(field))
    for operation in port.operations if port.document else ():
        for suffix, fields in (("", operation.takes), ("Response", operation.gives)):
            element = _xsd(schema, "element", name=operation.name + suffix)
            sequence = _xsd(_xsd(element, "complexType"), "sequence")
            for field in fields:
                _xsd(sequence, "element", **_attributes(field))
    for name, struct in port.faults.items():
        _xsd(schema, "element", name=name, type=f"tns:{struct.name}")


def _any_of(types: etree._Element, document: Document) -> None:
    """The schema of foreign XML: whoever made it says what may stand there."""
    schema = etree.SubElement(types, f"{{{XSD}}}schema", targetNamespace=document.namespace)
    made = _xsd(schema, "complexType", name=document.name)
    _xsd(_xsd(made, "sequence"), "any", processContents="lax", minOccurs="0", maxOccurs="unbounded")
    _xsd(made, "anyAttribute", processContents="lax")


def _documents(port: PortType) -> list[Document]:
    return list(dict.fromkeys(field.of for field in _parts(port) if isinstance(field.of, Document)))


def _attributes(field: Field) -> dict[str, str]:
    told = {"name": field.name, "type": _name(field.of)}
    if field.optional or (field.many and field.least != 1):
        told["minOccurs"] = str(field.least)
    if field.many:
        told["maxOccurs"] = "unbounded"
    if field.nillable:
        told["nillable"] = "true"
    return told


def _all_types(port: PortType) -> list[Enumeration | Struct]:
    """Every type that is used, what is needed before what needs it."""
    found: dict[str, Enumeration | Struct] = {}

    def visit(kind: Type) -> None:
        if isinstance(kind, Simple | Document) or kind.name in found:
            return
        if isinstance(kind, Struct):
            if kind.base:
                visit(kind.base)
            found[kind.name] = kind
            for field in kind.fields:
                visit(field.of)
        else:
            found[kind.name] = kind

    for kind in (*port.types, *(field.of for field in _parts(port))):
        visit(kind)
    for struct in port.faults.values():
        visit(struct)
    return list(found.values())


def _parts(port: PortType) -> Iterator[Field]:
    for operation in port.operations:
        yield from operation.takes
        yield from operation.gives


def _messages(root: etree._Element, port: PortType) -> None:
    for operation in port.operations:
        for suffix, fields in (("Request", operation.takes), ("Response", operation.gives)):
            message = _add(root, "message", name=operation.name + suffix)
            if port.document:
                element = operation.name + (suffix if suffix == "Response" else "")
                _add(message, "part", name="parameters", element=f"tns:{element}")
                continue
            for field in fields:
                _add(message, "part", name=field.name, type=_name(field.of))
    for name in port.faults:
        _add(_add(root, "message", name=name), "part", name="fault", element=f"tns:{name}")


def _port_type(root: etree._Element, port: PortType) -> None:
    told = _add(root, "portType", name=port.name)
    for operation in port.operations:
        entry = _add(told, "operation", name=operation.name)
        if operation.takes and not port.document:
            entry.set("parameterOrder", " ".join(field.name for field in operation.takes))
        if operation.about:
            _add(entry, "documentation").text = operation.about
        _add(entry, "input", name=f"{operation.name}Request", message=f"tns:{operation.name}Request")
        _add(entry, "output", name=f"{operation.name}Response", message=f"tns:{operation.name}Response")
        for fault in operation.faults:
            _add(entry, "fault", name=fault, message=f"tns:{fault}")


def _binding(root: etree._Element, port: PortType) -> None:
    told = _add(root, "binding", name=port.binding, type=f"tns:{port.name}")
    etree.SubElement(told, f"{{{SOAP}}}binding", style="document" if port.document else "rpc", transport=_HTTP)
    for operation in port.operations:
        _bound(
            _add(told, "operation", name=operation.name),
            operation,
            "" if port.document else port.namespace,
        )


def _bound(entry: etree._Element, operation: Operation, namespace: str) -> None:
    etree.SubElement(entry, f"{{{SOAP}}}operation", soapAction="")
    for direction, suffix in (("input", "Request"), ("output", "Response")):
        side = _add(entry, direction, name=operation.name + suffix)
        body = etree.SubElement(side, f"{{{SOAP}}}body", use="literal")
        if namespace:
            body.set("namespace", namespace)
    for fault in operation.faults:
        etree.SubElement(_add(entry, "fault", name=fault), f"{{{SOAP}}}fault", name=fault, use="literal")


def _prefix(document: Document) -> str:
    return document.root.lower()


def _name(kind: Type) -> str:
    if isinstance(kind, Document):
        return f"{_prefix(kind)}:{kind.name}"
    return f"xsd:{kind.name}" if isinstance(kind, Simple) else f"tns:{kind.name}"


def _add(parent: etree._Element, tag: str, /, **attributes: str) -> etree._Element:
    made: etree._Element = etree.SubElement(parent, f"{{{WSDL}}}{tag}", attributes)
    return made


def _xsd(parent: etree._Element, tag: str, /, **attributes: str) -> etree._Element:
    made: etree._Element = etree.SubElement(parent, f"{{{XSD}}}{tag}", attributes)
    return made
