"""StdOutput and StdError: files below the job's directory (gLite reference §1.2)."""

from __future__ import annotations

import fnmatch
import posixpath

from gridwms.describe.jdl.draft import Draft, shown
from gridwms.describe.jdl.names import has_wildcard, leaf
from gridwms.describe.jdl.outputs import ACCEPTED, path_trouble


def read_streams(draft: Draft, outputs: tuple[str, ...]) -> tuple[str, str]:
    """Both names; equal when both go to one file."""
    out, err = _read(draft, "StdOutput"), _read(draft, "StdError")
    if out and err and leaf(out) == leaf(err) and posixpath.normpath(out) != posixpath.normpath(err):
        draft.error(
            "duplicate",
            "StdError",
            f"{shown(err)} and StdOutput {shown(out)} have the same name in different directories",
            found=err,
            accepted="the very same path (both go to one file), or different names",
        )
    if draft.good("OutputSandbox"):
        for name, path in (("StdOutput", out), ("StdError", err)):
            if path and draft.good(name) and not _kept(path, outputs):
                draft.warning(
                    "not_kept",
                    name,
                    f"{shown(path)} is not in OutputSandbox: it is not brought home when the job ends",
                    found=path,
                )
    return out, err


def _read(draft: Draft, name: str) -> str:
    path = draft.text(name)
    if not path:
        return ""
    trouble = "contains a wildcard" if has_wildcard(path) else path_trouble(path)
    if trouble:
        draft.error("bad_name", name, f"{shown(path)} {trouble}", found=path, accepted=ACCEPTED)
    return path


def _kept(path: str, outputs: tuple[str, ...]) -> bool:
    plain = posixpath.normpath(path)
    return any(plain == posixpath.normpath(item) or fnmatch.fnmatchcase(plain, item) for item in outputs)
