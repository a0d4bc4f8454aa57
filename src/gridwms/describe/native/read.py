"""The native form, YAML or TOML, to a checked description."""

from __future__ import annotations

import re

from gridwms.describe.convert.reading import Reading, check, error, refused
from gridwms.describe.jdl import JdlDefaults
from gridwms.describe.jdl.text import decode
from gridwms.describe.native.mapping import Mapping
from gridwms.describe.native.toml_tree import parse_toml
from gridwms.describe.native.tree import MOST_BYTES, Node, Unreadable
from gridwms.describe.native.yaml_tree import parse_yaml

_TOML = re.compile(r"""\s*(?:\[\[?[\w."' -]+\]\]?\s*(?:#.*)?$|[\w."'-]+[ \t]*=)""")
"""The first line that is no comment: a header of a table, or a name with the sign `=`."""


def read_native(text: bytes | str, defaults: JdlDefaults, *, now: float) -> Reading:
    """Read and check one document, YAML or TOML by its first line. Arguments as for `read_jdl`. Never raises."""
    decoded, problem = decode(text, min(defaults.max_bytes, MOST_BYTES))
    if problem is not None:
        return refused([problem])
    if not decoded.strip():
        return refused([error("empty", "", "the text is empty", (0, 0), accepted="YAML or TOML, such as run: ...")])
    try:
        root = parse_toml(decoded) if is_toml(decoded) else parse_yaml(decoded)
    except Unreadable as unreadable:
        return refused([unreadable.problem])
    return read_tree(root, defaults, now=now)


def read_tree(root: Node, defaults: JdlDefaults, *, now: float) -> Reading:
    """Check a tree, wherever it comes from."""
    mapping = Mapping()
    mapping.document(root)
    return check(mapping.jdl, defaults, now=now, problems=mapping.problems)


def is_toml(text: str) -> bool:
    """Whether the first line with content is TOML's."""
    for line in text.splitlines()[:1000]:
        if line.strip() and not line.lstrip().startswith("#"):
            return _TOML.match(line) is not None
    return False
