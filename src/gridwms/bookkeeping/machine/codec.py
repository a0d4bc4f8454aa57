"""How far a job has come, as plain data and back: what a database keeps beside the events.

Only what has been set is written. Adding a field keeps old records readable; after a change of the rules themselves
`VERSION` is raised, and what was written by another version is computed anew from the events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from gridwms.bookkeeping.machine.memory import Branch, Memory
from gridwms.bookkeeping.machine.record import Progress
from gridwms.bookkeeping.seqcode import CondorCode, PbsCode, SequenceCode
from gridwms.bookkeeping.states import (
    CreamState,
    DoneCode,
    JobType,
    SandboxRetrieved,
    StateCode,
    VmState,
    WrapperStatus,
)
from gridwms.bookkeeping.status import GROUPS

VERSION = 1


class UnreadableProgress(Exception):
    """The data were not written by this version."""


def _pairs(value: Any) -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name, text in value)


_READERS: dict[str, Callable[[Any], Any]] = {
    "state": StateCode,
    "jobtype": JobType,
    "done_code": DoneCode,
    "sandbox_retrieved": SandboxRetrieved,
    "jw_status": WrapperStatus,
    "user_tags": _pairs,
    "state_enter_times": tuple,
    "children_hist": tuple,
    "possible_destinations": tuple,
    "possible_ce_nodes": tuple,
    "user_fqans": tuple,
    "children": tuple,
    "pbs.resource_requested": _pairs,
    "pbs.resource_usage": _pairs,
    "cream.state": CreamState,
    "cream.done_code": DoneCode,
    "cream.jw_status": WrapperStatus,
    "machine.state": VmState,
}
_CODES: dict[str, Callable[..., Any]] = {
    "last": SequenceCode,
    "last_cancel": SequenceCode,
    "selected": SequenceCode,
    "last_on_branch": SequenceCode,
    "floor": SequenceCode,
    "pbs_last": PbsCode,
    "condor_last": CondorCode,
}
_PLAIN = ("granted", "taken", "resubmission", "pbs_rerunning")


def progress_data(progress: Progress) -> dict[str, Any]:
    """Progress as JSON types."""
    memory = progress.memory
    data: dict[str, Any] = {"version": VERSION, "fields": _fields_data(memory.fields)}
    for name in _CODES:
        if (code := getattr(memory, name)) is not None:
            data[name] = list(code)
    for name in _PLAIN:
        value = getattr(memory, name)
        if value is not None and value is not False:
            data[name] = value
    if memory.branches:
        data["branches"] = [[row.counter, row.destination, row.ce_node, row.jdl] for row in memory.branches]
    if memory.tag_codes:
        data["tag_codes"] = {name: list(code) for name, code in memory.tag_codes.items()}
    if progress.newest is not None:
        family, code, *rest = progress.newest
        data["newest"] = [family, list(code), *rest]
    return data


def _fields_data(values: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in values.items():
        if name in GROUPS:
            record = {one.name: getattr(value, one.name) for one in fields(value)}
            out[name] = {field: _plain(one) for field, one in record.items() if one is not None}
        else:
            out[name] = _plain(value)
    return out


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value)
    return str(value)


def read_progress(data: Mapping[str, Any]) -> Progress:
    """The reverse. Raises UnreadableProgress."""
    if data.get("version") != VERSION:
        raise UnreadableProgress(f"written by version {data.get('version')!r}, this is {VERSION}")
    try:
        return _read(data)
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableProgress(f"the record of a job cannot be read: {error!r}") from error


def _read(data: Mapping[str, Any]) -> Progress:
    values: dict[str, Any] = {name: make(*data[name]) for name, make in _CODES.items() if name in data}
    values |= {name: data[name] for name in _PLAIN if name in data}
    status = {name: _read_field(name, value) for name, value in data["fields"].items()}
    branches = tuple(Branch(*row) for row in data.get("branches", ()))
    tags = {name: SequenceCode(*code) for name, code in data.get("tag_codes", {}).items()}
    newest = data.get("newest")
    place = None if newest is None else (newest[0], tuple(newest[1]), *newest[2:])
    return Progress(Memory(fields=status, branches=branches, tag_codes=tags, **values), place)


def _read_field(name: str, value: Any) -> Any:
    if name in GROUPS:
        record = {field: _read_value(f"{name}.{field}", one) for field, one in value.items()}
        return GROUPS[name][1](**record)
    return _read_value(name, value)


def _read_value(name: str, value: Any) -> Any:
    reader = _READERS.get(name)
    return value if reader is None or value is None else reader(value)
