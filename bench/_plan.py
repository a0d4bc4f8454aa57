"""What is measured for docs/performance.md, and what is promised of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Run:
    """A benchmark with its arguments; `quick` is for a look, `full` for the record."""

    name: str
    quick: str
    full: str


RUNS = (
    Run("classad/columns", "", ""),
    Run("classad/pull", "", ""),
    Run("match/matching", "1000 10000", "1000 10000 100000"),
    Run("submission", "1000", "1000 100000 1000000"),
    Run("waiting", "1000 10000", "1000 10000 100000 1000000"),
    Run("simulated", "5000", "20000"),
    Run("local", "300", "2000"),
    Run("ingest", "5000", "50000"),
    Run("bookkeeping/ingest", "200", "1000"),
    Run("bookkeeping/parents", "", ""),
    Run("queries", "100000", "10000000"),
    Run("stream", "20 1000", "100 5000"),
    Run("never_lost", "1 8 2", "4 24 5"),
    Run("peers", "300", "2000"),
)


@dataclass(frozen=True, slots=True)
class Budget:
    """What one figure must reach. `most`: it must not be above; else not below. `floor`: what bounds it, where known."""

    claim: str
    run: str
    figure: str
    n: int | None
    limit: float
    most: bool
    floor: str = ""


BUDGETS = (
    Budget("one job against 10,000 resources, known snapshot (ms)", "classad/columns", "one job against all, warm", 10_000, 0.1, True),
    Budget("one job against 10,000 resources, new snapshot (ms)", "classad/columns", "one job against all, cold", 10_000, 2, True),
    Budget("one resource pulls from 1,000,000 waiting jobs (ms)", "classad/pull", "one pull, a resource never seen", None, 0.2, True),
    Budget(
        "accept 100,000 jobs of one parametric description, durable (s)", "submission", "submission.parametric.time", 100_000, 2, True,
        "two rows and two events a job: SQLite alone takes about 1 s for them",
    ),
    Budget(
        "whole life beside 1,000 waiting jobs (jobs/s)", "waiting", "waiting.rate", 1_000, 5000, False,
        "the interpreter: see `waiting.processor`, all of it under one lock",
    ),
    Budget("whole life beside 1,000,000 waiting jobs (jobs/s)", "waiting", "waiting.rate", 1_000_000, 5000, False, "as above"),
    Budget(
        "real /bin/true at the local site (jobs/s)", "local", "local.plain.done", None, 150, False,
        "one shell with its fork and exec: 450/s on two cores",
    ),
    Budget("memory of the service a waiting job (bytes)", "waiting", "waiting.memory", 1_000_000, 300, True),
    Budget("restart with 1,000,000 waiting jobs (s)", "waiting", "waiting.restart", 1_000_000, 10, True),
    Budget(
        "events of wrappers taken in, durable (events/s)", "ingest", "ingest.sets", None, 20_000, False,
        "the interpreter: see `ingest.processor`",
    ),
    Budget("status of one job with 10,000,000 events stored (ms)", "queries", "queries.status", 10_000_000, 2, True),
    Budget("state and histogram of a parent of 100,000 (ms)", "bookkeeping/parents", "bookkeeping.state", 100_000, 20, True),
    Budget("jobs lost or run twice when services are killed", "never_lost", "never_lost.wrong", None, 0, True),
)  # fmt: skip
