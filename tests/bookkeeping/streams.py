"""Realistic streams of events, in the order in which things happened, with the codes that the components pass on."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

from gridwms.bookkeeping import sources
from gridwms.bookkeeping.event import Event, Value
from gridwms.bookkeeping.machine.record import Progress, advance, recompute
from gridwms.bookkeeping.seqcode import PbsCode, SequenceCode, increment

JOB = "https://lb.example.org:9000/AAAAAAAAAAAAAAAAAAAAAA"
OWNER = "/C=XX/O=Grid/CN=Ann"
START = 1_300_000_000_000_000

UI, NS, WM = sources.USER_INTERFACE, sources.NETWORK_SERVER, sources.WORKLOAD_MANAGER
JC, LM, LRMS, APP = sources.JOB_CONTROLLER, sources.LOG_MONITOR, sources.LRMS, sources.APPLICATION
HOSTS = {UI: "ui", LRMS: "wn", APP: "wn"}


class Clock:
    """Time that only goes on; every host has its own error."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.now = START
        self.errors: dict[str, int] = {}

    def read(self, host: str) -> int:
        self.now += self.rng.randrange(1, 5_000_000)
        return self.now + self.errors.setdefault(host, self.rng.randrange(-60_000_000, 60_000_000))


class Chain:
    """A sequence code on its way; `fork` is what two components start from at the same time."""

    def __init__(self, clock: Clock, out: list[Event], code: SequenceCode | None = None, job: str = JOB) -> None:
        self.clock = clock
        self.out = out
        self.code = code or SequenceCode()
        self.job = job

    def fork(self) -> Chain:
        return Chain(self.clock, self.out, self.code, self.job)

    def log(self, source: str, kind: str, **data: Value) -> Event:
        host = HOSTS.get(source, "wms")
        event = Event(
            kind,
            self.clock.read(host),
            self.job,
            source,
            str(self.code),
            host,
            OWNER if source in (UI, APP, LRMS) else "/CN=wms",
            f"{source.lower()}:1",
            data={name.rstrip("_"): value for name, value in data.items()},
        )
        self.out.append(event)
        self.code = increment(self.code, source)
        return event


def registered(chain: Chain, **data: Value) -> None:
    chain.log(UI, "RegJob", **({"jdl": "[]", "ns": "wms:7443", "jobtype": "SIMPLE", "nsubjobs": 0} | data))


def accepted(chain: Chain) -> None:
    chain.log(NS, "Accepted", from_=UI, from_host="ui.example.org", from_instance="", local_jobid="")
    chain.log(NS, "EnQueued", queue="/var/jobdir", job="[a=1]", result="START")
    chain.log(NS, "EnQueued", queue="/var/jobdir", job="[a=1]", result="OK")
    chain.log(WM, "DeQueued", queue="/var/jobdir", local_jobid="")


def handed_over(chain: Chain, ce: str) -> None:
    chain.log(WM, "Match", dest_id=ce)
    chain.log(WM, "EnQueued", queue="/var/jc", job=f"[ce={ce}]", result="START")
    chain.log(WM, "EnQueued", queue="/var/jc", job=f"[ce={ce}]", result="OK")
    chain.log(JC, "DeQueued", queue="/var/jc", local_jobid="")
    chain.log(JC, "Transfer", destination=LM, dest_host="wms", result="START", job="condor")
    chain.log(JC, "Transfer", destination=LM, dest_host="wms", dest_instance="x", result="OK", job="condor")


def at_site(rng: random.Random, chain: Chain, node: str, *, payload: bool, code: str, exit_code: int = 0) -> None:
    """The monitor and the wrapper log side by side from the same code."""
    worker, monitor = chain.fork(), chain
    monitor.log(LM, "Accepted", from_=JC, from_host="wms", local_jobid="123.0")
    monitor.log(LM, "Transfer", destination=LRMS, dest_host="ce", dest_instance="q", result="OK", job="rsl")
    if rng.random() < 0.5:
        worker.log(LRMS, "Accepted", from_=LM, from_host="wms", local_jobid="globus/1")
    worker.log(LRMS, "Running", node=node)
    monitor.log(LM, "Running", node=node)
    if payload:
        token = str(worker.code)
        worker.log(LRMS, "ReallyRunning", wn_seq=token)
        if rng.random() < 0.5:
            worker.log(APP, "UserTag", name="Phase", value=rng.choice(("one", "two")))
        if rng.random() < 0.5:
            worker.log(LRMS, "ResourceUsage", resource="cpu", quantity=1.5, unit="s")
        if rng.random() < 0.7:
            monitor.log(LM, "ReallyRunning", wn_seq=token)
        if rng.random() < 0.2:
            monitor.log(LM, "Suspend", reason="held")
            monitor.log(LM, "Resume", reason="released")
    if rng.random() < 0.8:
        worker.log(LRMS, "Done", status_code=code, reason="wrapper", exit_code=exit_code)
    monitor.log(LM, "Done", status_code=code, reason=f"{code} at {node}", exit_code=exit_code)


def simple(rng: random.Random) -> tuple[list[Event], str]:
    """A job of the WMS, with resubmissions; returns its stream and the name of the state it ends in."""
    out: list[Event] = []
    chain = Chain(Clock(rng), out)
    registered(chain)
    accepted(chain)
    if rng.random() < 0.2:
        chain.log(WM, "Pending", reason="no compatible resources")
    for cycle in range(rng.choice((1, 1, 2, 3, 4))):
        handed_over(chain, f"ce{cycle}")
        payload = rng.random() < 0.6
        last = rng.random() < 0.5
        ok = last and payload
        at_site(rng, chain, f"wn{cycle}", payload=payload, code="OK" if ok else "FAILED", exit_code=cycle)
        if ok:
            break
        if cycle == 3:
            break
        chain.log(WM, "Resubmission", result="WILLRESUB" if payload else "SHALLOW", reason="failed", tag="")
    return out, finish(rng, chain, ok=ok)


def finish(rng: random.Random, chain: Chain, *, ok: bool) -> str:
    """What may follow the last cycle."""
    choice = rng.random()
    if choice < 0.25:
        if ok:
            chain.log(NS, "Clear", reason="USER")
            if rng.random() < 0.5:
                chain.log(NS, "Purge")
            return "Cleared"
        chain.log(WM, "Resubmission", result="WONTRESUB", reason="hit max", tag="")
        chain.log(WM, "Abort", reason="hit job retry count (3)")
        return "Aborted"
    if choice < 0.5 and not ok:
        request = chain.fork()
        request.log(NS, "Cancel", status_code="REQ", reason="user")
        request.log(WM, "Cancel", status_code="REQ", reason="user")
        chain.log(LM, "Cancel", status_code="DONE", reason="user")
        return "Cancelled"
    if choice < 0.6:
        chain.log(UI, "ChangeACL", user_id="/CN=Bob", user_id_type="DN", permission="READ", permission_type="ALLOW")
    return "Done"


def cream_in_wms(rng: random.Random) -> list[Event]:
    """A job of the WMS that went to CREAM."""
    out: list[Event] = []
    chain = Chain(Clock(rng), out)
    registered(chain)
    accepted(chain)
    handed_over(chain, "cream-ce")
    _cream_events(rng, chain)
    return out


def cream(rng: random.Random) -> list[Event]:
    """A job that was given to CREAM directly: its codes never change."""
    out: list[Event] = []
    chain = Chain(Clock(rng), out)
    chain.log(sources.CREAM_INTERFACE, "RegJob", jdl="[]", ns="https://cream:8443", jobtype="CREAM", nsubjobs=0)
    _cream_events(rng, chain)
    return out


def _cream_events(rng: random.Random, chain: Chain) -> None:
    interface, executor = sources.CREAM_INTERFACE, sources.CREAM_EXECUTOR
    clock = chain.clock
    clock.errors = dict.fromkeys((*clock.errors, "wms"), 0)
    chain.log(interface, "CREAMAccepted", local_jobid="CREAM123")
    chain.log(interface, "CREAMStore", command="CMDSTART", result="START", cmdid="7")
    chain.log(interface, "CREAMStore", command="CMDSTART", result="OK", cmdid="7")
    chain.log(executor, "CREAMCall", callee=LRMS, command="CMDSTART", result="OK", reason="")
    states = ["IDLE", "RUNNING", "REALLY-RUNNING", rng.choice(("DONE-OK", "DONE-FAILED", "ABORTED", "CANCELLED"))]
    for old, new in zip(["PENDING", *states], states, strict=False):
        data: dict[str, Value] = {"old_state": old, "new_state": new, "worker_node": "wn1", "LRMS_jobid": "9.pbs"}
        if new.startswith("DONE"):
            data |= {"exit_code": "3" if new == "DONE-OK" else "N/A", "failure_reason": "why"}
        if rng.random() < 0.5:
            chain.log(executor, "CREAMStatus", **data, result="ARRIVED")
        chain.log(executor, "CREAMStatus", **data, result="DONE")
    if rng.random() < 0.3:
        chain.log(executor, "CREAMCall", callee=LRMS, command="CMDPURGE", result="OK")


def dag(rng: random.Random) -> list[Event]:
    """The parent of a DAG: its engine logs for it."""
    out: list[Event] = []
    chain = Chain(Clock(rng), out)
    registered(chain, jobtype="DAG", nsubjobs=3, seed="s")
    accepted(chain)
    chain.log(WM, "Match", dest_id="dagman")
    chain.log(WM, "EnQueued", queue="dagman", job="[]", result="OK")
    chain.log(JC, "Transfer", destination=LM, dest_host="wms", result="OK", job="[]")
    chain.log(LM, "Running", node="localhost")
    if rng.random() < 0.7:
        chain.log(LM, "Done", status_code=rng.choice(("OK", "FAILED")), reason="r", exit_code=0)
    return out


def collection(rng: random.Random) -> list[Event]:
    """The parent of a collection, with the states that the server computed."""
    out: list[Event] = []
    chain = Chain(Clock(rng), out)
    registered(chain, jobtype="COLLECTION", nsubjobs=2, seed="s")
    accepted(chain)
    for state in ("Running", "Waiting", "Running", rng.choice(("Done", "Aborted", "Cleared"))):
        chain.log(
            sources.LB_SERVER,
            "CollectionState",
            state=state,
            done_code=0,
            histogram="",
            child=JOB,
            child_event="Done",
        )
    return out


def file_transfer(rng: random.Random) -> list[Event]:
    out: list[Event] = []
    chain = Chain(Clock(rng), out)
    chain.log(UI, "RegJob", ns="fts", jobtype="FILE_TRANSFER", parent=JOB + "x", nsubjobs=0)
    chain.log(UI, "FileTransferRegister", src="gsiftp://a/b", dest="gsiftp://c/d")
    chain.log(UI, "Sandbox", sandbox_type="INPUT", compute_job=JOB + "y")
    chain.log(UI, "FileTransfer", result="START")
    if rng.random() < 0.2:
        chain.log(UI, "Abort", reason="no")
    else:
        chain.log(UI, "FileTransfer", result=rng.choice(("OK", "FAIL")), reason="why")
    return out


def machine(rng: random.Random) -> list[Event]:
    out: list[Event] = []
    clock = Clock(rng)
    clock.errors = {"wms": 0, "ui": 0}
    chain = Chain(clock, out)
    cloud = sources.CLOUD_MANAGER
    chain.log(UI, "RegJob", ns="cloud", jobtype="VIRTUAL_MACHINE", nsubjobs=0)
    chain.log(cloud, "VMCreate", require="[]", image="sl6", id="1", name="n", owner=OWNER, hostname="h", manager="m")
    chain.log(cloud, "VMHost", hostname="hypervisor")
    for source in (cloud, sources.VM_MANAGER, sources.VM_SYSTEM):
        chain.log(source, "VMRunning")
    if rng.random() < 0.5:
        chain.log(cloud, "VMStop")
        chain.log(cloud, "VMResume")
        chain.log(cloud, "VMRunning")
    chain.log(rng.choice((cloud, sources.VM_SYSTEM)), "VMShutdown", usage="cpu=1")
    chain.log(cloud, "VMDone", status_code=rng.choice(("OK", "DELETE", "FAILURE")), usage="cpu=2")
    return out


def pbs(rng: random.Random) -> list[Event]:
    out: list[Event] = []
    clock = Clock(rng)
    code = PbsCode()

    def log(source: str, kind: str, **data: Value) -> None:
        nonlocal code
        code = code._replace(server=code.server + 1)
        out.append(Event(kind, clock.read("pbs"), JOB, source, str(code), "pbs", OWNER, data=data))

    server, mom = sources.PBS_SERVER, sources.PBS_MOM
    log(sources.PBS_CLIENT, "RegJob", ns="pbs", jobtype="PBS", nsubjobs=0)
    log(server, "PBSAccepted", local_jobid="1.pbs")
    log(server, "PBSQueued", queue="long", owner="ann", name="x")
    log(server, "PBSInternalStateChange", oldstate=0, oldsubstate=0, newstate=1, newsubstate=10)
    log(server, "PBSRun", scheduler="maui", dest_host="wn")
    log(mom, "PBSRun", pid=12)
    if rng.random() < 0.3:
        log(mom, "PBSRerun")
        log(mom, "PBSDone", exit_status=1)
        log(server, "PBSPending", reason="busy")
        log(mom, "PBSRun", pid=13)
    log(mom, "PBSDone", exit_status=rng.randrange(3))
    log(server, "PBSResourceUsage", usage="USED", resources="cput=1,mem=2")
    if rng.random() < 0.3:
        log(server, "PBSError", error_desc="late trouble")
    return out


def condor(rng: random.Random) -> list[Event]:
    out: list[Event] = []
    clock = Clock(rng)

    def log(log_file: str, kind: str, **data: Value) -> None:
        moment = clock.read("condor")
        code = (
            f"TIMESTAMP={20110313000000 + (moment - START) // 1_000_000}:POS={len(out):010d}:EV.CODE=200:SRC={log_file}"
        )
        out.append(Event(kind, moment, JOB, LRMS, code, "condor", OWNER, data=data))

    log("C", "RegJob", ns="condor", jobtype="CONDOR", jdl="[]", nsubjobs=0)
    log("m", "CondorMatch", owner="ann", dest_host="wn")
    log("C", "CondorShadowStarted", shadow_host="h", shadow_port=1, shadow_pid=2)
    log("S", "CondorStarterStarted", starter_pid=3)
    log("s", "CondorStarterStarted", starter_pid=4, universe="vanilla")
    log("s", "CondorStarterExited", starter_pid=4, job_pid=5, job_exit_status=rng.randrange(3))
    log("H", "CondorShadowExited", shadow_pid=2, shadow_exit_status=100)
    return out


KINDS = {
    "simple": lambda rng: simple(rng)[0],
    "cream_in_wms": cream_in_wms,
    "cream": cream,
    "dag": dag,
    "collection": collection,
    "file_transfer": file_transfer,
    "machine": machine,
    "pbs": pbs,
    "condor": condor,
}


def disturbed(rng: random.Random, events: list[Event]) -> list[Event]:
    """The events in some order of arrival, some of them more than once."""
    out = events + [event for event in events if rng.random() < 0.3]
    if rng.random() < 0.5:
        rng.shuffle(out)
    else:
        for _ in range(rng.randrange(1, 6)):
            here, there = rng.randrange(len(out)), rng.randrange(len(out))
            out.insert(there, out.pop(here))
    return out


def arrived(events: Iterable[Event]) -> Progress:
    """The job after events have come one by one, as a server keeps it."""
    progress, known = Progress(), []
    for event in events:
        known.append(event)
        progress = advance(progress, event) or recompute(known)
    return progress


def of_job(events: list[Event], job: str) -> list[Event]:
    return [replace(event, job=job) for event in events]
