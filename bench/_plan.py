"""What is measured for docs/performance.md, and what is promised of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Run:
    """A benchmark with its arguments; `quick` is for a look, `full` for the record. `seconds`: when it is given up."""

    name: str
    quick: str
    full: str
    seconds: float = 900


RUNS = (
    Run("classad/columns", "1000 10000", "1000 10000"),
    Run("classad/pull", "", ""),
    Run("market/bdii", "500", "5000"),
    Run("match/matching", "1000 10000", "1000 10000 100000"),
    Run("match/data", "1000 100", "10000 1000"),
    Run("match/first", "1000 10000", "1000 10000 100000"),
    Run("match/classes", "100000 100 10000", "100000 100 10000"),
    Run("submission", "1000", "1000 100000 1000000"),
    Run("share", "10000 100", "100000 1000"),
    Run("waiting", "1000 10000", "1000 10000 100000 1000000"),
    Run("simulated", "5000", "20000"),
    Run("local", "300", "2000"),
    Run("ingest", "5000", "50000"),
    Run("bookkeeping/ingest", "200", "1000"),
    Run("bookkeeping/parents", "", ""),
    Run("queries", "100000", "10000000"),
    Run("stream", "20 1000", "100 5000"),
    Run("never_lost", "1 8 2", "20 60 10", 4 * 3600),
    Run("peers", "300", "2000"),
)


@dataclass(frozen=True, slots=True)
class Budget:
    """What one figure must reach. `most`: not be above it; else not below. `bound`: what bounds it."""

    claim: str
    most: bool
    limit: float
    run: str
    figure: str
    n: int | None = None
    bound: str = ""


_AT_MOST, _AT_LEAST = True, False
_PYTHON = "the interpreter, all of it under one lock"

BUDGETS = (
    Budget(
        "a BDII of 5,000 computing elements in the market (s)",
        _AT_MOST, 6, "market/bdii", "bdii, the first round: in the market after", 47_503,
    ),
    Budget(
        "matching is held up while all of it changes (ms)",
        _AT_MOST, 10, "market/bdii", "bdii, everything changed: a match is held up at most", 47_503,
    ),
    Budget(
        "processor time of a round in which 1 % changed (s)",
        _AT_MOST, 0.6, "market/bdii", "bdii, 1 % changed: processor time", 47_503,
    ),
    Budget(
        "one job against 10,000 resources, known snapshot (ms)",
        _AT_MOST, 0.1, "classad/columns", "one job against all, warm", 10_000,
    ),
    Budget(
        "100,000 jobs in 100 classes against 10,000 resources, each given a place (s)",
        _AT_MOST, 1, "match/classes", "matching.classes", 100_000,
    ),
    Budget(
        "one job against 10,000 resources, new snapshot (ms)",
        _AT_MOST, 2, "classad/columns", "one job against all, cold", 10_000,
    ),
    Budget(
        "one resource pulls from 1,000,000 waiting jobs (ms)",
        _AT_MOST, 0.2, "classad/pull", "one pull, a resource never seen",
    ),
    Budget(
        "accept 100,000 jobs of one parametric description, durable (s)",
        _AT_MOST, 2, "submission", "submission.parametric.time", 100_000,
        "a row and an event or two for each job, and SQLite's indexes of them",
    ),
    Budget(
        "whole life beside 1,000 waiting jobs (jobs/s)",
        _AT_LEAST, 5000, "waiting", "waiting.rate", 1_000, f"{_PYTHON}: see `waiting.processor`",
    ),
    Budget(
        "whole life beside 1,000,000 waiting jobs (jobs/s)",
        _AT_LEAST, 5000, "waiting", "waiting.rate", 1_000_000, f"{_PYTHON}: see `waiting.processor`",
    ),
    Budget(
        "real /bin/true at the local site (jobs/s)",
        _AT_LEAST, 150, "local", "local.plain.done", None,
        "a shell for each job, with its fork and exec, and what the service does meanwhile on the same processors",
    ),
    Budget("memory of the service a waiting job (bytes)", _AT_MOST, 300, "waiting", "waiting.memory", 1_000_000),
    Budget("restart with 1,000,000 waiting jobs (s)", _AT_MOST, 10, "waiting", "waiting.restart", 1_000_000),
    Budget(
        "events of wrappers taken in, durable (events/s)",
        _AT_LEAST, 20_000, "ingest", "ingest.sets", None, f"{_PYTHON}: see `ingest.processor`",
    ),
    Budget("status of one job, 10,000,000 events stored (ms)", _AT_MOST, 2, "queries", "queries.status", 10_000_000),
    Budget("status of a parent of 100,000 nodes beside them (ms)", _AT_MOST, 20, "queries", "queries.parent", 100_000),
    Budget("jobs lost or run twice when services are killed", _AT_MOST, 0, "never_lost", "never_lost.wrong"),
)  # fmt: skip
