"""Following a set of jobs until each has reached what is waited for. Pure: the clients bring the news."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gridwms.client.answers import Event, Job
from gridwms.client.errors import TimedOut

Until = Callable[[Job], bool]


def over(job: Job) -> bool:
    """What is waited for when nothing else is said: the system has nothing left to do for the job."""
    return job.is_over


@dataclass(slots=True)
class Following:
    """`keys` that are still waited for, and the jobs as they were seen last."""

    keys: set[str]
    until: Until = over
    jobs: dict[str, Job] = field(default_factory=dict)
    _touched: set[str] = field(default_factory=set)

    def still_time(self, left: float | None) -> None:
        """Raise TimedOut when no seconds are left (None: no end)."""
        if left is None or left > 0:
            return
        what = "1 job has" if len(self.keys) == 1 else f"{len(self.keys)} jobs have"
        raise TimedOut(
            f"The time is up, and {what} not got there.", "They go on; wait again, or look with 'gridwms why'."
        )

    def look(self) -> list[str]:
        """Whose state has to be asked for: at first everybody's, then those of whom there was news."""
        asked = sorted((self._touched if self.jobs else self.keys) & self.keys)
        self._touched = set()
        return asked

    def heard(self, event: Event) -> bool:
        """Take an event in; whether it concerns a job that is waited for."""
        concerned = event.key in self.keys
        if concerned:
            self._touched.add(event.key)
        return concerned

    def reconnected(self) -> None:
        """News may have been missed: ask for everybody again."""
        self._touched = set(self.keys)

    def seen(self, jobs: Iterable[Job]) -> list[Job]:
        """Take states in; the jobs that changed, once each. Those that reached their end are waited for no more."""
        changed = []
        for job in jobs:
            before = self.jobs.get(job.key)
            if before is None or _shown(before) != _shown(job):
                changed.append(job)
            self.jobs[job.key] = job
            if self.until(job):
                self.keys.discard(job.key)
        return changed


def _shown(job: Job) -> tuple[object, ...]:
    return (job.state, job.done_code, job.attempt, job.cancel_requested, job.reason)
