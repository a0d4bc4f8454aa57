"""A JSDL document to a checked description: XML, then the table of elements, then JDL and its reader."""

from __future__ import annotations

from collections.abc import Sequence

from gridwms.classad import ClassAdSyntaxError, parse_expression, quote, unparse
from gridwms.describe.compound import PLACEHOLDER
from gridwms.describe.convert.jdl_text import Origin
from gridwms.describe.convert.lost import Lost
from gridwms.describe.convert.reading import Reading, check, error, refused
from gridwms.describe.convert.shell_words import can_be_parameters
from gridwms.describe.jdl import JdlDefaults
from gridwms.describe.jsdl.mapping import Mapping
from gridwms.describe.jsdl.read_application import check_executable, read_application
from gridwms.describe.jsdl.read_resources import read_file_systems, read_resources
from gridwms.describe.jsdl.read_staging import read_staging
from gridwms.describe.jsdl.sweep import Sweep, SweepTrouble, rows_of, single, sweeps_of
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
    try:
        sweeps = sweeps_of(root, defaults.max_nodes)
    except SweepTrouble as trouble:
        return refused([trouble.problem])
    mapping = _swept(root, sweeps) if sweeps else _mapped(root)
    if "Executable" not in mapping.jdl and not mapping.jdl.has_nodes:
        return refused(mapping.problems, mapping.lost)
    return check(mapping.jdl, defaults, now=now, problems=mapping.problems, lost=mapping.lost)


def _mapped(root: Element) -> Mapping:
    """The JDL of a document, without its sweeps; without an Executable when it is not valid."""
    validation = Validation()
    validation.document(root)
    description = root.first("jsdl:JobDescription")
    mapping = Mapping(lost=validation.lost, problems=validation.problems)
    if description is None or any(each.severity is Severity.ERROR for each in validation.problems):
        return mapping
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
    return mapping


def _swept(root: Element, sweeps: Sequence[Sweep]) -> Mapping:
    """A parametric job when one thing is swept and a text may stand there, else a collection."""
    own = {id(target): list(target.pieces) for row in rows_of(sweeps) for target, _ in row}
    targets = {id(target): target for row in rows_of(sweeps) for target, _ in row}
    origin = Origin("Sweep", next(root.all("sweep:Sweep")).place)
    only = single(sweeps)
    if only and can_be_parameters(only.values) and PLACEHOLDER not in _all_text(root):
        for target in only.targets:
            target.pieces[:] = [PLACEHOLDER]
        mapping = _mapped(root)
        if not any(each.severity is Severity.ERROR for each in mapping.problems):
            kinds = [line for line, _ in mapping.jdl.without("JobType")]
            mapping.jdl.value("JobType", f"{{ {', '.join([quote('Parametric'), *kinds])} }}", origin)
            for value in only.values:
                mapping.jdl.item("Parameters", value, origin)
            return mapping
    whole = Mapping()
    whole.jdl.value("Type", quote("Collection"), origin)
    told: set[str] = set()
    for row in rows_of(sweeps):
        for name, pieces in own.items():
            targets[name].pieces[:] = pieces
        for target, value in row:
            target.pieces[:] = [value]
        job = _mapped(root)
        job.jdl.without("NodeName")
        whole.jdl.node(job.jdl, origin)
        whole.problems += [each for each in job.problems if str(each) not in told]
        told.update(map(str, job.problems))
        whole.lost += [each for each in job.lost if each not in whole.lost]
    return whole


def _all_text(element: Element) -> str:
    return element.text + "".join(map(_all_text, element.children))


def _identification(mapping: Mapping, description: Element) -> None:
    """JobName names the job; what else identifies it is told to those who look at it (GFD.136)."""
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
