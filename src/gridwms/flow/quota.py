"""How much a user may have at the service at once: said before it is reached, refused with what to do when it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from gridwms.describe.problem import Problem, Severity
from gridwms.flow.errors import FlowError
from gridwms.flow.world import Quota, World
from gridwms.sandbox.limits import human
from gridwms.store import usage as rows

WARN = 0.8
"""The share of a quota from which on a submission is answered with a warning."""
_ADVICE = (
    "Fetch and purge what you do not need any more ('gridwms output', 'gridwms purge'; 'gridwms quota' shows what you "
    "use), or ask the operator for more."
)


class OverQuota(FlowError):
    """A user has as much at the service as is allowed."""

    code = "over_quota"


class TooManyWaiting(FlowError):
    """A user has as many jobs waiting as is allowed."""

    code = "too_many_waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaView:
    """What a user has, and may have (None: any amount): bytes and files of sandboxes, jobs that wait."""

    owner: str
    bytes: int
    files: int
    waiting: int
    max_bytes: int | None
    max_files: int | None
    max_waiting: int | None


def view(world: World, owner: str) -> QuotaView:
    """The quota of a user, and what is used of it."""
    quota, used = world.settings.quota_of(owner), world.usage.of(owner)
    return QuotaView(
        owner=owner,
        bytes=used.bytes,
        files=used.files,
        waiting=world.database.read(lambda connection: rows.waiting(connection, owner)),
        max_bytes=quota.bytes,
        max_files=quota.files,
        max_waiting=quota.waiting,
    )


def admit(world: World, owner: str) -> tuple[Problem, ...]:
    """Whether a user may hand in anything more: warnings when that ends soon. Raises OverQuota."""
    quota, used = world.settings.quota_of(owner), world.usage.of(owner)
    if quota.bytes is not None and used.bytes >= quota.bytes:
        raise _over(human(used.bytes), human(quota.bytes))
    if quota.files is not None and used.files >= quota.files:
        raise _over(f"{used.files} files", f"{quota.files}")
    return tuple(_warnings(quota, used))


def check_waiting(connection: Connection, world: World, owner: str, new: int) -> tuple[Problem, ...]:
    """Whether `new` jobs more may wait, in the transaction that makes them. Raises TooManyWaiting."""
    most = world.settings.quota_of(owner).waiting
    if most is None or not new:
        return ()
    waiting = rows.waiting(connection, owner, most)
    if waiting + new > most:
        shown = f"more than {most}" if waiting > most else str(waiting)
        raise TooManyWaiting(
            f"You have {shown} jobs waiting, and {most} are allowed at once: {_counted(new)} more would be too many. "
            "Nothing was submitted.",
            "Submit again when some of them run, cancel what you do not need, or ask the operator for more.",
        )
    return (_near(f"{waiting + new} jobs waiting", str(most)),) if waiting + new >= WARN * most else ()


def room(world: World, owner: str) -> Callable[[int], None]:
    """A check for an upload: takes the bytes by which it grows, raises OverQuota when they are too many."""
    quota, used = world.settings.quota_of(owner), world.usage.of(owner)
    if quota.files is not None and used.files >= quota.files:
        raise _over(f"{used.files} files", f"{quota.files}")

    def check(grown: int) -> None:
        if quota.bytes is not None and used.bytes + grown > quota.bytes:
            raise OverQuota(
                f"This file is too much for your quota: your sandboxes have {human(used.bytes)} of "
                f"{human(quota.bytes)}.",
                _ADVICE,
            )

    return check


def _warnings(quota: Quota, used: rows.Used) -> Iterator[Problem]:
    if quota.bytes is not None and used.bytes >= WARN * quota.bytes:
        yield _near(f"{human(used.bytes)} in your sandboxes", human(quota.bytes))
    if quota.files is not None and used.files >= WARN * quota.files:
        yield _near(f"{used.files} files in your sandboxes", str(quota.files))


def _near(used: str, allowed: str) -> Problem:
    return Problem(
        severity=Severity.WARNING,
        code="quota",
        message=f"You have {used} of the {allowed} that you may have; beyond that, submissions are refused. {_ADVICE}",
    )


def _over(used: str, allowed: str) -> OverQuota:
    return OverQuota(
        f"Your sandboxes have {used}, and {allowed} are allowed: nothing more is taken until there is room.", _ADVICE
    )


def _counted(count: int) -> str:
    return "1 job" if count == 1 else f"{count} jobs"
