"""The events of our own jobs as L&B events, in causal order, with the codes that gLite's components would pass on.

Decisions are what NetworkServer and WorkloadManager log, reports what JobController, LogMonitor (the site) and LRMS
(the wrapper) log in parallel. Our rules join reports in their own way (the wrapper's word outranks the site's); what
came out of an attempt is therefore logged once, by the LogMonitor, after all its reports. So the state machine of L&B
reaches the state of our job; only Purged it leaves to the purger, and Done (Cancelled) is Cancelled there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from gridwms.bookkeeping import sources
from gridwms.bookkeeping.event import Event, Value
from gridwms.bookkeeping.seqcode import SequenceCode, increment
from gridwms.bookkeeping.states import DoneCode, StateCode
from gridwms.jobs import events as own
from gridwms.jobs.job import Attempt, Job
from gridwms.jobs.rebuild import rebuild
from gridwms.jobs.states import State
from gridwms.jobs.verdict import settle

DEEP, SHALLOW = "token was grabbed", "token still exists"
"""What gLite's WM gives as the reason of a resubmission."""
TERMINATED, NONZERO = "Job terminated successfully", "Warning: job exit code != 0"
"""What gLite gives as the reason of an end that the service has nothing to say about."""

_ACL_PERMISSIONS = ("READ", "TAG")
"""What L&B knows: permission to see the status alone has no form there."""
_CLEAR_CODES = {"output_retrieved": "USER", "no_output": "NOOUTPUT"}


def lb_events(
    events: Iterable[own.Event],
    job_id: str,
    *,
    host: str,
    user: str,
    endpoint: str,
    jdl: str = "",
    tags: Iterable[tuple[str, str]] = (),
    parent: str = "",
) -> list[Event]:
    """The L&B events of one job. `host` and `user` are those of the service, `endpoint` its address.

    `tags`: the user tags of its description. `parent`: the id of the compound whose node it is.
    Raises what `gridwms.jobs.steps.step` raises when the events do not belong together.
    """
    known = list(events)
    job = rebuild(known)
    if job is None:
        return []
    unique = {event.id: event for event in known}.values()
    decisions = sorted((event for event in unique if isinstance(event, own.Decision)), key=lambda event: event.id)
    reports: dict[int, list[own.Report]] = defaultdict(list)
    for event in sorted(unique, key=lambda event: (event.time, event.id)):
        if isinstance(event, own.Report):
            reports[event.attempt].append(event)
    remarks = sorted((one for one in unique if isinstance(one, own.Remark)), key=lambda one: (one.time, one.id))
    writer = _Writer(job_id, host, user, job.owner, endpoint, jdl, parent)
    cancelling = False
    for place, decision in enumerate(decisions):
        cancelling = cancelling or isinstance(decision, own.CancelRequested)
        while place and remarks and remarks[0].time < decision.time:
            writer.remark(remarks.pop(0))
        writer.decision(decision)
        if isinstance(decision, own.Registered):
            for name, value in tags:
                writer.log(sources.NETWORK_SERVER, "UserTag", decision.time, name=name, value=value)
        if isinstance(decision, own.Matched):
            after = decisions[place + 1 :]
            closing = next((one for one in after if isinstance(one, _CLOSING)), None)
            wanted = cancelling or any(isinstance(one, own.CancelRequested) for one in after)
            attempt = job.attempts[decision.attempt - 1]
            outcome = _outcome(job, attempt, closing, cancelling=wanted)
            writer.attempt(attempt, reports[decision.attempt], closing, outcome)
    for remark in remarks:
        writer.remark(remark)
    return writer.out


def parent_events(
    events: Iterable[own.Event], job_id: str, *, host: str, user: str, endpoint: str, jdl: str = ""
) -> list[Event]:
    """The L&B events of one compound. What its nodes make of it are CollectionState events, as L&B has them."""
    unique = {event.id: event for event in events}.values()
    decisions = sorted((event for event in unique if isinstance(event, own.Decision)), key=lambda event: event.id)
    remarks = sorted((one for one in unique if isinstance(one, own.Remark)), key=lambda one: (one.time, one.id))
    owner = next((event.owner for event in decisions if isinstance(event, own.CompoundRegistered)), "")
    writer = _Writer(job_id, host, user, owner, endpoint, jdl, "")
    for place, decision in enumerate(decisions):
        while place and remarks and remarks[0].time < decision.time:
            writer.remark(remarks.pop(0))
        writer.whole(decision)
    for remark in remarks:
        writer.remark(remark)
    return writer.out


_Outcome = tuple[float, str, str | None, int]
"""Time, status code, reason and exit code of a Done."""

_CLOSING = (own.Resubmitted, own.Cancelled, own.Aborted, own.Cleared, own.Purged)


@dataclass(slots=True)
class _Writer:
    """Logs for one job."""

    job: str
    host: str
    user: str
    owner: str
    endpoint: str
    jdl: str
    parent: str
    out: list[Event] = field(default_factory=list)
    code: SequenceCode = field(default_factory=SequenceCode)

    def log(self, source: str, kind: str, time: float, **data: Value | None) -> None:
        """One event of a component of the service."""
        self._add(self.code, source, kind, time, self.host, self.user, data)
        self.code = increment(self.code, source)

    def _add(
        self,
        code: SequenceCode,
        source: str,
        kind: str,
        time: float,
        host: str,
        user: str,
        data: dict[str, Value | None],
    ) -> None:
        values = {name.rstrip("_"): value for name, value in data.items() if value is not None and value != ""}
        moment = round(time * 1_000_000)
        self.out.append(Event(kind, moment, self.job, source, str(code), host, user, self.endpoint, data=values))

    def decision(self, event: own.Decision) -> None:
        """A decision of ours, in the words of NetworkServer and WorkloadManager."""
        ns, wm, time = sources.NETWORK_SERVER, sources.WORKLOAD_MANAGER, event.time
        match event:
            case own.Registered():
                self.user, service = event.owner, self.user
                self.log(
                    ns,
                    "RegJob",
                    time,
                    jdl=self.jdl,
                    ns=self.endpoint,
                    parent=self.parent,
                    jobtype="SIMPLE",
                    nsubjobs=0,
                )
                self.user = service
            case own.Accepted():
                self.log(ns, "Accepted", time, from_=sources.USER_INTERFACE, from_host=self.host)
                self.log(ns, "EnQueued", time, queue="accepted", job=self.jdl, result="OK")
                self.log(wm, "DeQueued", time, queue="accepted")
            case own.Matched():
                self.log(wm, "Match", time, dest_id=event.ce)
                self.log(wm, "EnQueued", time, queue=event.site, job=self.jdl, result="OK")
            case own.Resubmitted():
                self.log(sources.LOG_MONITOR, "EnQueued", time, queue="accepted", result="OK", reason=_text(event))
                kind, reason = ("SHALLOW", SHALLOW) if event.shallow else ("WILLRESUB", DEEP)
                self.log(wm, "Resubmission", time, result=kind, reason=reason)
                self.log(wm, "DeQueued", time, queue="accepted")
            case own.CancelRequested():
                self.log(sources.LOG_MONITOR, "Cancel", time, status_code="REQ", reason=f"Cancelled by {event.by}")
            case own.Cancelled():
                self.log(sources.LOG_MONITOR, "Cancel", time, status_code="DONE", reason=_text(event))
            case own.Aborted():
                self.log(wm, "Abort", time, reason=_text(event))
            case own.Cleared():
                code = _CLEAR_CODES.get(event.reason.code, "TIMEOUT")
                self.log(sources.LOG_MONITOR, "Clear", time, reason=code)
            case own.Purged():
                self.log(sources.LOG_MONITOR, "Purge", time)

    def whole(self, event: own.Decision) -> None:
        """A decision about a compound."""
        ns, time = sources.NETWORK_SERVER, event.time
        match event:
            case own.CompoundRegistered():
                self.user, service = event.owner, self.user
                kind = "DAG" if event.kind == "dag" else "COLLECTION"
                data: dict[str, Value] = {"jdl": self.jdl, "ns": self.endpoint, "jobtype": kind}
                self.log(ns, "RegJob", time, **data, nsubjobs=event.nodes)
                self.user = service
                for name, value in event.user_tags:
                    self.log(ns, "UserTag", time, name=name, value=value)
                if event.started:
                    self.decision(own.Accepted(id="", time=time))
            case own.NodesState():
                code = None if event.done_code is None else int(DoneCode[event.done_code])
                self.log(
                    sources.LB_SERVER,
                    "CollectionState",
                    time,
                    state=StateCode[event.state].word,
                    done_code=code,
                    child=self.job,
                    child_event="CollectionState",
                )
            case own.Aborted() | own.Cancelled():
                pass  # a wish for the nodes, which tell themselves what became of it
            case _:
                self.decision(event)

    def remark(self, event: own.Remark) -> None:
        """What a user or a program said."""
        time = event.time
        self.user, service = event.by, self.user
        match event:
            case own.Tagged():
                self.log(sources.APPLICATION, "UserTag", time, name=event.name, value=event.value)
            case own.AccessChanged() if event.permission in _ACL_PERMISSIONS:
                self.log(
                    sources.APPLICATION,
                    "ChangeACL",
                    time,
                    user_id=event.who,
                    user_id_type=event.id_type,
                    permission=event.permission,
                    permission_type="ALLOW" if event.allow else "DENY",
                    operation="ADD" if event.added else "REMOVE",
                )
            case own.Noted():
                self.log(sources.APPLICATION, event.lb_type, time, **event.fields)
        self.user = service

    def attempt(
        self, attempt: Attempt, reports: list[own.Report], closing: own.Decision | None, outcome: _Outcome | None
    ) -> None:
        """All reports about an attempt, and what came out of it."""
        monitor, controller = sources.LOG_MONITOR, sources.JOB_CONTROLLER
        handed = any(isinstance(report, own.Delivered | own.Running | own.PayloadStarted) for report in reports)
        if handed:
            self.log(controller, "Transfer", attempt.matched_at, **_to(sources.LOG_MONITOR, self.host, "OK", self.jdl))
        worker = self.code
        shallow = isinstance(closing, own.Resubmitted) and closing.shallow
        for report in reports:
            if report.source is own.Source.WORKER:
                worker = self._from_worker(worker, report, attempt, shallow=shallow)
            else:
                self._from_site(report, attempt)
        if outcome is not None:
            time, code, reason, exit_code = outcome
            self.log(monitor, "Done", time, status_code=code, reason=reason, exit_code=exit_code)

    def _from_site(self, report: own.Report, attempt: Attempt) -> None:
        monitor, time = sources.LOG_MONITOR, report.time
        match report:
            case own.Delivered():
                self.log(
                    monitor,
                    "Accepted",
                    time,
                    from_=sources.JOB_CONTROLLER,
                    from_host=self.host,
                    local_jobid=report.receipt,
                )
                self.log(
                    monitor,
                    "Transfer",
                    time,
                    **_to(sources.LRMS, attempt.ce, "OK", self.jdl),
                    dest_jobid=report.receipt,
                )
            case own.Refused():
                self.log(
                    monitor,
                    "Transfer",
                    time,
                    **_to(sources.LRMS, attempt.ce, "REFUSED", self.jdl),
                    reason=_text(report),
                )
            case own.Running():
                self.log(monitor, "Running", time, node=report.node or attempt.ce)
            case own.Ended():
                self.log(monitor, "UserTag", time, name="left_site", value=str(report.kind))
            case own.Noticed():
                self.log(monitor, "UserTag", time, name="notice", value=_text(report))

    def _from_worker(self, code: SequenceCode, report: own.Report, attempt: Attempt, *, shallow: bool) -> SequenceCode:
        """The wrapper's events have a code of their own that goes on beside that of the service.

        A payload that started after its attempt was given up for a shallow retry would make L&B take that attempt
        for the one that counts, so it is only noted.
        """
        lrms, node, time = sources.LRMS, attempt.node or attempt.ce, report.time
        entries: list[tuple[str, dict[str, Value | None]]] = []
        match report:
            case own.Running():
                entries.append(("Running", {"node": report.node or attempt.ce}))
            case own.PayloadStarted() if shallow:
                entries.append(("UserTag", {"name": "notice", "value": "the payload started after a shallow retry"}))
            case own.PayloadStarted():
                entries.append(("ReallyRunning", {"wn_seq": str(code)}))
            case own.Noticed():
                entries.append(("UserTag", {"name": "notice", "value": _text(report)}))
            case own.Finished():
                units = {"real": "s", "user": "s", "system": "s", "memory": "KiB"}
                entries += [
                    ("ResourceUsage", {"resource": name, "quantity": float(amount), "unit": units.get(name, "1")})
                    for name, amount in report.usage.items()
                ]
                failure = report.failure.sentence if report.failure is not None else None
                status = "OK" if failure is None else "FAILED"
                entries.append(("Done", {"status_code": status, "reason": failure, "exit_code": report.exit_code or 0}))
        for kind, data in entries:
            self._add(code, lrms, kind, time, node, self.owner, data)
            code = increment(code, lrms)
        return code


def _to(destination: str, host: str, result: str, job: str) -> dict[str, Value | None]:
    return {"destination": destination, "dest_host": host, "result": result, "job": job}


def _text(event: own.Resubmitted | own.Cancelled | own.Aborted | own.Refused | own.Noticed) -> str:
    return event.reason.sentence


def _outcome(job: Job, attempt: Attempt, closing: own.Decision | None, *, cancelling: bool) -> _Outcome | None:
    """The Done that an attempt comes to; None when it did not end so."""
    if isinstance(closing, own.Resubmitted):
        return closing.time, "FAILED", closing.reason.sentence, 0
    if isinstance(closing, own.Cancelled):
        return None
    came_to = settle(_with_only(job, attempt, cancelling=cancelling))
    if came_to.state is not State.DONE or came_to.done_code is None:
        return None
    reason = came_to.reason.sentence if came_to.reason is not None else None
    if reason is None and came_to.done_code.value == DoneCode.OK.name:
        reason = NONZERO if came_to.exit_code else TERMINATED
    return came_to.state_since, came_to.done_code.value, reason, came_to.exit_code or 0


def _with_only(job: Job, attempt: Attempt, *, cancelling: bool) -> Job:
    """The job as if this attempt were all that it had."""
    return Job(
        key=job.key,
        owner=job.owner,
        vo=job.vo,
        description=job.description,
        match_class=job.match_class,
        retry_count=job.retry_count,
        shallow_retry_count=job.shallow_retry_count,
        submitted_at=job.submitted_at,
        expires_at=job.expires_at,
        state=State.READY,
        state_since=attempt.matched_at,
        cancel_requested_at=0.0 if cancelling else None,
        attempts=(attempt,),
    )
