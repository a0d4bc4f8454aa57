"""OutputSandbox and where it goes (gLite reference §1.2)."""

from __future__ import annotations

import posixpath
from urllib.parse import quote

from gridwms.describe.jdl.draft import Draft, shown
from gridwms.describe.jdl.inputs import Trouble, is_url, split_url
from gridwms.describe.jdl.names import LONGEST, control_trouble, has_wildcard, leaf
from gridwms.describe.jdl.schemes import SENT, why_not

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


def read_destinations(draft: Draft) -> tuple[str, ...]:
    """Where each file of OutputSandbox goes: "" to the service, else a URL; empty when all go to the service.

    A URL that ends in "/" is a place where files get their own names (those that a wildcard finds).
    """
    name = "OutputSandboxDestURI"
    targets, base = draft.texts(name), draft.text("OutputSandboxBaseDestURI")
    if targets and base:
        draft.error("exclusive", name, "excludes OutputSandboxBaseDestURI; give one of the two")
    items = [item for item in draft.texts("OutputSandbox") if item or targets]
    if not draft.good("OutputSandbox") or not (targets or base):
        return ()
    if not items:
        given = name if targets else "OutputSandboxBaseDestURI"
        draft.error("exclusive", given, "there is no OutputSandbox whose files it could send")
        return ()
    if base:
        return _below(draft, base, items)
    if len(targets) != len(items):
        draft.error(
            "cardinality",
            name,
            f"found {len(targets)} destinations for {len(items)} files of OutputSandbox",
            found=str(len(targets)),
            accepted=f"a list of {len(items)}, in the order of OutputSandbox",
        )
        return ()
    pairs = [(index, target) for index, target in enumerate(targets) if items[index]]
    found = tuple(_destination(draft, index, target, items[index]) for index, target in pairs)
    return found if any(found) else ()


def _below(draft: Draft, base: str, items: list[str]) -> tuple[str, ...]:
    if not _is_sent(draft, "OutputSandboxBaseDestURI", base, None):
        return ()
    place = base.rstrip("/") + "/"
    return tuple(place if has_wildcard(item) else place + quote(leaf(item)) for item in items)


def _destination(draft: Draft, index: int, target: str, item: str) -> str:
    """One entry of OutputSandboxDestURI; a relative one is "on the WMS", where the service keeps the file anyway."""
    name = "OutputSandboxDestURI"
    if has_wildcard(item):
        what = f"OutputSandbox has a wildcard, {shown(item)}, which a destination excludes"
        accepted = "names of single files in OutputSandbox, or OutputSandboxBaseDestURI"
        draft.error("wildcard", name, what, found=item, accepted=accepted, item=index)
    elif is_url(target):
        return target if _is_sent(draft, name, target, index) else ""
    elif posixpath.basename(target) != leaf(item):
        what = f"cannot be honoured: the service keeps {shown(item)} under its own name, not as {shown(target)}"
        accepted = f"{shown(leaf(item))}, which the service keeps for 'gridwms output', or a URL"
        draft.error("unsupported", name, what, found=target, accepted=accepted, item=index)
    return ""


def _is_sent(draft: Draft, name: str, url: str, index: int | None) -> bool:
    """Whether the wrapper can send files to this URL; reported when it cannot."""
    try:
        _check_target(url, file=index is not None)
    except Trouble as trouble:
        message = f"{shown(url)} {trouble.message}"
        draft.error(trouble.code, name, message, found=url, accepted=trouble.accepted, item=index)
        return False
    return True


def _check_target(url: str, *, file: bool) -> None:
    accepted = "a URL of the scheme " + " or ".join(SENT) if SENT else "no destination: 'gridwms output' fetches files"
    if not is_url(url):
        raise Trouble("bad_url", "is not a URL", accepted)
    scheme, path = split_url(url, accepted)
    if scheme not in SENT:
        raise Trouble("unsupported", f"cannot be sent to: {why_not(scheme)}", accepted)
    if file and path.endswith("/"):
        raise Trouble("bad_url", "names a directory", "the URL of a file")
