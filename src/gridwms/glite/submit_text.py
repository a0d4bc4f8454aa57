"""What `glite-wms-job-submit` prints when it is done (gLite reference §8.2)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridwms.glite.documents import write
from gridwms.glite.wording import WIDTH, stripe

if TYPE_CHECKING:
    from gridwms.glite.transfer import Sending
    from gridwms.glite.wmproxy import JobIds

_ARCHIVE = "ISBfiles_"


def success(job: str, verb: str, saved: Path | None) -> str:
    """`verb`: submitted, registered or started. `saved`: the file that has the id now."""
    text = f"The job has been successfully {verb} to the WMProxy\nYour job identifier is:\n\n{job}\n\n"
    if saved:
        text += f"The job identifier has been saved in the following file:\n{saved}\n\n"
    return f"\n{stripe(WIDTH, 'glite-wms-job-submit Success')}\n\n{text}{stripe(WIDTH)}\n\n"


def left_to_do(job: str, pending: Sequence[Sending]) -> str:
    """What the user has to do with a job that was registered only. `pending`: files that he is to send himself."""
    if not pending:
        return f"To complete the operation start the job by issuing a submission with the option:\n --start {job}\n"
    archives = [one for one in pending if one.path.name.startswith(_ARCHIVE)]
    label = "ISB ZIP file : " if archives else "InputSandbox file : "
    if not archives:
        what = "the following InputSandbox files need to be transferred:"
    elif len(archives) == 1:
        what = "the following file containing the InputSandbox of the job needs to be transferred:"
    else:
        what = "the following files containing the InputSandbox of the job need to be transferred:"
    lines = [f"To complete the operation, {what}", "", "=" * 106]
    for one in pending:
        lines += [f"{label}{one.path}", f"Destination : {one.uri}", "-" * 77]
    lines += ["", "then start the job by issuing a submission with the option:", f" --start {job}"]
    return "\n".join(lines) + "\n"


def document(job: JobIds, url: str, *, json: bool, pretty: bool) -> str:
    """The same for programs."""
    data: dict[str, Any] = {"result": "success"}
    if job.children:
        children = {child.name or child.id: child.id for child in job.children}
        data |= {"parent": job.id, "endpoint": url, "children": children}
    else:
        data |= {"jobid": job.id, "endpoint": url}
    return write(data, json=json, pretty=pretty)
