"""Type and JobType: one job, or which kind of compound (gLite reference §1.2)."""

from __future__ import annotations

from gridwms.classad import ClassAd, evaluate_attribute
from gridwms.describe.compound import CompoundKind
from gridwms.describe.jdl.draft import Draft, Part, shown
from gridwms.describe.jdl.job_type import INTERACTIVE, MPI

_JOB_TYPES = {
    "partitionable": "partitionable jobs are deprecated",
    "checkpointable": "checkpointable jobs are deprecated",
}
_NOT_IN_COMPOUNDS = ("interactive", "parametric")


def kind_of(draft: Draft) -> CompoundKind | None:
    """Which kind of compound an ad is; None for a single job, and for what is none of them."""
    kind = _text(draft.ad, "Type")
    if kind in (CompoundKind.DAG, CompoundKind.COLLECTION):
        return CompoundKind(kind)
    if kind not in ("", "job"):
        return None
    if "parametric" in _job_types(draft.ad):
        return CompoundKind.PARAMETRIC
    if "Nodes" in draft.ad and not kind and "Executable" not in draft.ad:
        guessed = CompoundKind.DAG if isinstance(draft.ad["Nodes"], ClassAd) else CompoundKind.COLLECTION
        draft.warning("missing", "Type", f'is missing and taken to be "{guessed}"')
        return guessed
    return None


def check_kind(draft: Draft) -> bool:
    """Whether this is a single job, so that checking the rest makes sense."""
    kind = draft.text("Type").lower()
    if kind in (CompoundKind.DAG, CompoundKind.COLLECTION):
        draft.error("unsupported", "Type", f"a node cannot be a {kind} itself", found=kind, accepted='"Job"')
        return False
    if kind not in ("", "job"):
        accepted = '"Job", "DAG" or "Collection"'
        draft.error("bad_value", "Type", f"found {shown(kind)}", found=kind, accepted=accepted)
    return _check_job_type(draft)


def _check_job_type(draft: Draft) -> bool:
    kinds = tuple(dict.fromkeys(kind.lower() for kind in draft.texts("JobType")))
    for kind in kinds:
        if draft.part is not Part.WHOLE and kind in _NOT_IN_COMPOUNDS:
            what = f"a node of a compound cannot be {kind}"
            draft.error("unsupported", "JobType", what, found=kind, accepted='"Normal"')
        elif kind in _JOB_TYPES:
            draft.error(
                "unsupported", "JobType", f"cannot be honoured: {_JOB_TYPES[kind]}", found=kind, accepted='"Normal"'
            )
        elif kind not in ("normal", "", INTERACTIVE, *MPI):
            accepted = '"Normal", "MPICH", "MPI", "OpenMPI" or "Interactive"'
            draft.error("bad_value", "JobType", f"found {shown(kind)}", found=kind, accepted=accepted)
    if len(kinds) > 1:
        draft.error("bad_value", "JobType", "Composite Job Type not yet supported", accepted="one value")
    return True


def _text(ad: ClassAd, name: str) -> str:
    value = evaluate_attribute(ad, name) if name in ad else ""
    return value.lower() if isinstance(value, str) else ""


def _job_types(ad: ClassAd) -> tuple[str, ...]:
    value = evaluate_attribute(ad, "JobType") if "JobType" in ad else ()
    items = value if isinstance(value, tuple) else (value,)
    return tuple(item.lower() for item in items if isinstance(item, str))
