"""Executable, StdInput, Prologue and Epilogue: on the worker node, or in InputSandbox (gLite reference §1.2)."""

from __future__ import annotations

from gridwms.describe.jdl.draft import Draft, shown
from gridwms.describe.jdl.names import control_trouble, has_wildcard
from gridwms.describe.suggest import suggest


def read_executable(draft: Draft, inputs: frozenset[str]) -> str:
    """The mandatory one."""
    name = "Executable"
    if not draft.given(name) or (draft.good(name) and not draft.text(name)):
        found = "an empty string" if draft.given(name) else "nothing"
        draft.error(
            "missing",
            name,
            f"is mandatory; found {found}",
            found=found,
            accepted="the absolute path of a program on the worker node, or the name of a file in InputSandbox",
        )
        return ""
    return read_program(draft, name, inputs)


def read_program(draft: Draft, name: str, inputs: frozenset[str]) -> str:
    """A path on the worker node (absolute, or beginning with `$`), or the name of a file in `inputs`."""
    path = draft.text(name)
    if not path:
        return ""
    accepted = "an absolute path on the worker node, or the name of a file in InputSandbox"
    control = control_trouble(path)
    if control:
        draft.error("bad_name", name, f"{shown(path)} {control}", found=path, accepted=accepted)
    elif path.startswith(("/", "$")):
        pass
    elif "/" in path:
        last = path.rsplit("/", 1)[-1]
        hint = f"; write {shown(last)}, as it is called on the worker node" if last in inputs else ""
        draft.error(
            "relative_path",
            name,
            f"{shown(path)} is a relative path with a directory{hint}",
            found=path,
            accepted=accepted,
        )
    elif draft.good("InputSandbox") and draft.good("InputSandboxDestFileName") and path not in inputs:
        meant = suggest(path, inputs)
        draft.error(
            "not_in_sandbox",
            name,
            f"{shown(path)} is not in InputSandbox" + (f"; did you mean {shown(meant)}?" if meant else ""),
            found=path,
            accepted=accepted,
        )
    return path


def read_standard_input(draft: Draft, inputs: frozenset[str]) -> str:
    """As a program; wildcards are forbidden."""
    path = draft.text("StdInput")
    if has_wildcard(path):
        draft.error(
            "wildcard",
            "StdInput",
            f"{shown(path)} contains a wildcard",
            found=path,
            accepted="the name of one file in InputSandbox, or an absolute path on the worker node",
        )
        return path
    return read_program(draft, "StdInput", inputs)


def read_step(draft: Draft, name: str, inputs: frozenset[str]) -> tuple[str, str]:
    """Prologue or Epilogue with its arguments; arguments without the script are an error."""
    arguments = draft.text(f"{name}Arguments")
    if arguments and draft.good(name) and not draft.text(name):
        draft.error(
            "exclusive",
            f"{name}Arguments",
            f"there is no {name} that could get them",
            accepted=f"{name}Arguments together with {name}",
        )
    return read_program(draft, name, inputs), arguments
