"""Who logs events: the components of the grid, by their L&B names (gLite reference: sources; sequence codes).

Names compare without case. Two have a second spelling in the web service's schema; both are read.
"""

from __future__ import annotations

USER_INTERFACE = "UserInterface"
NETWORK_SERVER = "NetworkServer"
WORKLOAD_MANAGER = "WorkloadManager"
BIG_HELPER = "BigHelper"
JOB_CONTROLLER = "JobController"
LOG_MONITOR = "LogMonitor"
LRMS = "LRMS"
APPLICATION = "Application"
LB_SERVER = "LBServer"
CREAM_INTERFACE = "CREAMInterface"
CREAM_EXECUTOR = "CREAMExecutor"
PBS_CLIENT = "PBSClient"
PBS_SERVER = "PBSServer"
PBS_MOM_SUPERIOR = "PBSMomSuperior"
PBS_MOM = "PBSMom"
PBS_SCHEDULER = "PBSScheduler"
CLOUD_MANAGER = "CloudManager"
VM_MANAGER = "VMManager"
VM_SYSTEM = "VMSystem"

SOURCES: tuple[str, ...] = (
    USER_INTERFACE,
    NETWORK_SERVER,
    WORKLOAD_MANAGER,
    BIG_HELPER,
    JOB_CONTROLLER,
    LOG_MONITOR,
    LRMS,
    APPLICATION,
    LB_SERVER,
    CREAM_INTERFACE,
    CREAM_EXECUTOR,
    PBS_CLIENT,
    PBS_SERVER,
    PBS_MOM_SUPERIOR,
    PBS_MOM,
    PBS_SCHEDULER,
    CLOUD_MANAGER,
    VM_MANAGER,
    VM_SYSTEM,
)
"""All sources, in the order of their L&B numbers (1 and up)."""

_BY_NAME = {name.lower(): name for name in SOURCES} | {
    "jobsubmission": JOB_CONTROLLER,
    "pbssmom": PBS_MOM_SUPERIOR,
}


def source_named(name: str) -> str | None:
    """The source with this name in its usual spelling; None when there is none."""
    return _BY_NAME.get(name.lower())
