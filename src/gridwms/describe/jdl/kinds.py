"""Type and JobType: what is served is one normal job (gLite reference §1.2)."""

from __future__ import annotations

from gridwms.describe.jdl.draft import Draft, shown

_TYPES = {
    "dag": "DAGs are not served yet; submit the jobs one by one",
    "collection": "collections are not served yet; submit the jobs one by one",
}
_JOB_TYPES = {
    "mpich": "MPI jobs are not served yet; leave JobType out and start the processes in your own script "
    "(CPUNumber asks for CPUs)",
    "interactive": "interactive jobs are not served yet; use 'gridwms peek' to watch a running job",
    "parametric": "parametric jobs are not served yet; submit the jobs one by one",
    "partitionable": "partitionable jobs are deprecated",
    "checkpointable": "checkpointable jobs are deprecated",
}


def check_kind(draft: Draft) -> bool:
    """Whether this is a single job, so that checking the rest makes sense."""
    kind = draft.text("Type").lower()
    if kind in _TYPES:
        draft.error("unsupported", "Type", f"cannot be honoured: {_TYPES[kind]}", found=kind, accepted='"Job"')
        return False
    if kind not in ("", "job"):
        draft.error("bad_value", "Type", f"found {shown(kind)}", found=kind, accepted='"Job"')
    return _check_job_type(draft)


def _check_job_type(draft: Draft) -> bool:
    kinds = tuple(dict.fromkeys(kind.lower() for kind in draft.texts("JobType")))
    single = True
    for kind in kinds:
        if kind in _JOB_TYPES:
            single = single and kind != "parametric"
            draft.error(
                "unsupported", "JobType", f"cannot be honoured: {_JOB_TYPES[kind]}", found=kind, accepted='"Normal"'
            )
        elif kind not in ("normal", ""):
            draft.error("bad_value", "JobType", f"found {shown(kind)}", found=kind, accepted='"Normal"')
    if len(kinds) > 1 and "parametric" not in kinds:
        draft.error("bad_value", "JobType", "Composite Job Type not yet supported", accepted="one value")
    return single
