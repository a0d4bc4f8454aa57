"""XML from strangers: no entities, no document type, nothing fetched; depth and number of elements are limited, so a
small text cannot cost much."""

from __future__ import annotations

from enum import Enum

from lxml import etree

MOST_ELEMENTS = 1_000_000


class Wrong(Enum):
    """What can be wrong with a text."""

    SYNTAX = "syntax"
    SIZE = "size"
    DOCTYPE = "doctype"
    INSTRUCTION = "instruction"


class BadXml(Exception):
    """`wrong`: in which way; `message` and `line` are the parser's, for a syntax error."""

    def __init__(self, wrong: Wrong, message: str = "", line: int = 0) -> None:
        super().__init__(message or wrong.value)
        self.wrong, self.message, self.line = wrong, message, line


def read_tree(raw: bytes, deepest: int, *, instructions: bool) -> etree._Element:
    """The tree, without comments. `instructions`: processing instructions are passed over, else they are an error.

    Raises BadXml.
    """
    parser = etree.XMLPullParser(
        ["start", "end"] if instructions else ["start", "end", "pi"],
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=instructions,
    )
    depth = seen = 0
    try:
        for at in range(0, len(raw), 1 << 16):
            parser.feed(raw[at : at + (1 << 16)])
            for what, _element in parser.read_events():
                if what == "pi":
                    raise BadXml(Wrong.INSTRUCTION)
                depth += 1 if what == "start" else -1
                seen += what == "start"
                if depth > deepest or seen > MOST_ELEMENTS:
                    raise BadXml(Wrong.SIZE)
        root = parser.close()
    except etree.XMLSyntaxError as error:
        raise BadXml(Wrong.SYNTAX, error.msg or str(error), error.lineno or 0) from error
    found = root.getroottree().docinfo
    if found.doctype or found.internalDTD is not None:
        raise BadXml(Wrong.DOCTYPE)
    return root
