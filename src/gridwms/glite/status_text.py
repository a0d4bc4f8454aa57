"""What `glite-wms-job-status` prints of a job (gLite reference §8.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from gridwms.bookkeeping.states import (
    JOB_TYPE_NUMBERS,
    DoneCode,
    JobType,
    SandboxRetrieved,
    StateCode,
    WrapperStatus,
)
from gridwms.glite.wording import WIDTH, clock_moment, stripe

BANNER = "======================= glite-wms-job-status Success ====================="
_STATED, _SHOWN, _TEXT = 20, 27, 16
"""To how many signs labels are padded."""
_ORDER = (
    *("acl", "cancelReason", "cancelling", "ce_node", "children", "children_num", "condorId", "cpuTime"),
    *("destination", "done_code", "expectFrom", "expectUpdate", "failure_reasons", "globusId", "jobtype"),
    *("lastUpdateTime", "localId", "location", "network_server", "owner", "payload_running", "possible_ce_nodes"),
    *("possible_destinations", "resubmitted", "seed", "stateEnterTime", "subjob_failed", "suspend_reason"),
    *("suspended", "user_tags", "remove_from_proxy", "ui_host", "user_fqans", "sandbox_retrieved", "jw_status"),
    *("isb_transfer", "osb_transfer", "payload_owner", "access_rights", "history"),
)
_GROUPS = ("pbs_", "condor_", "cream_", "ft_", "vm_")
_NOT_IN_GROUPS = frozenset({"condor_jdl"})
_CODES: dict[str, type[IntEnum]] = {
    "done_code": DoneCode,
    "cream_done_code": DoneCode,
    "sandbox_retrieved": SandboxRetrieved,
    "jw_status": WrapperStatus,
    "cream_jw_status": WrapperStatus,
}
_MOMENTS = frozenset({"stateEnterTime", "lastUpdateTime"})


@dataclass(slots=True)
class Shown:
    """A job to be printed. `reasons`: of its Done events. `name`: of a node. `nodes`: those to print below it."""

    data: Mapping[str, Any]
    reasons: Sequence[str] = ()
    name: str = ""
    nodes: list[Shown] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The job's id."""
        return str(self.data.get("jobId") or "")

    @property
    def state(self) -> str:
        """Its word."""
        return str(self.data.get("state") or "")

    @property
    def state_text(self) -> str:
        """`Done (Success)`."""
        return str(self.data.get("state_text") or self.state)

    @property
    def submitted(self) -> float | None:
        """When it was."""
        return (self.data.get("stateEnterTimes") or {}).get("Submitted")


def wants_reasons(data: Mapping[str, Any]) -> bool:
    """Whether the reasons of Done events are told of such a job."""
    state = data.get("state")
    if state == "Done":
        return data.get("state_text") != "Done (Exit Code !=0)"
    return state in ("Aborted", "Cancelled")


def told_reasons(shown: Shown) -> Sequence[str]:
    """Those that are printed: of a Done job only when there are several."""
    if not wants_reasons(shown.data):
        return ()
    return shown.reasons if len(shown.reasons) >= (2 if shown.state == "Done" else 1) else ()


def job_block(shown: Shown, level: int) -> str:
    """A job with its nodes."""
    text = f"\n{BANNER}\nBOOKKEEPING INFORMATION:\n\n" + _one(shown, level, 0)
    if level == 0:
        return text + "".join(_below(node, level, 1) for node in shown.nodes)
    text += f"{stripe(WIDTH)}\n"
    if shown.nodes:
        text += f"\n- Nodes information for: {f'{shown.id}:' if level > 1 else ''}\n"
        text += "".join(_below(node, level, 1) for node in shown.nodes)
    return f"{text}\n"


def _below(shown: Shown, level: int, depth: int) -> str:
    text = _one(shown, level, depth) + (f"{stripe(WIDTH)}\n" if level else "")
    if shown.nodes:
        text += f"\n{'    ' * depth}- Nodes information for: {f'{shown.id}:' if level > 1 else ''}\n"
    return text + "".join(_below(node, level, depth + 1) for node in shown.nodes) + ("\n" if level else "")


def _one(shown: Shown, level: int, depth: int) -> str:
    lines = [f"Status info for the Job : {shown.id}", _stated("Current Status:", shown.state_text)]
    if level:
        lines += _main_lines(shown, level, depth)
    if level > 1:
        lines += ["---", "", *_attribute_lines(shown.data)]
    if level > 2:
        lines += ["---", *_text_lines(shown.data), ""]
    indent = "    " * depth
    return "".join(f"{indent}{line}\n" if line else "\n" for line in lines)


def _stated(label: str, value: str) -> str:
    return label.ljust(_STATED) + value


def _main_lines(shown: Shown, level: int, depth: int) -> list[str]:
    data = shown.data
    lines = []
    if reasons := told_reasons(shown):
        lines += ["Logged Reason(s):", *(f"    - {one}" for one in reasons)]
    if shown.state == "Done":
        lines.append(_stated("Exit code:", str(data.get("exit_code") or 0)))
    for label, name in (("Status Reason:", "reason"), ("Destination:", "destination")):
        if value := data.get(name):
            lines.append(_stated(label, str(value)))
    since = shown.submitted
    lines.append(_stated("Submitted:", clock_moment(since) if since else "---"))
    if (parent := data.get("parent_job")) and (not depth or level > 2):
        lines.append(_stated("Parent Job:", str(parent)))
    if shown.name:
        lines.append(_stated("Node Name:", shown.name))
    return lines


def attributes(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and values of all attributes that are set, as level 2 has them."""
    groups = sorted(name for name in data if name.startswith(_GROUPS) and name not in _NOT_IN_GROUPS)
    pairs = ((name, _value(name, data.get(name))) for name in (*_ORDER, *groups))
    return [(_label(name), value) for name, value in pairs if value]


def _attribute_lines(data: Mapping[str, Any]) -> Iterable[str]:
    return [f"- {label.ljust(_SHOWN)}=    {value}" for label, value in attributes(data)]


def _label(name: str) -> str:
    return name.replace("_", " ").lower().capitalize()


def _value(name: str, value: Any) -> str:
    """ "" where it is not set; booleans and codes are numbers."""
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if name in _MOMENTS:
        return clock_moment(float(value))
    if name in _CODES and value in _CODES[name].__members__:
        return str(int(_CODES[name][value]))
    if name == "jobtype" and value in JobType.__members__:
        return str(JOB_TYPE_NUMBERS[JobType[value]])
    if isinstance(value, Mapping):
        return "".join(f"{key}={one};" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def _text_lines(data: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    if value := data.get("condor_jdl"):
        lines += [f"- {'Condor jdl'.ljust(24)}=    {value}"]
    if histogram := data.get("children_hist"):
        counts = [f"{_INDENT}{state.ljust(16)} : {count}" for state, count in histogram.items()]
        lines += [_heading("Children hist"), *counts]
    for label, name in (("Jdl", "jdl"), ("Matched jdl", "matched_jdl"), ("Rsl", "rsl")):
        if value := data.get(name):
            lines += [_heading(label), *jdl_lines(str(value))]
    times = data.get("stateEnterTimes") or {}
    lines.append(_heading("Stateentertimes"))
    for state in list(StateCode)[1:]:
        when = times.get(state.word)
        lines.append(f"{_INDENT}{state.word.ljust(16)} : {clock_moment(when) if when else chr(9) * 2 + '---'}")
    return lines


_INDENT = " " * 6


def _heading(label: str) -> str:
    return f"- {label.ljust(_TEXT)}=   "


def jdl_lines(text: str) -> list[str]:
    """A description, indented, one attribute a line."""
    from gridwms.classad import ClassAdSyntaxError, parse_ad, unparse

    try:
        ad = parse_ad(text, jdl=True)
    except (ClassAdSyntaxError, RecursionError):
        return [_INDENT, *(f"{_INDENT} {line}" for line in text.splitlines())]
    inner = "; \n".join(f"{_INDENT}  {name} = {unparse(ad[name])}" for name in ad)
    return [_INDENT, f"{_INDENT} [", *inner.splitlines(), f"{_INDENT} ]"]


def json_entry(shown: Shown, level: int) -> dict[str, Any]:
    """A job for programs; the key that holds the moment is the word of the state."""
    data = shown.data
    entry: dict[str, Any] = {"Current Status": shown.state_text.replace("Done (", "Done(")}
    if level:
        if reasons := told_reasons(shown):
            entry["Logged Reason"] = {str(at): one for at, one in enumerate(reasons)}
        if shown.state == "Done":
            entry["Exit code"] = str(data.get("exit_code") or 0)
        for key, name in (("Status Reason", "reason"), ("Destination", "destination")):
            if value := data.get(name):
                entry[key] = str(value)
        if since := shown.submitted:
            entry["Submitted"] = clock_moment(since)
        if entered := (data.get("stateEnterTimes") or {}).get(shown.state):
            # Of a job that is only submitted the moment is there already, for people.
            entry.setdefault(shown.state, str(int(entered)))
        if parent := data.get("parent_job"):
            entry["Parent Job"] = str(parent)
        if shown.name:
            entry["Node Name"] = shown.name
    if level > 1:
        entry |= {label: value for label, value in attributes(data) if label not in entry}
    if level > 2:
        texts = (("Jdl", "jdl"), ("Matched jdl", "matched_jdl"), ("Condor jdl", "condor_jdl"), ("Rsl", "rsl"))
        entry |= {label: str(data[name]) for label, name in texts if data.get(name)}
        entry["Stateentertimes"] = {name: str(int(at)) for name, at in (data.get("stateEnterTimes") or {}).items()}
    return entry
