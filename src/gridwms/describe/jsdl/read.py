"""A JSDL document to a checked description: XML, then the table of elements, then JDL and its reader."""

from __future__ import annotations

from gridwms.classad import ClassAdSyntaxError, parse_expression, unparse
from gridwms.describe.convert.jdl_text import Origin
from gridwms.describe.convert.lost import Lost
from gridwms.describe.convert.reading import Reading, check, error, refused
from gridwms.describe.jdl import JdlDefaults
from gridwms.describe.jsdl.mapping import Mapping
from gridwms.describe.jsdl.read_application import check_executable, read_application
from gridwms.describe.jsdl.read_resources import read_file_systems, read_resources
from gridwms.describe.jsdl.read_staging import read_staging
from gridwms.describe.jsdl.validate import Validation
from gridwms.describe.jsdl.xml_tree import Element, XmlRefused, parse
from gridwms.describe.problem import Severity

_TAGS = {
    "jsdl:Description": "Description",
    "jsdl:JobAnnotation": "JobAnnotation",
    "jsdl:JobProject": "JobProject",
}


def read_jsdl(text: bytes | str, defaults: JdlDefaults, *, now: float) -> Reading:
    """Read and check one JSDL document. Arguments as for `read_jdl`. Never raises, whatever the text."""
    try:
        root = parse(text, defaults.max_bytes)
    except XmlRefused as refusal:
        return refused([refusal.problem])
    validation = Validation()
    validation.document(root)
    description = root.first("jsdl:JobDescription")
    if description is None or any(each.severity is Severity.ERROR for each in validation.problems):
        return refused(validation.problems, validation.lost)
    mapping = Mapping(lost=validation.lost, problems=validation.problems)
    if "id" in root.attributes:
        mapping.lost.append(Lost("JobDefinition/@id", "JDL has no name for the document itself", root.place))
    resources = description.first("jsdl:Resources")
    read_file_systems(mapping, resources)
    _identification(mapping, description)
    read_application(mapping, description)
    read_resources(mapping, resources)
    read_staging(mapping, description)
    _own(mapping, description)
    check_executable(mapping, description)
    return check(mapping.jdl, defaults, now=now, problems=mapping.problems, lost=mapping.lost)


def _identification(mapping: Mapping, description: Element) -> None:
    """JobName names the job; what else identifies it is told to those who look at it (GFD.136 §6.2)."""
    identification = description.first("jsdl:JobIdentification")
    for child in identification.children if identification else ():
        if child.name == "jsdl:JobName" and child.trimmed:
            mapping.jdl.text("NodeName", child.trimmed, mapping.origin(child))
        elif child.name in _TAGS and child.text.strip():
            mapping.jdl.tag(_TAGS[child.name], child.text.strip(), mapping.origin(child))


def _own(mapping: Mapping, description: Element) -> None:
    """Attributes that the writer kept in gridwms' own elements because JSDL cannot say them."""
    for element in description.all("gridwms:Attribute"):
        name = element.attributes["name"]
        origin = Origin(name, element.place)
        try:
            expression = unparse(parse_expression(element.text.strip()))
        except (ClassAdSyntaxError, RecursionError) as wrong:
            mapping.problems.append(
                error("syntax", name, f"this is no expression: {wrong}", element.place, accepted="a ClassAd expression")
            )
            continue
        if name.lower() == "requirements":
            mapping.jdl.require(expression, origin)
        elif name in mapping.jdl:
            accepted = "one of the two"
            message = "it is said by another element already"
            mapping.problems.append(error("exclusive", name, message, element.place, accepted=accepted))
        else:
            mapping.jdl.value(name, expression, origin)
