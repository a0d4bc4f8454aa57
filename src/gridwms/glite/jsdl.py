"""A description in JSDL as an element that travels in a call."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gridwms.glite.failure import Failure

if TYPE_CHECKING:
    from lxml import etree


def read_jsdl(path: str) -> etree._Element:
    """The document of a file. Raises Failure."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(Path(path).read_bytes(), parser)
    except OSError as error:
        raise Failure("Wrong Option", f"--jsdl: no valid JSDL file path  ({path})") from error
    except etree.XMLSyntaxError as error:
        raise Failure("JSDL Error", f"{path} is no JSDL document: {error}") from error
