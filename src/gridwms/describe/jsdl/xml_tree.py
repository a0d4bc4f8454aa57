"""XML to a tree with places, hardened: no DTD, no entity beyond the five of XML itself, nothing fetched, limits on all.

Built on expat, which knows the line and column of each element. Names come out with the prefix that the specifications
use (`jsdl:JobName`), whatever prefix the document has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from gridwms.describe.convert.lost import Place
from gridwms.describe.convert.reading import error
from gridwms.describe.jdl.text import decode
from gridwms.describe.jsdl.namespaces import PREFIXES
from gridwms.describe.problem import Problem

MOST_DEEP = 64
MOST_ELEMENTS = 20_000
MOST_ATTRIBUTES = 64
"""Of one element."""

_SPACE = re.compile(r"[ \t\r\n]+")
_DECLARATION = re.compile(r"""<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_PROLOG = re.compile(r"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_CODECS = {"utf-8": "utf-8", "us-ascii": "ascii", "iso-8859-1": "latin-1", "utf-16": "utf-16"}
_LANGUAGE = "http://www.w3.org/XML/1998/namespace"


class XmlRefused(Exception):
    """The text is no XML that is accepted here; `problem` says why, with line and column."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(slots=True)
class Element:
    """One element. `name` has the usual prefix of a known namespace, else it is `{namespace}local`."""

    name: str
    attributes: dict[str, str]
    place: Place
    children: list[Element] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The characters directly in it."""
        return "".join(self.pieces)

    @property
    def trimmed(self) -> str:
        """The characters with blanks and line breaks around and inside collapsed, as xsd:token."""
        return _SPACE.sub(" ", self.text).strip(" ")

    @property
    def local(self) -> str:
        """The name without its namespace, as messages show it."""
        return local(self.name)

    def all(self, name: str) -> Iterator[Element]:
        """The children of this name."""
        return (child for child in self.children if child.name == name)

    def first(self, name: str) -> Element | None:
        """The first child of this name."""
        return next(self.all(name), None)


def local(name: str) -> str:
    """The name without its namespace or prefix, cut when it is absurdly long."""
    return name.rsplit("}", 1)[-1].rsplit(":", 1)[-1][:100]


def namespace(name: str, prefixes: Mapping[str, str]) -> str:
    """The namespace of a name that is not known, or the known one that belongs to its prefix."""
    if name.startswith("{"):
        return name[1:].split("}", 1)[0][:200]
    return next((uri for uri, prefix in prefixes.items() if prefix == name.split(":", 1)[0]), "")


def parse(raw: bytes | str, max_bytes: int) -> Element:
    """The root element. Raises XmlRefused."""
    text = _decoded(raw, max_bytes)
    _refuse_dtd(text)
    builder = _Builder()
    try:
        builder.parser.Parse(text, True)
    except expat.ExpatError as wrong:
        sentence = expat.ErrorString(wrong.code) or "it is not well-formed"
        if wrong.code == _UNDEFINED_ENTITY:
            sentence = "an entity is used that is none of &lt; &gt; &amp; &quot; &apos; and no character number"
        raise XmlRefused(_syntax(sentence, (wrong.lineno, wrong.offset + 1))) from None
    if builder.root is None:
        raise XmlRefused(_syntax("there is no element", (1, 1)))
    return builder.root


_UNDEFINED_ENTITY = expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]


def _syntax(sentence: str, place: Place) -> Problem:
    return error("syntax", "", f"this is not well-formed XML: {sentence}", place)


def _decoded(raw: bytes | str, max_bytes: int) -> str:
    """The characters; the declaration of the encoding is honoured when it is one that every XML reader knows."""
    if isinstance(raw, bytes) and len(raw) <= max_bytes:
        raw = _recoded(raw)
    text, problem = decode(raw, max_bytes)
    if problem is not None:
        raise XmlRefused(problem)
    if not text.strip():
        raise XmlRefused(error("empty", "", "the text is empty", (0, 0), accepted="a JSDL document"))
    return text


def _recoded(raw: bytes) -> bytes | str:
    wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    head = raw[:400].decode("utf-16" if wide else "latin-1", "replace")
    declared = _DECLARATION.match(head.removeprefix("\ufeff").removeprefix("\xef\xbb\xbf"))
    name = declared[1].lower() if declared else "utf-16" if wide else "utf-8"
    if name not in _CODECS:
        accepted = ", ".join(code.upper() for code in _CODECS)
        raise XmlRefused(
            error("encoding", "", f"the encoding '{name}' is declared", (1, 1), found=name, accepted=accepted)
        )
    if name == "utf-8" and not wide:
        return raw
    try:
        return raw.decode("utf-16" if wide else _CODECS[name])
    except UnicodeDecodeError as bad:
        accepted = f"text in {name.upper()}, as the document declares"
        raise XmlRefused(
            error("encoding", "", f"byte {bad.start} is not {name.upper()}", (0, 0), accepted=accepted)
        ) from None


def _refuse_dtd(text: str) -> None:
    """A DTD can only stand before the root element; it is refused before expat sees it, so nothing can expand."""
    prolog = _PROLOG.match(text)
    start = prolog.end() if prolog else 0
    if text.startswith("<!DOCTYPE", start):
        line = text.count("\n", 0, start) + 1
        column = start - (text.rfind("\n", 0, start) + 1) + 1
        accepted = "a document without <!DOCTYPE ...>; JSDL needs none"
        sentence = "a document type (DTD) is declared, which could name files and expand without end"
        raise XmlRefused(error("dtd", "", sentence, (line, column), found="<!DOCTYPE", accepted=accepted))


class _Builder:
    """Receives what expat finds. Raises XmlRefused at a limit."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self.open: list[Element] = []
        self.count = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartDoctypeDeclHandler = self.doctype

    def place(self) -> Place:
        return self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        for number, most, what in (
            (len(self.open) + 1, MOST_DEEP, "elements inside each other"),
            (self.count, MOST_ELEMENTS, "elements"),
            (len(attributes), MOST_ATTRIBUTES, "attributes of one element"),
        ):
            if number > most:
                self.refuse(f"there are more than {most:,} {what}", accepted=f"at most {most:,}")
        named = {_prefixed(key): value for key, value in attributes.items()}
        element = Element(_prefixed(name), named, self.place())
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def end(self, name: str) -> None:
        self.open.pop()

    def characters(self, text: str) -> None:
        self.open[-1].pieces.append(text)

    def doctype(self, *_: object) -> None:
        self.refuse("a document type (DTD) is declared", code="dtd", accepted="a document without <!DOCTYPE ...>")

    def refuse(self, sentence: str, *, code: str = "too_large", accepted: str) -> None:
        self.parser.StartElementHandler = None
        self.parser.EndElementHandler = None
        self.parser.CharacterDataHandler = None
        raise XmlRefused(error(code, "", sentence, self.place(), accepted=accepted))


def _prefixed(name: str) -> str:
    uri, blank, plain = name.rpartition(" ")
    if not blank:
        return plain
    if uri == _LANGUAGE:
        return f"xml:{plain}"
    prefix = PREFIXES.get(uri)
    return f"{prefix}:{plain}" if prefix else f"{{{uri}}}{plain}"
