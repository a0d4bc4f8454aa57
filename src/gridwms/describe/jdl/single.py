"""One job: every attribute of a draft checked, and the description that comes of it."""

from __future__ import annotations

from datetime import UTC, datetime

from gridwms.classad import ClassAd
from gridwms.describe.description import Description
from gridwms.describe.jdl.attributes import ATTRIBUTES, Kind
from gridwms.describe.jdl.data import read_data
from gridwms.describe.jdl.draft import Draft, shown
from gridwms.describe.jdl.environment import read_environment, read_tags
from gridwms.describe.jdl.expressions import check_expressions, requirements_of
from gridwms.describe.jdl.inputs import read_inputs
from gridwms.describe.jdl.job_type import MPI_RANK, mpi_of, read_start, start_clauses
from gridwms.describe.jdl.kinds import check_kind
from gridwms.describe.jdl.names import control_trouble
from gridwms.describe.jdl.output_data import REPORT, read_output_data
from gridwms.describe.jdl.outputs import read_destinations, read_outputs
from gridwms.describe.jdl.processors import check_processors, processor_clauses, read_cpus
from gridwms.describe.jdl.programs import read_executable, read_standard_input, read_step
from gridwms.describe.jdl.renewal import read_myproxy
from gridwms.describe.jdl.streams import read_streams
from gridwms.describe.jdl.values import read_values


def describe(draft: Draft) -> Description | None:
    read_values(draft)
    if not check_kind(draft):
        return None
    vo = read_vo(draft)
    inputs, on_node = read_inputs(draft)
    outputs, targets = read_outputs(draft), read_destinations(draft)
    executable = read_executable(draft, on_node)
    prologue, prologue_arguments = read_step(draft, "Prologue", on_node)
    epilogue, epilogue_arguments = read_step(draft, "Epilogue", on_node)
    std_input = read_standard_input(draft, on_node)
    std_output, std_error = read_streams(draft, outputs)
    environment, tags = read_environment(draft), read_tags(draft)
    start = read_start(draft)
    cpus = read_cpus(draft)
    check_processors(draft)
    data, output_data = read_data(draft, vo), read_output_data(draft, vo)
    check_expressions(draft)
    expires_at, fuzzy, peek_seconds = read_expiry(draft), _fuzzy_factor(draft), _peek_seconds(draft)
    submit_to = _submit_to(draft)
    if draft.refused:
        return None
    if output_data:
        outputs, targets = (*outputs, REPORT), (*targets, "") if targets else ()
    ad = _complete(draft, vo, cpus, environment, peek_seconds)
    requirements, rank = ad["Requirements"], ad["Rank"]
    retry, shallow = _retries(draft)
    return Description(
        ad=ad,
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
        output_targets=targets,
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
        priority=draft.number("Priority") or 0,
        myproxy=read_myproxy(draft),
        peek=draft.flag("PerusalFileEnable"),
        peek_seconds=peek_seconds,
        cpus=cpus,
        hosts=draft.number("HostNumber") or 0,
        smp_granularity=draft.number("SMPGranularity") or 0,
        whole_nodes=draft.flag("WholeNodes"),
        mpi=start.mpi,
        interactive=start.interactive,
        terminal=start.terminal,
        container=start.container,
        data=data,
        output_data=output_data,
        user_tags=tags,
    )


def completed(draft: Draft) -> ClassAd:
    """The ad as `describe` would complete it, without a look at whether it is right."""
    read_values(draft)
    cpus = read_cpus(draft)
    return _complete(draft, read_vo(draft), cpus, read_environment(draft), _peek_seconds(draft))


def _complete(draft: Draft, vo: str, cpus: int, environment: tuple[tuple[str, str], ...], peek_seconds: int) -> ClassAd:
    """The ad with defaults filled in, and lists where lists are meant: all that is needed to read it again.

    An attribute with a bad value stays as it is written.
    """
    retry, shallow = _retries(draft)
    filled: dict[str, object] = {
        "VirtualOrganisation": vo,
        "Requirements": requirements_of(draft, [*processor_clauses(draft, cpus), *start_clauses(draft)]),
        "Rank": draft.ad.get("Rank", MPI_RANK if mpi_of(draft) else draft.defaults.rank),
        "RetryCount": retry,
        "ShallowRetryCount": shallow,
        "PerusalTimeInterval": peek_seconds or None,
        "Environment": tuple(f"{name}={value}" for name, value in environment) or None,
    }
    done = {name.lower() for name in filled}
    filled |= {n: value for n, value in draft.values.items() if n not in done and ATTRIBUTES[n].kind is Kind.TEXTS}
    good = {name: value for name, value in filled.items() if value is not None and draft.good(name)}
    return draft.ad.with_(good)  # type: ignore[arg-type]


def _retries(draft: Draft) -> tuple[int, int]:
    deep, shallow = draft.number("RetryCount"), draft.number("ShallowRetryCount")
    return (
        draft.defaults.retry_count if deep is None else deep,
        draft.defaults.shallow_retry_count if shallow is None else shallow,
    )


def read_vo(draft: Draft) -> str:
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


def read_expiry(draft: Draft) -> float | None:
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
