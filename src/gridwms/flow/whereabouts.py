"""Why a job that has a place, or had one, is where it is: the causes a user meets that are no matter of matching."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from gridwms.flow.quarantine import moment, quarantine
from gridwms.flow.quota import view
from gridwms.flow.replan import quantile
from gridwms.flow.world import World
from gridwms.jobs.events import Event, Noticed, Source
from gridwms.jobs.ids import tag_of
from gridwms.jobs.job import Attempt, Job
from gridwms.jobs.states import DoneCode, State
from gridwms.sandbox.limits import human
from gridwms.store import events as log
from gridwms.store import figures, outbox

Told = tuple[str, str]
"""A sentence, and what to do."""
NOTHING = "Nothing to do."
_DAY = 86400.0
_ENOUGH = 10
"""Queue times from which on something is said of what is usual."""
_QUIET = 3600.0


def incomplete(world: World, job: Job, what: str) -> Told:
    """Registered, and not all of its files have come."""
    quota = view(world, job.owner)
    if quota.max_bytes is not None and quota.bytes >= quota.max_bytes:
        used, most = human(quota.bytes), human(quota.max_bytes)
        return (
            f"{what}, and the quota of {job.owner} is used up ({used} of {most}): no file more is taken.",
            "Fetch and purge what is not needed any more ('gridwms quota' shows what is used), then send the files.",
        )
    return f"{what}.", "Send the files, then start it."


def at_site(world: World, job: Job, attempt: Attempt) -> Told:
    """On its way to a computing element, in its queue, or running."""
    silence = _silence(world, attempt.site)
    if silence:
        return f"It is at the site {attempt.site}, which does not answer{silence}", "The site is asked again."
    if job.cancel_requested_at is not None:
        return f"It was cancelled; the site {attempt.site} is stopping it.", NOTHING
    if job.state is State.READY:
        return _on_its_way(world, job, attempt)
    if job.state is State.SCHEDULED:
        return _queued(world, job, attempt)
    return _running(world, job, attempt)


def _silence(world: World, site: str) -> str:
    """Since when a site does not answer, and what it said; as this instance knows, or as another told."""
    told = world.database.read(lambda connection: quarantine(world, connection)).silent.get(site)
    why = world.troubles.get(site) or (told.why if told is not None and site not in world.answering else "")
    since = f" since {moment(told.since)}" if told is not None else ""
    return f"{since}: {why}" if why else ""


def _on_its_way(world: World, job: Job, attempt: Attempt) -> Told:
    waits = world.database.read(lambda connection: outbox.standing(connection, job.key, attempt.number))
    patience = int(world.settings.deliver_seconds)
    if waits is not None and waits.tries:
        return (
            f"It was handed to {attempt.site}, which has not said whether it took it (asked {_times(waits.tries)}).",
            f"Nothing to do: the site is asked again; after {patience} s in all the job is tried elsewhere, and at "
            "most one of its copies can start.",
        )
    if waits is not None and waits.before:
        return f"It was matched to {attempt.ce}; {waits.before} others go to {attempt.site} before it.", NOTHING
    return f"It was matched to {attempt.ce} and is on its way there.", NOTHING


def _queued(world: World, job: Job, attempt: Attempt) -> Told:
    now = world.clock()
    counts = world.database.read(lambda connection: figures.waits(connection, now - _DAY)).get(attempt.ce, {})
    sentence = f"The site {attempt.site} has it and will run it when a slot of {attempt.ce} is free."
    waits_for = world.waits_for.get(attempt.site, {}).get(tag_of(job.key, attempt.number))
    if waits_for:
        sentence = f"The site {attempt.site} has it, waiting at {attempt.ce}. Its batch system says: {waits_for}."
    if sum(counts.values()) < _ENOUGH:
        return sentence, NOTHING
    half, most = quantile(counts, 0.5), quantile(counts, 0.95)
    sentence += f" In the last day half of the jobs there started within {_span(half)}, 19 in 20 within {_span(most)}."
    waited = now - (attempt.delivered_at or now)
    if waited <= most:
        return sentence, NOTHING
    advice = f"It waits for {_span(waited)}, longer than usual."
    if world.settings.replan_seconds > 0:
        return sentence, f"{advice} It is moved when another place that suits it is free."
    return sentence, f"{advice} 'gridwms cancel' and submit again with Requirements that exclude this place."


def _running(world: World, job: Job, attempt: Attempt) -> Told:
    where = f"{attempt.node or 'a node'} of {attempt.site}"
    held = world.held_outputs.get(job.key)
    if held is not None:
        return (
            f"Its payload has ended on {where}; its output cannot be taken over: {held}",
            "It is tried again by itself; make room: 'gridwms quota', 'gridwms purge', or tell the operator.",
        )
    now = world.clock()
    if attempt.payload_at is None:
        since = _span(now - (attempt.running_at or now))
        return (
            f"It is on {where} for {since}; its payload has not started: its wrapper gets the input files, runs the "
            "prologue or asks for leave to start.",
            "Nothing to do, unless it takes long: 'gridwms log' tells what the wrapper said.",
        )
    sentence = f"It runs on {where}; its payload for {_span(now - attempt.payload_at)}."
    heard = _last_word(world, job)
    if heard is not None and now - heard > _QUIET:
        sentence += f" Nothing was heard of it for {_span(now - heard)}, which is usual for a payload that computes."
    return sentence, "Its files come when it ends; with PerusalFileEnable 'gridwms peek' shows them before."


def _last_word(world: World, job: Job) -> float | None:
    found = (one for one in _logged(world, job.key) if one.source in (Source.WORKER, Source.SITE))
    return max((event.time for event in found), default=None)


def done(world: World, job: Job) -> Told:
    """Ended by itself."""
    sentence = f"It is done; its exit code is {job.exit_code}."
    number = len(job.attempts)
    missing = [
        event.reason.sentence
        for event in _logged(world, job.key)
        if isinstance(event, Noticed) and event.attempt == number and event.reason.code.startswith("output_")
    ]
    if missing:
        sentence += " Of its output: " + "; ".join(missing[:5]) + "."
    if job.exit_code:
        return sentence, "The exit code is the payload's own: 'gridwms output' fetches its files, its StdError first."
    return sentence, "'gridwms output' fetches its files."


def _logged(world: World, key: str) -> Iterable[Event]:
    def read(connection: Connection) -> list[Event]:
        return [one.event for one in log.of_job(connection, key)]

    return world.database.read(read)


def is_done_well(job: Job) -> bool:
    """Whether `done` has something to say of it."""
    return job.state is State.DONE and job.done_code is DoneCode.OK


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _span(seconds: float) -> str:
    """A time span in one unit."""
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"
