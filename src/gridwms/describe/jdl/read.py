"""JDL text to a checked description. Every check runs, so that all problems are told at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from gridwms.classad import ClassAd, ClassAdSyntaxError, parse_ad_tolerant
from gridwms.describe.description import Description
from gridwms.describe.jdl.attributes import ATTRIBUTES, Kind
from gridwms.describe.jdl.defaults import STORED, JdlDefaults
from gridwms.describe.jdl.draft import MAX_PROBLEMS, Draft, one_line, shown
from gridwms.describe.jdl.duplicates import check_duplicates
from gridwms.describe.jdl.environment import read_environment, read_tags
from gridwms.describe.jdl.expressions import check_expressions, requirements_of
from gridwms.describe.jdl.inputs import read_inputs
from gridwms.describe.jdl.kinds import check_kind
from gridwms.describe.jdl.names import control_trouble
from gridwms.describe.jdl.outputs import read_outputs
from gridwms.describe.jdl.processors import processor_clauses, read_cpus
from gridwms.describe.jdl.programs import read_executable, read_standard_input, read_step
from gridwms.describe.jdl.streams import read_streams
from gridwms.describe.jdl.text import decode, has_too_many_tokens
from gridwms.describe.jdl.values import read_values
from gridwms.describe.problem import Problem, Severity

MAX_ATTRIBUTES = 10_000
_NAME = re.compile(r"(?:^|[;\[])[ \t]*+([A-Za-z_]\w*+)\s*+=(?![=?!])", re.MULTILINE)
"""Where an attribute begins, good enough to name the one that a syntax error is in."""


@dataclass(frozen=True, slots=True)
class JdlReading:
    """What was read. `description` is None exactly when a problem is an error; problems in the order of the text."""

    description: Description | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity is Severity.WARNING)


def read_jdl(text: bytes | str, defaults: JdlDefaults, *, now: float) -> JdlReading:
    """Read and check one JDL text.

    `now`: seconds since the epoch, compared with ExpiryTime; when an accepted text is read again later, pass the
    time at which it was accepted. Never raises, whatever the text.
    """
    decoded, unreadable = decode(text, defaults.max_bytes)
    if unreadable:
        return JdlReading(None, (unreadable,))
    if not decoded.strip():
        return JdlReading(None, (_plain("empty", "the text is empty; accepted: a JDL, such as Executable = ..."),))
    if has_too_many_tokens(decoded, defaults.max_tokens):
        sentence = f"the text has more than {defaults.max_tokens:,} words and signs; accepted: at most so many"
        return JdlReading(None, (_plain("too_large", sentence),))
    try:
        ad, wrong = parse_ad_tolerant(decoded, jdl=True)
    except RecursionError:
        return JdlReading(
            None, (_plain("syntax", "the nesting of brackets is too deep; accepted: a few hundred levels"),)
        )
    draft = Draft(ad=ad, defaults=defaults, now=now)
    draft.problems.extend(_syntax_problem(error, decoded) for error in wrong[:MAX_PROBLEMS])
    draft.dropped = max(0, len(wrong) - MAX_PROBLEMS)
    draft.refused = bool(wrong)
    if len(ad) > MAX_ATTRIBUTES:
        text_of = f"found {len(ad):,} attributes; accepted: at most {MAX_ATTRIBUTES:,}"
        return JdlReading(None, (*draft.problems, _plain("too_many", text_of)))
    if wrong:
        draft.bad.update(_damaged(decoded, ad))
    else:
        check_duplicates(draft, decoded)
    description = None if wrong and not ad else _describe(draft)
    return JdlReading(None if draft.refused else description, _in_order(draft))


def read_stored(text: str) -> Description | None:
    """The description that `write_jdl` wrote; None when the text is no longer one. Nothing is added or limited."""
    return read_jdl(text, STORED, now=0.0).description


def _describe(draft: Draft) -> Description | None:
    read_values(draft)
    if not check_kind(draft):
        return None
    vo = _vo(draft)
    inputs, on_node = read_inputs(draft)
    outputs = read_outputs(draft)
    executable = read_executable(draft, on_node)
    prologue, prologue_arguments = read_step(draft, "Prologue", on_node)
    epilogue, epilogue_arguments = read_step(draft, "Epilogue", on_node)
    std_input = read_standard_input(draft, on_node)
    std_output, std_error = read_streams(draft, outputs)
    environment, tags = read_environment(draft), read_tags(draft)
    cpus = read_cpus(draft)
    clauses = processor_clauses(draft, cpus)
    check_expressions(draft)
    expires_at, fuzzy, peek_seconds = _expiry(draft), _fuzzy_factor(draft), _peek_seconds(draft)
    submit_to = _submit_to(draft)
    if draft.refused:
        return None
    requirements, rank = requirements_of(draft, clauses), draft.ad.get("Rank", draft.defaults.rank)
    given_retry, given_shallow = draft.number("RetryCount"), draft.number("ShallowRetryCount")
    retry = draft.defaults.retry_count if given_retry is None else given_retry
    shallow = draft.defaults.shallow_retry_count if given_shallow is None else given_shallow
    filled = {
        "VirtualOrganisation": vo,
        "Requirements": requirements,
        "Rank": rank,
        "RetryCount": retry,
        "ShallowRetryCount": shallow,
        "PerusalTimeInterval": peek_seconds or None,
        "Environment": tuple(f"{name}={value}" for name, value in environment) or None,
    }
    return Description(
        ad=_complete(draft, filled),
        vo=vo,
        executable=executable,
        requirements=requirements,
        rank=rank,
        arguments=draft.text("Arguments"),
        std_input=std_input,
        std_output=std_output,
        std_error=std_error,
        environment=environment,
        inputs=inputs,
        outputs=outputs,
        prologue=prologue,
        prologue_arguments=prologue_arguments,
        epilogue=epilogue,
        epilogue_arguments=epilogue_arguments,
        retry_count=retry,
        shallow_retry_count=shallow,
        expires_at=expires_at,
        fuzzy_rank=draft.flag("FuzzyRank"),
        fuzzy_factor=fuzzy,
        submit_to=submit_to,
        peek=draft.flag("PerusalFileEnable"),
        peek_seconds=peek_seconds,
        cpus=cpus,
        hosts=draft.number("HostNumber") or 0,
        smp_granularity=draft.number("SMPGranularity") or 0,
        whole_nodes=draft.flag("WholeNodes"),
        user_tags=tags,
    )


def _complete(draft: Draft, filled: dict[str, object]) -> ClassAd:
    """The ad with defaults filled in, and lists where lists are meant: all that is needed to read it again."""
    done = {name.lower() for name in filled}
    filled |= {n: value for n, value in draft.values.items() if n not in done and ATTRIBUTES[n].kind is Kind.TEXTS}
    return draft.ad.with_({name: value for name, value in filled.items() if value is not None})  # type: ignore[misc]


def _vo(draft: Draft) -> str:
    vo = draft.text("VirtualOrganisation") or draft.defaults.vo
    allowed = draft.defaults.vos
    trouble = control_trouble(vo)
    if trouble:
        draft.error("bad_value", "VirtualOrganisation", f"{shown(vo)} {trouble}", found=vo, accepted="the name of a VO")
    if not vo and draft.good("VirtualOrganisation"):
        draft.error("missing", "VirtualOrganisation", "is mandatory here", accepted="the name of your VO")
    elif allowed is not None and vo not in allowed:
        draft.error(
            "not_allowed",
            "VirtualOrganisation",
            f"found {shown(vo)}, of which you are no member",
            found=vo,
            accepted=", ".join(sorted(allowed)) or "none",
        )
    return vo


def _expiry(draft: Draft) -> float | None:
    expiry = draft.number("ExpiryTime")
    if expiry is None:
        return None
    if expiry <= draft.now:
        accepted = f"seconds since 1970, later than now ({int(draft.now)})"
        draft.error("out_of_range", "ExpiryTime", f"{_date(expiry)} is past", found=str(expiry), accepted=accepted)
    return float(expiry)


def _date(seconds: int) -> str:
    try:
        return f"{seconds} ({datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC)"
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def _fuzzy_factor(draft: Draft) -> float:
    """FuzzyFactor, or its older spelling fuzzy_factor; 1 when it is not given (gLite reference §2.4)."""
    for name in ("FuzzyFactor", "fuzzy_factor"):
        value = draft.values.get(name.lower())
        if isinstance(value, int | float):
            if not draft.flag("FuzzyRank"):
                draft.warning("no_effect", name, "has no effect without FuzzyRank = true")
            return float(value)
    return 1.0


def _peek_seconds(draft: Draft) -> int:
    """The interval, never below the service's least; 0 when files are not watched (gLite reference §1.2)."""
    interval = draft.number("PerusalTimeInterval")
    if not draft.flag("PerusalFileEnable"):
        if interval:
            draft.warning("no_effect", "PerusalTimeInterval", "has no effect without PerusalFileEnable = true")
        return 0
    if not interval:
        return draft.defaults.peek_seconds
    if interval < draft.defaults.peek_least:
        draft.warning(
            "raised",
            "PerusalTimeInterval",
            f"{interval} s is raised to {draft.defaults.peek_least} s, the shortest that is served",
            found=str(interval),
        )
    return max(interval, draft.defaults.peek_least)


def _submit_to(draft: Draft) -> str:
    """The id of a computing element; whether it exists is found out when the job is matched."""
    target = draft.text("SubmitTo")
    trouble = control_trouble(target) or ("contains a blank" if " " in target else "")
    if trouble:
        draft.error(
            "bad_value", "SubmitTo", f"{shown(target)} {trouble}", found=target, accepted="host:port/service-lrms-queue"
        )
    return target


def _damaged(text: str, ad: ClassAd) -> set[str]:
    """Known attributes that the text seems to set, but that did not survive a syntax error: nothing is said of them."""
    seen = {name.lower() for name in re.findall(r"\b([A-Za-z_]\w*+)\s*+=(?!=)", text)}
    return {name for name in seen if name in ATTRIBUTES and name not in ad}


def _syntax_problem(error: ClassAdSyntaxError, text: str) -> Problem:
    lines = text.splitlines(keepends=True)[: error.line]
    before = "".join(lines[:-1])[-10_000:] + (lines[-1][: error.column - 1] if lines else "")
    names = _NAME.findall(before)
    sentence = " ".join(one_line(error.message).split())
    return Problem(
        severity=Severity.ERROR,
        code="syntax",
        message=f"{names[-1]}: {sentence}" if names else sentence,
        line=error.line,
        column=error.column,
        attribute=names[-1] if names else "",
        found=error.found,
        accepted=error.expected,
    )


def _plain(code: str, message: str) -> Problem:
    return Problem(severity=Severity.ERROR, code=code, message=message)


def _in_order(draft: Draft) -> tuple[Problem, ...]:
    problems = sorted(
        draft.problems, key=lambda problem: (problem.line, problem.column) if problem.line else (1 << 30, 0)
    )
    if draft.dropped:
        more = f"{draft.dropped} more problems are not listed; correct these first"
        severity = Severity.ERROR if draft.refused else Severity.WARNING
        problems.append(Problem(severity=severity, code="too_many", message=more))
    return tuple(problems)
