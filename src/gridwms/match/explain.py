"""A verdict in words: the reason why nothing was chosen, and a line a condition. Numbers first, worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gridwms.jobs.reasons import Reason, reason
from gridwms.match.capacity import deliverable
from gridwms.match.misses import Miss
from gridwms.match.verdict import ClauseCount, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One condition. `side`: "job" for the job's Requirements, "resource" for the resources' own, "policy" for the
    service's. `relaxed`: the clause with other values, and how many resources each would open."""

    side: str
    clause: str
    rejects: int
    alone: int
    false: int
    undefined: int
    error: int
    text: str
    relaxed: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """`reason` is None when at least one resource that a site leads to matches and has a rank."""

    reason: Reason | None
    summary: str
    considered: int
    matching: int
    deliverable: int
    lines: tuple[Line, ...]
    misses: tuple[Miss, ...] = ()


def explain(verdict: Verdict) -> Explanation:
    """The whole explanation; conditions that reject nothing are left out."""
    lines = [
        *(_line("job", count, verdict.considered) for count in verdict.clauses if count.rejects),
        *(_line("resource", count, verdict.considered) for count in verdict.refusals),
        *(_line("policy", count, verdict.considered) for count in verdict.policies if count.rejects),
    ]
    lines.sort(key=lambda line: (-line.alone, -line.rejects))
    led_to = deliverable(verdict.candidates)
    return Explanation(
        reason=reason_of(verdict),
        summary=_summary(verdict, led_to),
        considered=verdict.considered,
        matching=verdict.matching,
        deliverable=led_to,
        lines=tuple(lines),
        misses=verdict.misses,
    )


def best_change(lines: Sequence[Mapping[str, Any]]) -> str:
    """The single change that would open the most resources: a clause relaxed, if that opens as many, or left out.

    `lines`: as JSON types, the most telling first. "" when no single change would open any.
    """
    opening = [line for line in lines if line["alone"]]
    if not opening:
        return ""
    most = max(opening, key=lambda line: line["alone"])
    for clause, opens in most["relaxed"]:
        if opens == most["alone"]:
            return f"{clause} instead of {most['clause']} would open {_resources(opens)}."
    what = {"job": "Without", "resource": "If they did not ask for", "policy": "Without the service's policy"}
    return f"{what[most['side']]} {most['clause']} {_resources(most['alone'])} more would match."


def code_of(verdict: Verdict) -> str | None:
    """The code of the reason why no resource of this verdict can be chosen, or None when one can."""
    if verdict.considered == 0:
        return "no_resources"
    if verdict.matching == 0:
        return "no_match"
    if not len(verdict.candidates):
        return "no_rank"
    return None if deliverable(verdict.candidates) else "not_deliverable"


def reason_of(verdict: Verdict) -> Reason | None:
    """The reason itself, which takes counting."""
    match code_of(verdict):
        case "no_match":
            return reason("no_match", considered=verdict.considered, clause=_culprit(verdict))
        case "no_rank":
            return reason("no_rank", matching=verdict.matching)
        case "not_deliverable":
            return reason("not_deliverable", matching=verdict.matching, ce=verdict.candidates[0].ce_id)
        case None:
            return None
        case code:
            return reason(code)


def _culprit(verdict: Verdict) -> str:
    """The condition whose loss would open the most; else the one that rejects the most."""
    counts: Sequence[ClauseCount] = (*verdict.clauses, *verdict.refusals, *verdict.policies)
    if not counts:
        return "no condition"
    worst = max(counts, key=lambda count: (count.alone, count.rejects))
    if worst.alone:
        return f"{worst.clause} alone rejects {worst.alone}"
    return f"{worst.clause} rejects {worst.rejects}"


def _summary(verdict: Verdict, led_to: int) -> str:
    if verdict.considered == 0:
        return "The market holds no resource at all."
    meet = "meets" if verdict.matching == 1 else "meet"
    parts = [f"{verdict.matching} of {_resources(verdict.considered)} {meet} the requirements"]
    if verdict.unranked:
        parts.append(f"{len(verdict.unranked)} of these have no numeric rank")
    if led_to < len(verdict.candidates):
        parts.append(f"a configured site leads to {led_to} of them")
    return "; ".join(parts) + "."


_SUBJECTS = {
    "job": "The job's clause",
    "resource": "The resources' own clause",
    "policy": "The service's policy",
}


def _line(side: str, count: ClauseCount, considered: int) -> Line:
    subject = _SUBJECTS[side]
    text = f"{subject} {count.clause} rejects {count.rejects} of {_resources(considered)}"
    causes = [
        f"{number} {words}"
        for number, words in (
            (count.false, "because it is false"),
            (count.undefined, "because something it needs is not published"),
            (count.error, "because its types do not fit"),
        )
        if number
    ]
    if len(causes) > 1 or not count.false:
        text += f" ({', '.join(causes)})"
    if count.alone:
        text += f"; without it {count.alone} more would match"
    if count.relaxed:
        text += ", " + ", ".join(f"{opens} with {clause}" for clause, opens in count.relaxed)
    return Line(
        side=side,
        clause=count.clause,
        rejects=count.rejects,
        alone=count.alone,
        false=count.false,
        undefined=count.undefined,
        error=count.error,
        text=text + ".",
        relaxed=count.relaxed,
    )


def _resources(number: int) -> str:
    return f"{number} resource" if number == 1 else f"{number} resources"
