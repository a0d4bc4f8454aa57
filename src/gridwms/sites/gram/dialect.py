"""What is said to a Globus gatekeeper, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from shlex import quote

from gridwms.classad import ClassAd
from gridwms.sites.batch import BatchSettings, Need, State
from gridwms.sites.batch.glue import Queue, queue_ad, section
from gridwms.sites.contract import Phase

_RUNNING = ("ACTIVE", "SUSPENDED", "STAGE_OUT")
_WAITING = ("PENDING", "UNSUBMITTED", "STAGE_IN")


@dataclass(frozen=True, slots=True, kw_only=True)
class GramDialect:
    """`contact`: host:port/jobmanager-<system>. `slots`: how many jobs it is taken to run, which it does not tell."""

    contact: str
    slots: int

    @property
    def kind(self) -> str:
        """As in ids of computing elements."""
        return "gram"

    @property
    def first(self) -> int:
        """There are no arrays: each attempt is number 0 of its batch."""
        return 0

    @property
    def functions(self) -> str:
        """The file gram.sh, and what differs from gatekeeper to gatekeeper."""
        text = resources.files("gridwms.sites.gram").joinpath("gram.sh").read_text("utf-8")
        return f"{text}gw_contact={quote(self.contact)}\n"

    def refuses(self, need: Need) -> str:
        """What RSL has no word for."""
        if need.whole_nodes:
            return "a gatekeeper cannot be asked for whole hosts (WholeNodes)"
        if need.smp_granularity and need.cpus > need.smp_granularity:
            return "a gatekeeper cannot be asked for processors a host (SMPGranularity)"
        return ""

    def head(self, batch: str, need: Need, count: int, comment: str, settings: BatchSettings) -> str:
        """Lines of RSL. What is to be staged out has to be there in the end, and be it empty."""
        rsl = [f"(count={need.cpus})"] if need.cpus > 1 else []
        rsl += ["(job_type=single)"] + ([] if need.queue == DEFAULT else [f"(queue={need.queue})"])
        if need.nodes > 1:
            rsl.append(f"(host_count={need.nodes})")
        if need.wall_seconds is not None:
            rsl.append(f"(max_wall_time={max(1, -(-need.wall_seconds // 60))})")
        if need.memory_mb is not None:
            # Job managers for Condor read the first, those for PBS, LSF and Grid Engine the second.
            rsl.append(f"(min_memory={need.memory_mb})(max_memory={need.memory_mb})")
        script = [
            "gw_index=0 gw_task=gram",
            'export GRIDWMS_GRACE="${GRIDWMS_GRACE:-2}"',  # the job manager for fork kills five seconds after its TERM
            ": >e0",
            ": >o0",
            f"gw_scratch={quote(settings.scratch)} gw_flat=1 gw_last_call=",
            "",
        ]
        return "\n".join(("#!/bin/sh", f"# {comment}", *(f"#RSL {one}" for one in (*rsl, *settings.options)), *script))

    def states(self, lines: Sequence[str]) -> dict[str, State]:
        """Lines "job|state"."""
        found: dict[str, State] = {}
        for line in lines:
            job, _, name = line.partition("|")
            if name in _RUNNING:
                found[job] = State(phase=Phase.RUNNING)
            elif name == "FAILED":
                found[job] = State(phase=Phase.ENDED, text="GRAM says that it failed")
            elif name and name != "DONE":
                found[job] = State(phase=Phase.QUEUED)
        return found

    def describe(self, lines: Sequence[str], settings: BatchSettings) -> list[ClassAd]:
        """One ad a queue that is configured: a gatekeeper tells nothing of the system behind it."""
        states = [line.partition("|")[2] for line in section(lines, "jobs")]
        running = sum(state in _RUNNING for state in states)
        waiting = sum(state in _WAITING for state in states)
        free = max(0, self.slots - running - waiting)
        return [
            queue_ad(
                Queue(name=name, slots=self.slots, free=free, running=running, waiting=waiting), settings, self.kind, ""
            )
            for name in settings.queues or (DEFAULT,)
        ]


DEFAULT = "default"
"""The queue that the job manager takes when none is named."""
