"""GLUE 2.0 as one tree, in XML or in the JSON made of it.

In that JSON what there is once is no list, numbers are texts, and what is empty may be white space.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from lxml import etree

Tree = dict[str, list["Tree | str"]]
_DEEPEST = 40


def read_xml(content: bytes) -> Tree:
    """The tree of an XML document. Raises ValueError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"it is no XML: {error}") from error
    return {etree.QName(root).localname: [_of_element(root, 0)]}


def _of_element(element: etree._Element, depth: int) -> Tree | str:
    children = [child for child in element if isinstance(child.tag, str)]
    if depth > _DEEPEST:
        raise ValueError("it is nested too deeply")
    if not children:
        return (element.text or "").strip()
    tree: Tree = {}
    for child in children:
        tree.setdefault(etree.QName(child).localname, []).append(_of_element(child, depth + 1))
    return tree


def read_json(content: bytes) -> Tree:
    """The tree of a JSON document, in which what there is once is no list. Raises ValueError."""
    try:
        found = json.loads(content)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"it is no JSON: {error}") from error
    return tree_of(found)


def tree_of(document: object) -> Tree:
    """The tree of a JSON document that was parsed. Raises ValueError."""
    tree = _of_json(document, 0)
    if isinstance(tree, str):
        raise ValueError("it holds no object")  # noqa: TRY004 - the document is wrong, not the call
    return tree


def _of_json(value: object, depth: int) -> Tree | str:
    if depth > _DEEPEST:
        raise ValueError("it is nested too deeply")
    if isinstance(value, dict):
        # Names of XML attributes and name spaces; what they say of an entity no resource needs.
        items = ((str(name), each) for name, each in value.items() if not str(name).startswith(("_", "@", "xmlns")))
        return {
            name.rpartition(":")[2]: [_of_json(one, depth + 1) for one in (each if isinstance(each, list) else [each])]
            for name, each in items
        }
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or isinstance(value, list) else str(value).strip()


def texts(tree: Tree, name: str) -> list[str]:
    """The values of an attribute."""
    return [value for value in tree.get(name, ()) if isinstance(value, str) and value]


def first(tree: Tree, name: str) -> str:
    """The first value of an attribute; "" when it has none."""
    return next(iter(texts(tree, name)), "")


def nodes(tree: Tree, name: str) -> list[Tree]:
    """What stands in a tree under a name, and is no value."""
    return [one for one in tree.get(name, ()) if isinstance(one, dict)]


def find(tree: Tree, name: str) -> Iterator[Tree]:
    """All of that name below a tree, not those within one another."""
    for key, inner in tree.items():
        if key == name:
            yield from nodes(tree, name)
            continue
        for one in inner:
            if isinstance(one, dict):
                yield from find(one, name)
