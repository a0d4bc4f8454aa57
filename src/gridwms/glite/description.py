"""Descriptions before they are sent: defaults put in, options of the command, the local files they need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gridwms.glite.failure import Failure

if TYPE_CHECKING:
    from gridwms.classad import ClassAd, Expr
    from gridwms.client.submission import Description
    from gridwms.describe.compound import Compound
    from gridwms.describe.jdl.read import JdlReading

_NODE_NAMES = {"retrycount": "DefaultNodeRetryCount", "shallowretrycount": "DefaultNodeShallowRetryCount"}
"""What defaults are called in a DAG or collection (gLite reference §9.1)."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A local file to send. `node`: the name of the node whose it is; "" for the job itself."""

    path: Path
    name: str
    node: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A description ready to be sent, and what it needs of this machine."""

    text: str
    ad: ClassAd
    source: Description

    @property
    def kind(self) -> str:
        """dag, collection, parametric, or "" for a single job."""
        return kind_of(self.ad)


def read_file(path: str) -> Description:
    """A file of JDL with its node files in it. Raises Failure."""
    from gridwms.client.errors import ClientError
    from gridwms.client.submission import read

    if not Path(path).is_file():
        raise Failure("Wrong Option", f"The last argument is not a valid path to a JDL file: {path}")
    try:
        return read(Path(path), "jdl")
    except ClientError as error:
        raise Failure("JDL Error", f"{error.sentence}\n{error.advice}") from error


def read_directory(path: str, *, dag: bool) -> Description:
    """All descriptions of a directory as one. Raises Failure."""
    from gridwms.client.errors import ClientError
    from gridwms.client.submission import description, read_collection

    option = "--dag" if dag else "--collection"
    if not Path(path).is_dir():
        what = "DAG" if dag else "collection"
        raise Failure("Wrong Option", f"{option}: no valid {what} directory ({path})")
    try:
        found = read_collection(Path(path))
        if not dag:
            return found
        ad = _parse(found.text.decode("utf-8", "replace"))
        return description(found.name, _as_dag(ad).encode(), found.directories, "jdl")
    except ClientError as error:
        raise Failure("Wrong Option", f"{option}: {error.sentence}\n{error.advice}") from error


def _as_dag(collection: ClassAd) -> str:
    """A DAG without dependencies of the nodes of a collection."""
    from gridwms.classad import ClassAd, ListExpression, evaluate_attribute, unparse

    listed = collection["Nodes"]
    items = listed.items if isinstance(listed, ListExpression) else ()
    ads = [item for item in items if isinstance(item, ClassAd)]
    nodes = [(str(evaluate_attribute(ad, "NodeName")), ad.without(["NodeName"])) for ad in ads]
    whole = ClassAd([*nodes]).with_({"Dependencies": []})
    return unparse(ClassAd.from_values({"Type": "dag"}).with_({"Nodes": whole}), multiline=True)


def prepare(
    source: Description,
    defaults: Sequence[ClassAd],
    changes: Mapping[str, str | int],
    node_changes: Mapping[str, str] | None = None,
) -> Prepared:
    """The description with defaults (the first count most) and what the options of the command put in its place.

    Raises Failure for what is no ClassAd.
    """
    from gridwms.classad import ClassAd, unparse

    own = _parse(source.text.decode("utf-8", "replace"))
    kind = kind_of(own)
    missing = ClassAd.joined(*(_for_kind(ad, kind) for ad in reversed(defaults)))
    whole = ClassAd.joined(missing.without(own), own).with_(dict(changes))
    if node_changes:
        whole = _with_nodes(whole, node_changes)
    text = unparse(whole, multiline=True)
    return Prepared(text, whole, replace(source, text=text.encode()))


def _for_kind(ad: ClassAd, kind: str) -> ClassAd:
    from gridwms.classad import ClassAd

    if kind not in ("dag", "collection"):
        return ad
    return ClassAd([(_NODE_NAMES.get(name.lower(), name), ad[name]) for name in ad])


def _with_nodes(ad: ClassAd, changes: Mapping[str, str]) -> ClassAd:
    """Every node gets these attributes; a parametric job has one template for all."""
    from gridwms.classad import ClassAd, ListExpression

    nodes = ad.get("Nodes")
    if isinstance(nodes, ListExpression):
        items = [_with_changes(item, changes) if isinstance(item, ClassAd) else item for item in nodes.items]
        return ad.with_({"Nodes": ListExpression(tuple(items))})
    if not isinstance(nodes, ClassAd):
        return ad.with_(dict(changes))
    changed = {name: _with_changes(nodes[name], changes) for name in nodes if isinstance(nodes[name], ClassAd)}
    return ad.with_({"Nodes": nodes.with_(changed)})


def _with_changes(node: Expr, changes: Mapping[str, str]) -> Expr:
    from gridwms.classad import ClassAd

    if not isinstance(node, ClassAd):
        return node
    inside = node.get("Description")
    if isinstance(inside, ClassAd):
        return node.with_({"Description": inside.with_(dict(changes))})
    return node.with_(dict(changes))


def zipped(prepared: Prepared, place: Path) -> Prepared:
    """With AllowZippedISB the local files of a single job travel in one archive, made in `place`."""
    from gridwms.classad import unparse
    from gridwms.client.pack import packed

    [source] = packed([prepared.source], place)
    if source is prepared.source:
        return prepared
    ad = _parse(source.text.decode("utf-8"))
    text = unparse(ad, multiline=True)
    return Prepared(text, ad, replace(source, text=text.encode()))


def uploads(prepared: Prepared) -> list[Upload]:
    """The local files that the job and its nodes need. Raises Failure for what is wrong with the description, or for
    a file that is not there."""
    reading = read_description(prepared.text)
    found = list(_compound(reading.compound) if reading.compound else _single(reading))
    return [replace(one, path=_find(one.path, prepared.source.directories)) for one in found]


def read_description(text: str) -> JdlReading:
    """As a service would read it, but without limits of its own. Raises Failure with all that is wrong."""
    import time

    from gridwms.describe.jdl.defaults import JdlDefaults
    from gridwms.describe.jdl.read import read_jdl

    many = 1 << 40
    defaults = JdlDefaults(max_bytes=many, max_tokens=many, max_input_files=many, max_output_files=many)
    reading = read_jdl(text, defaults, now=time.time())
    if reading.errors:
        raise Failure("JDL Error", "\n".join(f"{one.attribute or 'JDL'}: {one.message}" for one in reading.errors))
    return reading


def _single(reading: JdlReading) -> Iterator[Upload]:
    from gridwms.describe.jdl.names import leaf

    if reading.description:
        for file in reading.description.inputs:
            if file.local:
                yield Upload(_path(file.local), leaf(file.local))


def _compound(compound: Compound) -> Iterator[Upload]:
    from gridwms.describe.compound import node_text
    from gridwms.describe.jdl.names import leaf
    from gridwms.describe.jdl.read import read_stored

    for file in compound.shared:
        if file.local:
            yield Upload(_path(file.local), leaf(file.local))
    # What differs between nodes of one template is a value inside of names, never how many files there are.
    with_files: dict[int, bool] = {}
    for node in compound.nodes:
        if with_files.get(node.template) is False:
            continue
        described = read_stored(node_text(compound.templates[node.template].jdl, node.value))
        local = [file.local for file in described.inputs if file.local] if described else []
        with_files[node.template] = bool(local)
        for name in local:
            yield Upload(_path(name), leaf(name), node.name)


def _path(local: str) -> Path:
    return Path(local.removeprefix("file://")).expanduser()


def _find(path: Path, directories: Sequence[Path]) -> Path:
    found = next((each / path for each in directories if (each / path).is_file()), None)
    if found is None:
        raise Failure("File Not Found", f"InputSandbox: no such file: {directories[0] / path}")
    return found


def kind_of(ad: ClassAd) -> str:
    """dag, collection, parametric, or "" for a single job."""
    kind = text_of(ad, "Type").lower()
    if kind in ("dag", "collection"):
        return kind
    return "parametric" if "parametric" in _texts(ad, "JobType") else ""


def node_name(text: str) -> str:
    """What the description of a node calls it; "" when it says nothing, or cannot be read."""
    return _said(text, "NodeName")


def vo_of(text: str) -> str:
    """The VO of a description; "" when it says nothing, or cannot be read."""
    return _said(text, "VirtualOrganisation")


def _said(text: str, name: str) -> str:
    try:
        return text_of(_parse(text), name) if text else ""
    except Failure:
        return ""


def read_defaults(path: str) -> ClassAd:
    """The file of --default-jdl. Raises Failure."""
    try:
        return _parse(Path(path).read_text("utf-8", "replace"))
    except OSError as error:
        raise Failure("Wrong Option", f"--default-jdl: unable to read the file {path}: {error.strerror}") from error


def _parse(text: str) -> ClassAd:
    from gridwms.classad import ClassAdSyntaxError, parse_ad

    try:
        return parse_ad(text, jdl=True)
    except (ClassAdSyntaxError, RecursionError) as error:
        raise Failure("JDL Error", f"Syntax error: {error}") from error


def text_of(ad: ClassAd, name: str) -> str:
    """The value of an attribute that is a text; "" when it is none."""
    from gridwms.classad import evaluate_attribute

    value = evaluate_attribute(ad, name) if name in ad else ""
    return value if isinstance(value, str) else ""


def _texts(ad: ClassAd, name: str) -> list[str]:
    from gridwms.classad import evaluate_attribute

    value = evaluate_attribute(ad, name) if name in ad else ()
    items = value if isinstance(value, list | tuple) else (value,)
    return [str(item).lower() for item in items]
