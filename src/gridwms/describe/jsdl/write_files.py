"""InputSandbox and OutputSandbox as DataStaging (GFD.136)."""

from __future__ import annotations

from urllib.parse import quote

from gridwms.describe.convert.lost import Lost
from gridwms.describe.convert.source_ad import InputFile, SourceAd
from gridwms.describe.jdl.inputs import is_url
from gridwms.describe.jdl.names import has_wildcard
from gridwms.describe.jsdl.xml_text import Node, is_plain

_PATTERN = "JSDL knows no patterns: other readers take it for the name of one file"


def write_files(source: SourceAd, description: Node) -> list[Lost]:
    """Append an element for each file; returns what other readers understand differently."""
    lost: list[Lost] = []
    given = source.texts("InputSandbox")
    inputs = source.inputs()
    names = [file.name for file in inputs]
    if any(map(_is_pattern, given)) or not all(map(is_plain, names)) or (given and not inputs):
        for name in ("InputSandbox", "InputSandboxDestFileName", "InputSandboxBaseURI"):
            source.leave(name)
    else:
        for file in inputs:
            staging = _staging(description, file.name)
            staging.add("jsdl:Source").add("jsdl:URI", _uri(file))
    outputs = source.outputs()
    if not all(is_plain(name) and (not target or is_plain(target)) for name, target in outputs):
        for name in ("OutputSandbox", "OutputSandboxDestURI", "OutputSandboxBaseDestURI"):
            source.leave(name)
        return lost
    for name, target in outputs:
        if has_wildcard(name):
            lost.append(Lost(f"OutputSandbox: {name}", _PATTERN, source.place("OutputSandbox")))
        destination = _staging(description, name).add("jsdl:Target")
        if target:
            destination.add("jsdl:URI", target.replace(" ", "%20"))
    return lost


def _staging(description: Node, name: str) -> Node:
    staging = description.add("jsdl:DataStaging")
    staging.add("jsdl:FileName", name)
    staging.add("jsdl:CreationFlag", "overwrite")
    return staging


def _is_pattern(item: str) -> bool:
    return has_wildcard(item) and not is_url(item)


def _uri(file: InputFile) -> str:
    """A path becomes a URI: an absolute one of the scheme file, a relative one a relative reference."""
    if is_url(file.source):
        return file.source.replace(" ", "%20")
    path = quote(file.source, safe="/~-._")
    return f"file://{path}" if path.startswith("/") else path
