"""OutputData: files that the wrapper writes to storage elements when the payload ended well (gLite reference §1.2)."""

from __future__ import annotations

from collections.abc import Iterator

from gridwms.classad import ClassAd, evaluate_attribute
from gridwms.describe.data import SENT_BY, DataNeed, OutputFile, catalogue_for, storage_for
from gridwms.describe.jdl.draft import Draft, shown
from gridwms.describe.jdl.names import has_wildcard
from gridwms.describe.jdl.outputs import path_trouble

REPORT = "DSUpload_*.out"
"""The file that tells what became of each, in the output sandbox: `DSUpload_<job>.out`."""
_NAMES = ("outputfile", "logicalfilename", "storageelement")


def read_output_data(draft: Draft, vo: str) -> tuple[OutputFile, ...]:
    """The files, checked; none when one is wrong."""
    value = draft.values.get("outputdata", ())
    ads = [ad for ad in value if isinstance(ad, ClassAd)] if isinstance(value, tuple) else []
    seen: set[str] = set()
    found = []
    for index, ad in enumerate(ads):
        file = _file(draft, ad, vo, index)
        if file is None:
            continue
        if file.path in seen:
            draft.error(
                "duplicate", "OutputData", f"{shown(file.path)} is there twice", accepted="each once", item=index
            )
        seen.add(file.path)
        found.append(file)
    return tuple(found) if draft.good("OutputData") else ()


def _file(draft: Draft, ad: ClassAd, vo: str, index: int) -> OutputFile | None:
    for name in ad:
        if name.lower() not in _NAMES:
            draft.warning("no_effect", "OutputData", f"{shown(name)} of entry {index + 1} has no effect", item=index)
    path, lfn, element = (_text(ad, name) for name in _NAMES)
    element = element or draft.text("OutputSE")
    for trouble, found, accepted in _troubles(draft, ad, (path, lfn, element), vo):
        what = f"entry {index + 1}: {trouble}"
        draft.error("bad_value", "OutputData", what, found=found or "", accepted=accepted, item=index)
        return None
    return OutputFile(path=path or "", name=lfn or "", storage=element or "")


def _troubles(
    draft: Draft, ad: ClassAd, texts: tuple[str | None, ...], vo: str
) -> Iterator[tuple[str, str | None, str]]:
    """What is wrong with an entry: the sentence, what was found, what is accepted."""
    path, lfn, element = texts
    accepted = "[ OutputFile = file; LogicalFileName = lfn:name; StorageElement = element ], all texts"
    if None in texts or not path:
        yield (
            ("OutputFile is missing" if path == "" or "OutputFile" not in ad else "found a value that is no text"),
            "",
            accepted,
        )
        return
    trouble = path_trouble(path) or ("has a wildcard" if has_wildcard(path) else "")
    if trouble:
        yield f"{shown(path)} {trouble}", path, "the name of a file below the job's directory"
    if lfn and (not lfn.startswith("lfn:") or not lfn.removeprefix("lfn:") or path_trouble(lfn.rpartition("/")[2])):
        yield f"LogicalFileName: found {shown(lfn)}", lfn, "lfn:<name>"
    known, catalogues = draft.defaults.storage, draft.defaults.catalogues
    if known is not None:
        place = storage_for(element or "", vo, known)
        here = ", ".join(one.name for one in known if not one.vos or vo in one.vos)
        if place is None:
            named = f"the storage element {shown(element)}" if element else "any storage element"
            yield f"this service does not write to {named} for the VO {vo}", element, here or "no OutputData"
        elif place.scheme not in SENT_BY:
            yield f"the wrapper cannot write to {shown(place.url)}", element, "schemes " + ", ".join(SENT_BY)
    if lfn and catalogues is not None:
        need = DataNeed(names=(lfn,))
        if catalogue_for(need, vo, [one for one in catalogues if one.registers]) is None:
            yield f"no catalogue takes new files of the VO {vo}", lfn, "an entry without LogicalFileName"


def _text(ad: ClassAd, name: str) -> str | None:
    """A text, "" when it is not there, None when it is something else."""
    if name not in ad:
        return ""
    value = evaluate_attribute(ad, name)
    return value.strip() if isinstance(value, str) else None
