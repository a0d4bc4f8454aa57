"""OutputSandbox and where it goes (gLite reference §1.2)."""

from __future__ import annotations

import posixpath

from gridwms.describe.jdl.draft import Draft, shown
from gridwms.describe.jdl.inputs import is_url
from gridwms.describe.jdl.names import LONGEST, control_trouble, has_wildcard, leaf

ACCEPTED = "a path below the job's directory, such as out.txt or logs/out.txt"


def read_outputs(draft: Draft) -> tuple[str, ...]:
    """The files to bring home, in the order given, wildcards as they are."""
    outputs: list[str] = []
    first: dict[str, str] = {}
    for index, item in enumerate(draft.texts("OutputSandbox")):
        if not item:
            draft.warning("empty_name", "OutputSandbox", f"item {index + 1} is empty and is ignored", item=index)
            continue
        trouble = path_trouble(item)
        if trouble:
            draft.error(
                "bad_name", "OutputSandbox", f"{shown(item)} {trouble}", found=item, accepted=ACCEPTED, item=index
            )
            continue
        name = leaf(item)
        if name in first:
            draft.error(
                "duplicate",
                "OutputSandbox",
                f"{shown(item)} and {shown(first[name])} would both be called {shown(name)} when they come home",
                found=item,
                accepted="each file once, under different names",
                item=index,
            )
            continue
        first[name] = item
        outputs.append(item)
    limit = draft.defaults.max_output_files
    if len(outputs) > limit:
        draft.error(
            "too_many",
            "OutputSandbox",
            f"the maximum number of output sandbox files is reached: found {len(outputs)}",
            found=str(len(outputs)),
            accepted=f"at most {limit} files; pack them into an archive",
        )
    _check_destinations(draft)
    return tuple(outputs)


def path_trouble(path: str) -> str:
    """A sentence when `path` cannot be a file below the job's directory, else nothing."""
    control = control_trouble(path)
    if control:
        return control
    if path.startswith("/"):
        return "is an absolute path"
    if is_url(path):
        return "is a URL"
    parts = path.split("/")
    if ".." in parts:
        return "leads out of the job's directory"
    if parts[-1] in ("", "."):
        return "names a directory"
    if any(len(part.encode("utf-8", "replace")) > LONGEST for part in parts):
        return f"has a part longer than {LONGEST} bytes"
    return ""


def _check_destinations(draft: Draft) -> None:
    """OutputSandboxDestURI: one entry a file; only a relative one ("on the WMS") that does not rename is served."""
    name = "OutputSandboxDestURI"
    targets = draft.texts(name)
    if not targets:
        return
    if draft.text("OutputSandboxBaseDestURI"):
        draft.error("exclusive", name, "excludes OutputSandboxBaseDestURI; give one of the two")
    items = draft.texts("OutputSandbox")
    if not draft.good("OutputSandbox"):
        return
    if len(targets) != len(items):
        draft.error(
            "cardinality",
            name,
            f"found {len(targets)} destinations for {len(items)} files of OutputSandbox",
            found=str(len(targets)),
            accepted=f"a list of {len(items)}, in the order of OutputSandbox",
        )
        return
    for index, (target, item) in enumerate(zip(targets, items, strict=True)):
        if has_wildcard(item):
            draft.error(
                "wildcard",
                name,
                f"OutputSandbox has a wildcard, {shown(item)}, which a destination excludes",
                found=item,
                accepted="names of single files in OutputSandbox, or no OutputSandboxDestURI",
                item=index,
            )
        elif is_url(target) or posixpath.basename(target) != leaf(item):
            draft.error(
                "unsupported",
                name,
                f"cannot be honoured: {shown(item)} cannot be sent to {shown(target)} yet",
                found=target,
                accepted=f"{shown(leaf(item))} (the service keeps it for 'gridwms output'), or no OutputSandboxDestURI",
                item=index,
            )
