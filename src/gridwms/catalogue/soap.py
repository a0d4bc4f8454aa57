"""The two SOAP catalogues of gLite: Data Location Interface and StorageIndex. They answer one name a call.

Both are rpc/encoded. Names and namespaces: `DataLocationInterface.wsdl`, and the client stubs of gLite's broker.
The DLI gets names with their prefix, the StorageIndex without, as gLite's broker sent them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from xml.sax.saxutils import escape

from lxml import etree

from gridwms.catalogue.contract import KINDS, CatalogueError, File, Found, Replica, Written
from gridwms.catalogue.web import Credentials, Web

DLI: Final = "urn:DataLocationInterface"
STORAGE_INDEX: Final = "http://glite.org/wsdl/services/org.glite.data.catalog.service.storageindex"

_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    ' SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">'
    '<SOAP-ENV:Body><ns:{operation} xmlns:ns="{namespace}">{arguments}</ns:{operation}></SOAP-ENV:Body>'
    "</SOAP-ENV:Envelope>"
)
_BODY = "{http://schemas.xmlsoap.org/soap/envelope/}Body"
_UNKNOWN = ("no such", "notexist", "not exist", "doesn't exist", "not found", "notfound", "unknown lfn", "no replica")
"""What is in the text of a fault that only says that the name is not known: the catalogue itself works."""
_AT_ONCE = 8
"""So many calls wait at the same time."""


class _SoapCatalogue(ABC):
    registers = False

    def __init__(self, name: str, url: str, timeout: float = 60.0, credentials: Credentials | None = None) -> None:
        self.name = name
        self._web = Web(url, timeout, credentials)
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix=f"catalogue {name}")

    def find(self, names: Sequence[str]) -> Found:
        calls = {name: self._pool.submit(self._one, name) for name in dict.fromkeys(names)}
        try:
            return {name: call.result() for name, call in calls.items()}
        finally:  # one that does not answer is not asked for all the others
            for call in calls.values():
                call.cancel()

    @abstractmethod
    def _one(self, name: str) -> tuple[File, ...] | CatalogueError:
        """What is known of one name."""

    def _urls(
        self, name: str, namespace: str, operation: str, arguments: Mapping[str, str]
    ) -> tuple[File, ...] | CatalogueError:
        parts = "".join(f'<{key} xsi:type="xsd:string">{_text(value)}</{key}>' for key, value in arguments.items())
        content = _ENVELOPE.format(operation=operation, namespace=namespace, arguments=parts).encode()
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
        answer = self._web.ask("POST", headers=headers, content=content)
        if answer.status not in (200, 500):
            raise CatalogueError(f"{self._web.host} answers with status {answer.status}: {answer.text}")
        body = self._body(answer.body)
        fault = _fault(body)
        if fault is not None:
            if any(word in fault.lower() for word in _UNKNOWN):
                return ()
            return CatalogueError(f"{self._web.host} refuses '{name}': {fault}")
        urls = _strings(body)
        return (File(name, tuple(Replica(url) for url in urls)),) if urls else ()

    def _body(self, data: bytes) -> etree._Element:
        """The body of the envelope; nothing is fetched, no entity is known, a document type is refused."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            root = etree.fromstring(data, parser)
        except etree.XMLSyntaxError as trouble:
            raise CatalogueError(f"{self._web.host} answers with something that is no XML: {trouble}") from trouble
        if root.getroottree().docinfo.doctype:
            raise CatalogueError(f"{self._web.host} answers with a document type, which SOAP forbids")
        body = root.find(_BODY)
        if body is None:
            raise CatalogueError(f"{self._web.host} answers with XML that is no SOAP")
        return body

    def register(self, files: Sequence[Written]) -> Mapping[str, str]:
        raise CatalogueError(
            f"the catalogue '{self.name}' only answers questions; {len(files)} files stay unregistered"
        )

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._web.close()


class DliCatalogue(_SoapCatalogue):
    """Data Location Interface: listReplicas(inputDataType, inputData)."""

    kinds = frozenset(KINDS)

    def _one(self, name: str) -> tuple[File, ...] | CatalogueError:
        arguments = {"inputDataType": name.partition(":")[0], "inputData": name}
        return self._urls(name, DLI, "listReplicas", arguments)


class StorageIndexCatalogue(_SoapCatalogue):
    """StorageIndex: listSEbyLFN(lfn) and listSEbyGUID(guid); it names storage elements, no URLs."""

    kinds = frozenset({"lfn", "guid"})

    def _one(self, name: str) -> tuple[File, ...] | CatalogueError:
        kind, _, plain = name.partition(":")
        return self._urls(name, STORAGE_INDEX, f"listSEby{kind.upper()}", {kind: plain})


def _text(value: str) -> str:
    return escape("".join(character for character in value if character.isprintable()))


def _fault(body: etree._Element) -> str | None:
    """What a fault says, code, text and detail; None when there is none."""
    for element in body:
        if isinstance(element.tag, str) and etree.QName(element).localname == "Fault":
            return " ".join(" ".join(str(text) for text in element.itertext()).split())[:300]
    return None


def _strings(body: etree._Element) -> list[str]:
    """The texts of the array in the answer, in whichever form of rpc/encoded it is written.

    Some servers write strings, or the whole array, beside the answer and refer to them (`href="#id1"`).
    """
    named = {f"#{element.get('id')}": element for element in body.iter() if element.get("id")}
    found: list[str] = []
    waiting = [body[0]] if len(body) else []
    seen: set[str] = set()
    while waiting:
        element = waiting.pop(0)
        link = element.get("href", "")
        if link:
            if link in named and link not in seen:
                seen.add(link)
                waiting.insert(0, named[link])
        elif len(element):
            waiting[:0] = [child for child in element if isinstance(child.tag, str)]
        elif element.text and element.text.strip():
            found.append(element.text.strip())
    return list(dict.fromkeys(found))
