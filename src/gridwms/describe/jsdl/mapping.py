"""What the parts of the mapping from JSDL to JDL share."""

from __future__ import annotations

from dataclasses import dataclass, field

from gridwms.describe.convert.jdl_text import JdlText, Origin
from gridwms.describe.convert.lost import Lost
from gridwms.describe.jsdl.xml_tree import Element
from gridwms.describe.problem import Problem


@dataclass(slots=True)
class Mapping:
    """The JDL in the making, what was lost on the way, and what went wrong. The document has been validated."""

    jdl: JdlText = field(default_factory=JdlText)
    lost: list[Lost] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    file_systems: dict[str, str] = field(default_factory=dict)
    """Name of a file system to its path on the worker node."""

    def lose(self, element: Element, why: str) -> None:
        """The element cannot be said in JDL."""
        self.lost.append(Lost(element.local, why, element.place))

    @staticmethod
    def origin(element: Element) -> Origin:
        """What messages about this element's JDL refer to."""
        return Origin(element.local, element.place)
