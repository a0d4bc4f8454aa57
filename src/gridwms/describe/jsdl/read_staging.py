"""DataStaging: files that go to the worker node and come home (GFD.136)."""

from __future__ import annotations

import re
from urllib.parse import unquote

from gridwms.describe.convert.jdl_text import Origin
from gridwms.describe.jdl.inputs import is_url
from gridwms.describe.jdl.names import escape, leaf
from gridwms.describe.jsdl.mapping import Mapping
from gridwms.describe.jsdl.types import truth
from gridwms.describe.jsdl.xml_tree import Element

_FLAGS = {
    "append": "a file is always written anew, nothing is appended",
    "dontOverwrite": "a file that is there already is overwritten",
}
_LOCAL = re.compile(r"file:(?://(?:localhost)?)?(/.*)", re.IGNORECASE)
_FILE_SYSTEM = "files land in the job's directory, whatever file system is named"


def read_staging(mapping: Mapping, description: Element) -> None:
    """Map every DataStaging of a JobDescription."""
    files = list(description.all("jsdl:DataStaging"))
    sent_away = any(_uri(element, "jsdl:Target") is not None for element in files)
    for element in files:
        name = element.first("jsdl:FileName")
        if name is None:
            continue
        source, target = element.first("jsdl:Source"), element.first("jsdl:Target")
        if source is not None:
            _in(mapping, element, name)
        if target is not None:
            _out(mapping, element, name, sent_away=sent_away)
        _rest(mapping, element, used=source is not None or target is not None)


def _in(mapping: Mapping, element: Element, name: Element) -> None:
    """A Source without URI is a file that the client has to bring: it is sent from the user's machine."""
    uri = _uri(element, "jsdl:Source")
    if uri is None:
        item, origin = escape(name.trimmed), mapping.origin(name)
    else:
        origin = Origin("Source/URI", uri.place)
        item = _source(uri.trimmed)
    mapping.jdl.item("InputSandbox", item, origin)
    mapping.jdl.item("InputSandboxDestFileName", name.trimmed, mapping.origin(name))


def _source(uri: str) -> str:
    """A URI as InputSandbox writes it: one of a local file is its path, in which no sign is a wildcard."""
    path = _LOCAL.fullmatch(uri)
    if path:
        return escape(unquote(path[1]))
    return uri if is_url(uri) else escape(unquote(uri))


def _out(mapping: Mapping, element: Element, name: Element, *, sent_away: bool) -> None:
    """A Target without URI is a file that the client fetches; when others are sent away its destination is its name."""
    mapping.jdl.item("OutputSandbox", name.trimmed, mapping.origin(name))
    if sent_away:
        uri = _uri(element, "jsdl:Target")
        target = uri.trimmed if uri is not None else leaf(name.trimmed)
        where = Origin("Target/URI", uri.place) if uri is not None else mapping.origin(name)
        mapping.jdl.item("OutputSandboxDestURI", target, where)


def _rest(mapping: Mapping, element: Element, *, used: bool) -> None:
    """What JDL does not have. CreationFlag matters for a file that may be there before: one that is sent away."""
    away = _uri(element, "jsdl:Target") is not None
    for child in element.children:
        if child.name == "jsdl:CreationFlag" and (child.trimmed == "append" or (away and child.trimmed in _FLAGS)):
            mapping.lose(child, _FLAGS[child.trimmed])
        elif child.name == "jsdl:FilesystemName":
            mapping.lose(child, _FILE_SYSTEM)
        elif child.name == "jsdl:DeleteOnTermination" and not truth(child.trimmed):
            mapping.lose(child, "the job's directory is always removed when it has ended")
    if not used:
        mapping.lose(element, "it has neither Source nor Target, so there is nothing to send")


def _uri(element: Element, side: str) -> Element | None:
    where = element.first(side)
    uri = where.first("jsdl:URI") if where is not None else None
    return uri if uri is not None and uri.trimmed else None
