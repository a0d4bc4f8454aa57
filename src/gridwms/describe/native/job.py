"""A job in Python: `gridwms.Job("/bin/echo", ["hello"], cpus=4, memory="2 GiB")`.

The same keys, types and checks as the native form in YAML and TOML (docs/user/dialects.md): both become the same tree.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from gridwms.describe.convert.reading import Reading
from gridwms.describe.jdl import JdlDefaults
from gridwms.describe.native.mapping import Mapping as JdlMapping
from gridwms.describe.native.read import read_tree
from gridwms.describe.native.tree import Node
from gridwms.describe.problem import Problem

Words: TypeAlias = str | Sequence[str | int | float]
Names: TypeAlias = Sequence[str | tuple[str, str]]
Side: TypeAlias = str | Sequence[str]
Order: TypeAlias = Sequence[tuple[Side, Side]]
Values: TypeAlias = Mapping[str, str | int | float | bool]


class JobError(ValueError):
    """The job cannot be described; `problems` says everything that is wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


class _Described:
    """What jobs and compounds of them have in common."""

    def to_jdl(self) -> str:
        """It in JDL. Raises JobError when a value is not of its type."""
        mapping = JdlMapping()
        mapping.document(tree_of(self))
        if mapping.problems:
            raise JobError(mapping.problems)
        return mapping.jdl.rendered()[0]

    def to_native(self) -> str:
        """It in YAML. Raises JobError when a value is not of its type."""
        from gridwms.classad import parse_ad
        from gridwms.describe.native.write import write_native

        return write_native(parse_ad(f"[{self.to_jdl()}]")).text

    def check(self, defaults: JdlDefaults | None = None, *, now: float = 0.0) -> Reading:
        """What the service would say of it; `now`: seconds since 1970, compared with `expires`."""
        return read_tree(tree_of(self), defaults or JdlDefaults(), now=now)


@dataclass(frozen=True)
class Job(_Described):
    """One job. Everything but `executable` may be left out.

    `arguments`: a list of words, each taken exactly, or one line for the shell. `inputs`: paths and URLs, or pairs
    (path or URL, name on the worker node). `outputs`: names, or pairs (name, URL to send it to). Sizes and time spans
    carry their units ("2 GiB", "2h 30m"). `where` and `prefer`: expressions of the ClassAd language. `data`: names of
    files in a catalogue (`lfn:...`) near which the job is to run, read by one of `data_protocols`. `before`, `after`:
    a script, or a pair (script, arguments). `sweep` makes it many: a number of jobs, a range, or a value a job;
    `_PARAM_` in any text stands for the value. `jdl`: further attributes of JDL and their expressions.
    """

    executable: str
    arguments: Words = ()
    environment: Values | None = None
    stdin: str = ""
    stdout: str = ""
    stderr: str = ""
    inputs: Names = ()
    inputs_base: str = ""
    outputs: Names = ()
    outputs_base: str = ""
    before: str | tuple[str, Words] = ""
    after: str | tuple[str, Words] = ""
    name: str = ""
    vo: str = ""
    type: str = ""
    cpus: int | None = None
    hosts: int | None = None
    cpus_per_host: int | None = None
    whole_hosts: bool | None = None
    memory: str = ""
    virtual_memory: str = ""
    wall_time: str = ""
    cpu_time: str = ""
    software: Sequence[str] = ()
    where: str = ""
    near: str = ""
    queue: str = ""
    short_queue: bool | None = None
    data: Sequence[str] = ()
    data_needs: Sequence[Mapping[str, str | Sequence[str]]] = ()
    data_protocols: Sequence[str] = ()
    data_catalogue: str = ""
    priority: int | None = None
    myproxy: str = ""
    data_out: Sequence[Mapping[str, str]] = ()
    prefer: str = ""
    fuzzy: bool | float | None = None
    retry_deep: int | None = None
    retry_shallow: int | None = None
    expires: datetime | int | None = None
    peek: bool | str | None = None
    sweep: int | range | Sequence[str | int | float] | None = None
    tags: Values | None = None
    jdl: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Jobs(_Described):
    """Many jobs as one: a collection, or a DAG when `order` or `weak_order` says which runs before which.

    `nodes`: jobs by name, or a list of jobs. `order`: pairs (before, after), one side of which may be a list of names;
    with `weak_order` the second runs although the first failed. `inputs`: files that all nodes share. What a node does
    not say for itself it has from here: `where`, `priority`, `prefer`, `outputs`, `retry_deep`, `retry_shallow`,
    `expires`, `peek`.
    """

    nodes: Mapping[str, Job] | Sequence[Job]
    order: Order = ()
    weak_order: Order = ()
    max_running: int | None = None
    name: str = ""
    vo: str = ""
    inputs: Names = ()
    outputs: Names = ()
    where: str = ""
    priority: int | None = None
    myproxy: str = ""
    prefer: str = ""
    retry_deep: int | None = None
    retry_shallow: int | None = None
    expires: datetime | int | None = None
    peek: bool | str | None = None
    tags: Values | None = None
    jdl: Mapping[str, str] | None = None


_KEYS = {
    "executable": "run.executable",
    "arguments": "run.arguments",
    "environment": "run.environment",
    "stdin": "run.stdin",
    "stdout": "run.stdout",
    "stderr": "run.stderr",
    "inputs": "files.in",
    "inputs_base": "files.in_base",
    "outputs": "files.out",
    "outputs_base": "files.out_base",
    "cpus": "needs.cpus",
    "hosts": "needs.hosts",
    "cpus_per_host": "needs.cpus_per_host",
    "whole_hosts": "needs.whole_hosts",
    "memory": "needs.memory",
    "virtual_memory": "needs.virtual_memory",
    "wall_time": "needs.wall_time",
    "cpu_time": "needs.cpu_time",
    "software": "needs.software",
    "where": "needs.where",
    "near": "needs.near",
    "queue": "needs.queue",
    "short_queue": "needs.short_queue",
    "data": "data.in",
    "data_needs": "data.needs",
    "data_protocols": "data.protocols",
    "data_catalogue": "data.catalogue",
    "data_out": "data.out",
    "retry_deep": "retry.deep",
    "retry_shallow": "retry.shallow",
}
"""Fields whose dotted keys have other names: in Python all names stand side by side."""

_FILES = {"inputs": ("from", "as"), "outputs": ("name", "to")}
"""Fields that are lists of files, and the keys of a pair in them."""

_STEPS = ("before", "after")


def tree_of(described: Any) -> Node:
    """The tree that the native form of a job or a compound gives."""
    sections: dict[str, dict[str, Node]] = {"": {}}
    for each in dataclasses.fields(described):
        value = getattr(described, each.name)
        if each.name == "sweep" and value is not None:
            sections["sweep"] = _sweep(value)
            continue
        if value is None or (value in ("", ()) and each.name not in ("executable", "nodes")):
            continue
        section, _, word = _KEYS.get(each.name, each.name).rpartition(".")
        sections.setdefault(section, {})[word] = _field(each.name, value)
    top = sections.pop("")
    return Node(top | {name: Node(inner) for name, inner in sections.items()})


def _sweep(value: Any) -> dict[str, Node]:
    if isinstance(value, range):
        return {"count": _node(value.stop), "start": _node(value.start), "step": _node(value.step)}
    return {"count": _node(value)} if isinstance(value, int) else {"values": _node(value)}


def _field(name: str, value: Any) -> Node:
    """The tree of a field; pairs become tables."""
    if name in _STEPS and isinstance(value, tuple) and len(value) == 2:
        return _table(("script", "arguments"), value)
    if name in _FILES and isinstance(value, list | tuple):
        return Node(tuple(_table(_FILES[name], item) if isinstance(item, tuple) else _node(item) for item in value))
    return _node(value)


def _table(keys: tuple[str, str], pair: tuple[Any, ...]) -> Node:
    if len(pair) != len(keys):
        raise TypeError(f"found {len(pair)} values; accepted: pairs of {keys[0]} and {keys[1]}")
    return Node({key: _node(value) for key, value in zip(keys, pair, strict=True)})


def _node(value: Any) -> Node:
    if isinstance(value, _Described):
        return tree_of(value)
    if isinstance(value, Mapping):
        return Node({str(name): _node(inner) for name, inner in value.items()})
    if isinstance(value, list | tuple):
        return Node(tuple(_node(item) for item in value))
    if isinstance(value, bool):
        return Node(value, raw="true" if value else "false")
    if isinstance(value, str | int | float | datetime):
        return Node(value, raw=str(value))
    raise TypeError(f"{type(value).__name__} is no part of a job; accepted: texts, numbers, lists, mappings")
