"""Runs the plan and writes docs/performance.md: `tools/bench --all [quick|full] [NAME …]`, `tools/bench --report`.

What each run printed is kept in bench/results, with the machine it ran on; the report is made from that alone.
"""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench._plan import BUDGETS, RUNS, Budget, Run
from bench.submission import fsyncs

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "bench" / "results"
REPORT = ROOT / "docs" / "performance.md"

Figure = dict[str, Any]


def main() -> None:
    words = sys.argv[1:]
    if words[:1] == ["--report"]:
        REPORT.write_text(report(), encoding="utf-8")
        return
    full = "full" in words
    names = set(words) - {"--all", "quick", "full"}
    for run in RUNS:
        if not names or run.name in names:
            measure(run, run.full if full else run.quick)
    REPORT.write_text(report(), encoding="utf-8")


def measure(run: Run, arguments: str) -> None:
    """Run one benchmark and keep what it printed. One that fails keeps what there was before."""
    began = time.perf_counter()
    print(f"{run.name} {arguments}".strip(), file=sys.stderr, flush=True)
    try:
        done = subprocess.run(
            [sys.executable, str(ROOT / "bench" / f"{run.name}.py"), *arguments.split()],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"},
            capture_output=True,
            text=True,
            check=False,
            timeout=run.seconds,
        )
    except subprocess.TimeoutExpired:
        print(f"{run.name} was stopped after {run.seconds} s", file=sys.stderr)
        return
    figures = [line for line in done.stdout.splitlines() if line.startswith('{"name"')]
    if done.returncode or not figures:
        print(f"{run.name} failed:\n{done.stderr[-2000:]}", file=sys.stderr)
        return
    print("\n".join(figures), flush=True)
    head = machine() | {"arguments": arguments, "seconds": round(time.perf_counter() - began)}
    path = RESULTS / f"{run.name.replace('/', '-')}.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([json.dumps(head), *figures]) + "\n", encoding="utf-8")


def machine() -> dict[str, str]:
    """What the figures depend on."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    with tempfile.TemporaryDirectory() as directory:
        syncs = fsyncs(Path(directory))
    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": f"{len(os.sched_getaffinity(0))} x {models[0].split(':')[1].strip() if models else 'unknown'}",
        "memory": f"{memory:.0f} GiB",
        "disk": f"{syncs:.0f} syncs/s",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": f"{platform.system()} {platform.release()}",
    }


def report() -> str:
    """The page, from the results that are kept."""
    kept = {run.name: _kept(run) for run in RUNS}
    parts = [_HEAD, "## Promised and measured\n", "| what | promised | measured | reached |\n|---|---|---|---|"]
    parts += [_judged(budget, kept[budget.run][1]) for budget in BUDGETS]
    missed = [budget for budget in BUDGETS if _value(budget, kept[budget.run][1]) is not None and budget.bound]
    parts += ["\nWhat bounds those that have not been reached:\n"]
    parts += [f"- {one.claim}: {one.bound}." for one in missed if not _reached(one, kept[one.run][1])]
    parts += ["\n## All figures"]
    for run in RUNS:
        head, figures = kept[run.name]
        if not figures:
            continue
        parts += [f"\n### {run.name}\n", _about(run), _where(head), "| figure | n | value | |\n|---|---|---|---|"]
        parts += [f"| {one['name']} | {one['n']:,} | {one['value']:,} | {one['unit']} |" for one in figures]
    return "\n".join(parts) + "\n"


_HEAD = """\
# Performance

Made by `tools/bench --all full` from what the scripts in `bench/` measured; do not edit. `tools/bench NAME` repeats one
of them, `tools/bench --all quick` takes a few minutes for all. Each script says at its top what it measures and how.
"""


def _kept(run: Run) -> tuple[Figure, list[Figure]]:
    path = RESULTS / f"{run.name.replace('/', '-')}.jsonl"
    if not path.exists():
        return {}, []
    head, *figures = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return head, figures


def _value(budget: Budget, figures: list[Figure]) -> float | None:
    found = [one["value"] for one in figures if one["name"] == budget.figure and budget.n in (None, one["n"])]
    return found[-1] if found else None


def _reached(budget: Budget, figures: list[Figure]) -> bool:
    value = _value(budget, figures)
    return value is not None and (value <= budget.limit if budget.most else value >= budget.limit)


def _judged(budget: Budget, figures: list[Figure]) -> str:
    value = _value(budget, figures)
    promised = f"{'at most' if budget.most else 'at least'} {budget.limit:,}"
    if value is None:
        return f"| {budget.claim} | {promised} | not measured | |"
    return f"| {budget.claim} | {promised} | {value:,} | {'yes' if _reached(budget, figures) else '**no**'} |"


def _about(run: Run) -> str:
    text = (ROOT / "bench" / f"{run.name}.py").read_text(encoding="utf-8")
    return text.split('"""')[1].split("\n")[0] + "\n"


def _where(head: Figure) -> str:
    return (
        f"{head['date']}, {head['processor']}, {head['memory']}, disk {head['disk']}, Python {head['python']}, SQLite "
        f"{head['sqlite']}, {head['system']}; arguments: {head['arguments'] or 'none'}; {head['seconds']} s.\n"
    )


if __name__ == "__main__":
    main()
