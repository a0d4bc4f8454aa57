"""What A-REX tells of a job: its REST state, and the GLUE 2 activity with what the information providers saw last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gridwms.sites.contract import Phase

_PHASES = {
    "RUNNING": Phase.RUNNING,
    "EXITINGLRMS": Phase.RUNNING,
    "EXECUTED": Phase.RUNNING,
    "FINISHING": Phase.RUNNING,
    "FINISHED": Phase.ENDED,
    "FAILED": Phase.ENDED,
    "KILLED": Phase.ENDED,
    "WIPED": Phase.GONE,
}


def phase_of(state: str) -> Phase:
    """Of a state that is not known only this is sure: A-REX shows the job, so it has not ended."""
    return _PHASES.get(state, Phase.QUEUED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """`name`: empty while A-REX has not read the description. `end` 0: not told. `errors`: A-REX's own words."""

    name: str
    state: str = ""
    exit_code: int | None = None
    node: str = ""
    end: float = 0.0
    errors: str = ""


def activity_of(answer: Mapping[str, Any]) -> Activity | None:
    """Out of an answer of `action=info`; None: there is no such job."""
    document = answer.get("info_document")
    if not isinstance(document, dict):
        return None
    found = document.get("ComputingActivity")
    if not isinstance(found, dict):
        return None
    states = [one.partition(":")[2] for one in _texts(found.get("State")) if one.startswith("arcrest:")]
    code = _first(found.get("ExitCode"))
    moment = _first(found.get("ComputingManagerEndTime")) or _first(found.get("EndTime"))
    return Activity(
        name=_first(found.get("Name")),
        state=states[0] if states else "",
        exit_code=int(code) if code.lstrip("-").isdigit() else None,
        node=_first(found.get("ExecutionNode")),
        end=_seconds(moment),
        errors="; ".join(_texts(found.get("Error"))),
    )


def _texts(value: object) -> list[str]:
    """JSON that was made of XML: one is no list, and white space is none."""
    values = value if isinstance(value, list) else [value]
    return [one.strip() for one in values if isinstance(one, str) and one.strip()]


def _first(value: object) -> str:
    texts = _texts(value)
    return texts[0] if texts else ""


def _seconds(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0
