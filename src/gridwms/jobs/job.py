"""A job and its attempts as the events so far make them: the projection of the event log.

Named tuples: nothing is made and copied more often, and a frozen dataclass of this size costs five times as much.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from gridwms.jobs.accounts import account_number
from gridwms.jobs.events import EndKind
from gridwms.jobs.reasons import Reason
from gridwms.jobs.states import DoneCode, State


class Outcome(NamedTuple):
    """The wrapper's last word on an attempt."""

    exit_code: int | None
    failure: Reason | None
    time: float


class Departure(NamedTuple):
    """The site's last word on an attempt."""

    kind: EndKind
    exit_code: int | None
    reason: Reason | None
    time: float


class Attempt(NamedTuple):
    """One try at one site. Every field is merged so that the order in which reports arrive does not matter.

    What its own alone has comes last (`jobs/cohorts.py`): `receipt` and `instance`.
    """

    number: int
    site: str
    ce: str
    matched_at: float
    delivered_at: float | None = None
    refusal: Reason | None = None
    refused_at: float | None = None
    running_at: float | None = None
    node: str = ""
    node_seen: tuple[int, float] | None = None
    """Who named the node (0 the wrapper, 1 the site) and when; the least one counts."""
    payload_at: float | None = None
    outcome: Outcome | None = None
    departure: Departure | None = None
    over: bool = False
    """A decision closed it (resubmission, cancel, abort): later reports are history."""
    slots: int = 1
    receipt: str | None = None
    instance: str = ""


class Wishes(NamedTuple):
    """What failed attempts have taught about the next one. `memory_mb` 0: nothing. `avoids`: sites, each followed by a
    line end."""

    memory_mb: int = 0
    avoids: str = ""

    @property
    def sites(self) -> list[str]:
        """The sites at which it is not to be tried again."""
        return self.avoids.splitlines()


NO_WISHES = Wishes()


class Job(NamedTuple):
    """One job. Times are seconds since the epoch.

    What it alone has comes first and last (`jobs/cohorts.py`): its key, and after its attempts its place in a compound.
    """

    key: str
    owner: str
    vo: str
    description: str
    match_class: str
    retry_count: int
    shallow_retry_count: int
    submitted_at: float
    expires_at: float | None
    state: State
    state_since: float
    done_code: DoneCode | None = None
    reason: Reason | None = None
    decisions: int = 1
    """How many decisions were made about it; the next one gets this number."""
    deep_count: int = 0
    shallow_count: int = 0
    cancel_requested_at: float | None = None
    parent: int | None = None
    """The row number of the compound that it is a node of."""
    wishes: Wishes = NO_WISHES
    fqan: str = ""
    """The group, or VOMS FQAN, that its owner submitted it as."""
    priority: int = 0
    """Among the jobs of its owner; the highest goes first."""
    delegation: str = ""
    """The name of the delegation of its owner whose credentials it carries; "" for none."""
    attempts: tuple[Attempt, ...] = ()
    node: int = 0
    """Its number there."""
    node_name: str = ""
    value: str = ""
    """What takes the place of the placeholder in its description."""

    @property
    def account(self) -> int:
        """The number of the account that it is charged to."""
        return account_number(self.vo, self.fqan, self.owner)

    @property
    def exit_code(self) -> int | None:
        """The exit code of the payload in the newest attempt, where it came that far."""
        current = self.current
        return current.outcome.exit_code if current is not None and current.outcome is not None else None

    @property
    def current(self) -> Attempt | None:
        """The newest attempt, if there was one."""
        return self.attempts[-1] if self.attempts else None


def _quick_replace(kind: type[Any]) -> Callable[..., Any]:
    index = {name: place for place, name in enumerate(kind._fields)}
    new = tuple.__new__

    def replace(self: Any, /, **changes: Any) -> Any:
        values = list(self)
        for name, value in changes.items():
            values[index[name]] = value
        return new(kind, values)

    return replace


# What named tuples bring along asks for every field by its name, and takes three times as long.
for _kind in (Job, Attempt):
    setattr(_kind, "_replace", _quick_replace(_kind))  # noqa: B010 - it is a method, which types say is fixed
