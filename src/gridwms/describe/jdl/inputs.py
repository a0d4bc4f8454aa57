"""InputSandbox: which files go to the worker node, from where, under which name (gLite reference §1.2, §1.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from gridwms.describe.description import SandboxFile
from gridwms.describe.jdl.draft import Draft, shown
from gridwms.describe.jdl.names import control_trouble, has_wildcard, leaf, leaf_trouble, literal
from gridwms.describe.jdl.node_files import read_reference
from gridwms.describe.jdl.schemes import FETCHED, why_not

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/", re.ASCII)
"""At least two letters, so that C:/ is a path on Windows and no scheme."""

_FILE = re.compile(r"file:(?://([^/]*))?(/.*)", re.ASCII | re.IGNORECASE | re.DOTALL)

ACCEPTED = "a local path, file:///path, http://... or https://..."


@dataclass(frozen=True, slots=True)
class Trouble(Exception):
    """One item cannot be taken."""

    code: str
    message: str
    accepted: str = ""


def is_url(text: str) -> bool:
    """Whether it begins with a scheme (`https://`, `file:/`)."""
    return _URL.match(text) is not None


def read_inputs(draft: Draft) -> tuple[tuple[SandboxFile, ...], frozenset[str]]:
    """The files, and all names that the user meant to have on the worker node, those with errors included."""
    items = draft.texts("InputSandbox")
    targets = _targets(draft, len(items))
    base = _base(draft)
    files: list[SandboxFile] = []
    meant: set[str] = set()
    first: dict[str, int] = {}
    for index, item in enumerate(items):
        if not item:
            draft.warning("empty_name", "InputSandbox", f"item {index + 1} is empty and is ignored", item=index)
            continue
        try:
            file = input_file(item, base, targets[index] if targets else "", stored=draft.defaults.stored)
        except Trouble as trouble:
            meant.add(leaf(item))
            draft.error(
                trouble.code,
                "InputSandbox",
                f"{shown(item)} {trouble.message}",
                found=item,
                accepted=trouble.accepted,
                item=index,
            )
            continue
        meant.add(file.name)
        if file.name in first:
            draft.error(
                "duplicate",
                "InputSandbox",
                f"{shown(item)} (item {index + 1}) and {shown(items[first[file.name]])} (item {first[file.name] + 1}) "
                f"would both be called {shown(file.name)} on the worker node",
                found=item,
                accepted="different names; InputSandboxDestFileName can give them",
                item=index,
            )
            continue
        first[file.name] = index
        files.append(file)
    if draft.texts("ZippedISB"):
        files = _archives(draft) + [file for file in files if not file.local]
    limit = draft.defaults.max_input_files
    if len(files) > limit:
        draft.error(
            "too_many",
            "InputSandbox",
            f"the maximum number of input sandbox files is reached: found {len(files)}",
            found=str(len(files)),
            accepted=f"at most {limit} files; pack them into an archive",
        )
    return tuple(files), frozenset(meant)


def _archives(draft: Draft) -> list[SandboxFile]:
    """The archives that hold all local files of InputSandbox (gLite reference §1.2)."""
    archives: list[SandboxFile] = []
    for index, item in enumerate(draft.texts("ZippedISB")):
        trouble = leaf_trouble(leaf(item)) or control_trouble(item) or ("is a URL" if is_url(item) else "")
        if trouble or any(leaf(item) == archive.name for archive in archives):
            message = f"{shown(item)} {trouble or 'has the name of another'}"
            accepted = "paths of tar files, packed with gzip or not"
            draft.error("bad_name", "ZippedISB", message, found=item, accepted=accepted, item=index)
            continue
        archives.append(SandboxFile(name=leaf(item), local=literal(item), archive=True))
    if draft.texts("InputSandboxDestFileName"):
        message = "cannot rename files that come in an archive"
        draft.error("exclusive", "InputSandboxDestFileName", message, accepted="one of the two, it or ZippedISB")
    return archives


def _targets(draft: Draft, count: int) -> tuple[str, ...]:
    """InputSandboxDestFileName, or nothing when it is missing or of no use."""
    name = "InputSandboxDestFileName"
    targets = draft.texts(name)
    if not targets:
        return ()
    if not draft.given("InputSandbox"):
        draft.error("exclusive", name, "there is no InputSandbox whose files it could name")
        return ()
    if not draft.good("InputSandbox"):
        return ()
    if len(targets) != count:
        draft.error(
            "cardinality",
            name,
            f"found {len(targets)} names for {count} files of InputSandbox",
            found=str(len(targets)),
            accepted=f"a list of {count}, in the order of InputSandbox",
        )
        return ()
    sound = True
    for index, target in enumerate(targets):
        trouble = leaf_trouble(target)
        if trouble:
            sound = False
            draft.error(
                "bad_name",
                name,
                f"{shown(target)} {trouble}",
                found=target,
                accepted="a plain file name: it lands in the job's directory",
                item=index,
            )
    return targets if sound else ()


def _base(draft: Draft) -> str:
    base = draft.text("InputSandboxBaseURI")
    if not base:
        return ""
    trouble = _base_trouble(base)
    if trouble:
        draft.error(
            trouble.code,
            "InputSandboxBaseURI",
            f"{shown(base)} {trouble.message}",
            found=base,
            accepted=trouble.accepted,
        )
        return ""
    return base.rstrip("/")


def _base_trouble(base: str) -> Trouble | None:
    scheme = _URL.match(base)
    accepted = "http://host/path, https://host/path or file:///path"
    if not scheme:
        return Trouble("bad_url", "is not a URI", accepted)
    try:
        _check_url(base)
    except Trouble as trouble:
        return Trouble(trouble.code, trouble.message, accepted)
    return None


def input_file(item: str, base: str, target: str, *, stored: bool = False) -> SandboxFile:
    """One item of the list. `stored`: it may be in the form of `references.py`. Raises Trouble."""
    control = control_trouble(item)
    if control:
        raise Trouble("bad_name", control, "names without control characters")
    if stored and (reference := read_reference(item, target)):
        return reference
    if is_url(item):
        return _remote(item, target)
    if base and not item.startswith("/") and leaf(item) == item.rsplit("/", 1)[-1] and not _is_windows(item):
        if ".." in item.split("/"):
            raise Trouble("bad_name", "leads out of InputSandboxBaseURI", "a path below it, without '..'")
        _no_wildcard(item)
        return _remote(f"{base}/{literal(item)}", target)
    return _local(item, target)


def _is_windows(item: str) -> bool:
    return len(item) > 2 and item[0].isalpha() and item[1] == ":" and item[2] in "\\/"


def _no_wildcard(item: str) -> None:
    if has_wildcard(item):
        raise Trouble(
            "wildcard",
            "contains a wildcard, which only the client expands",
            "names of single files ([*], [?] and [[] stand for the characters themselves)",
        )


def _local(path: str, target: str) -> SandboxFile:
    _no_wildcard(path)
    plain = literal(path)
    name = target or leaf(plain)
    trouble = leaf_trouble(name)
    if trouble:
        raise Trouble("bad_name", trouble, "the path of a file")
    return SandboxFile(name=name, local=plain)


def _remote(url: str, target: str) -> SandboxFile:
    scheme, path = _check_url(url)
    if scheme == "file":
        # A file: URL names a file of the user's machine (gLite reference §1.3), so it travels like a local path.
        return _local(path, target)
    name = target or leaf(path)
    trouble = leaf_trouble(name)
    if trouble:
        raise Trouble("bad_name", trouble, "the URL of a file")
    if "*" in path:
        raise Trouble("wildcard", "contains a wildcard", "URLs of single files")
    return SandboxFile(name=name, url=url)


def _check_url(url: str) -> tuple[str, str]:
    """Scheme and decoded path of what can be fetched. Raises Trouble."""
    scheme, path = split_url(url, ACCEPTED)
    if scheme not in (*FETCHED, "file"):
        raise Trouble("unsupported", f"cannot be fetched: {why_not(scheme)}", ACCEPTED)
    return scheme, path


def split_url(url: str, accepted: str) -> tuple[str, str]:
    """Scheme and decoded path of a URL that is one. Raises Trouble."""
    file = _FILE.fullmatch(url)
    if file:
        if (file[1] or "").lower() not in ("", "localhost"):
            raise Trouble("bad_url", f"names a file of the machine '{file[1]}'", "file:///path on your own machine")
        return "file", unquote(file[2])
    if " " in url or control_trouble(url):
        raise Trouble("bad_url", "contains a blank", "a URL with blanks written as %20")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as wrong:
        raise Trouble("bad_url", f"is not a URL ({wrong})", accepted) from None
    scheme = parts.scheme.lower()
    if not host and scheme in FETCHED:
        raise Trouble("bad_url", "names no host", f"{scheme}://host/path")
    return scheme, unquote(parts.path)
