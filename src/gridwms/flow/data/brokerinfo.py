"""The file .BrokerInfo of a job: what the broker knew of its place and its data (gLite reference §2.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gridwms.catalogue.contract import File
from gridwms.classad import ClassAd, ListExpression, Literal, evaluate_attribute, unparse
from gridwms.classad.tree import Expr
from gridwms.describe.description import Description
from gridwms.flow.world import World
from gridwms.jobs.job import Attempt, Job
from gridwms.jobs.reasons import Reason
from gridwms.market.close_storage import close_storage
from gridwms.match.data import close_elements, protocols_of
from gridwms.match.reading import names_read_through

NAME = ".BrokerInfo"


class NotLocated(Exception):
    """Where the data lies is not known again yet, after a restart: the job is delivered a little later."""


def brokerinfo(world: World, job: Job, attempt: Attempt, description: Description) -> str:
    """The text of the file, "" when this job gets none.

    Jobs that have to do with storage get one, and all at a computing element that tells of close storage elements.
    Raises NotLocated.
    """
    snapshot = world.market.snapshot
    place = snapshot.find(attempt.ce)
    resource = place.ad if place is not None else ClassAd()
    if not _wants(description) and "CloseStorageElements" not in resource:
        return ""
    files: Sequence[File] = ()
    protocols: Sequence[str] = ()
    if description.data is not None:
        located = world.data.where(description.data)
        if isinstance(located, Reason):
            if located.code == "data_asked":
                raise NotLocated
            files = [File(name, ()) for need in description.data.needs for name in need.names]
        else:
            files = located.files
        protocols = description.data.protocols
    storage = {name.lower(): element.ad for name, element in snapshot.storage.items()}
    return unparse(made(attempt.ce, resource, job.vo, files, protocols, storage))


def _wants(description: Description) -> bool:
    if description.data is not None or "OutputSE" in description.ad or NAME in description.outputs:
        return True
    read = names_read_through(description.ad, [description.requirements, description.rank])
    return read is not None and "storage" in read


def made(
    ce_id: str,
    resource: ClassAd,
    vo: str,
    files: Sequence[File],
    protocols: Sequence[str],
    storage: Mapping[str, ClassAd],
) -> ClassAd:
    """The ad. `storage`: the ads of storage elements by their names in lower case."""
    close = {_text(ad, "name").lower(): ad for ad in close_storage(resource, vo)}
    listed = resource.expressions.get("closestorageelements")
    bindings = [ad for ad in listed.items if isinstance(ad, ClassAd)] if isinstance(listed, ListExpression) else []
    bound = {
        (_text(ad, "name") or _text(ad, "GlueCESEBindSEUniqueID") or _text(ad, "GlueSEUniqueID")).lower(): ad
        for ad in bindings
    }
    elements = [
        _close(element.name, bound.get(element.name), close.get(element.name)) for element in close_elements(resource)
    ]
    parts: list[tuple[str, Expr]] = [
        ("ComputingElement", ClassAd([("CloseStorageElements", _list(elements)), ("name", Literal(ce_id))]))
    ]
    if files:
        known = {**storage, **bound}
        names = dict.fromkeys(replica.host for file in files for replica in file.replicas)
        parts += [
            ("InputFNs", _list([_file(file) for file in files])),
            ("StorageElements", _list([_element(name, known.get(name)) for name in names])),
            ("DataAccessProtocol", _list([Literal(protocol) for protocol in protocols])),
        ]
    return ClassAd([*parts, ("VirtualOrganisation", Literal(vo))])


def _close(name: str, binding: ClassAd | None, area: ClassAd | None) -> ClassAd:
    spelled = _text(binding, "name") or _text(binding, "GlueCESEBindSEUniqueID") or _text(binding, "GlueSEUniqueID")
    mounts = (_text(binding, each) for each in ("mount", "GlueCESEBindMountInfo", "GlueCESEBindCEAccesspoint"))
    free = area.get("freespace") if area is not None else None
    return ClassAd(
        [
            ("name", Literal(spelled or name)),
            ("mount", Literal(next(filter(None, mounts), ""))),
            *([("freespace", free)] if free is not None else []),
        ]
    )


def _file(file: File) -> ClassAd:
    return ClassAd([("name", Literal(file.name)), ("SFNs", _list([Literal(one.url) for one in file.replicas]))])


def _element(name: str, ad: ClassAd | None) -> ClassAd:
    found = protocols_of(ad) if ad is not None else {}
    protocols = [ClassAd([("name", Literal(kind)), ("port", Literal(port))]) for kind, port in found.items()]
    return ClassAd([("name", Literal(name)), ("protocols", _list(protocols))])


def _list(items: Sequence[Expr]) -> ListExpression:
    return ListExpression(tuple(items))


def _text(ad: ClassAd | None, name: str) -> str:
    value = evaluate_attribute(ad, name) if ad is not None and name in ad else ""
    return value if isinstance(value, str) else ""
