"""From the section of a site in the configuration to the site."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

from gridwms.daemon.site_sections import (
    AnySite,
    ArcSite,
    BatchSection,
    GramSite,
    HTCondorSite,
    LocalSite,
    SimulatedSite,
)
from gridwms.sites import arc, local, simulated
from gridwms.sites.batch import BatchSettings, BatchSite, Dialect
from gridwms.sites.contract import Site
from gridwms.sites.gram import GramDialect
from gridwms.sites.gridengine import GridEngineDialect
from gridwms.sites.htcondor import HTCondorDialect
from gridwms.sites.pbs import PbsDialect
from gridwms.sites.shell import LocalShell, Shell, SshSettings, SshShell
from gridwms.sites.slurm import SlurmDialect

_DIALECTS: dict[str, Callable[[], Dialect]] = {
    "slurm": SlurmDialect,
    "gridengine": GridEngineDialect,
    "pbs": PbsDialect,
}


def build_site(name: str, section: AnySite, data: Path) -> Site:
    """The site `name`. What it keeps on this machine lies below `data`."""
    if isinstance(section, BatchSection):
        return _batch(name, section, data)
    if isinstance(section, ArcSite):
        return _arc(name, section, data)
    directory = _directory(name, data)
    if isinstance(section, SimulatedSite):
        return _simulated(name, section, directory)
    return _local(name, section, directory)


def _directory(name: str, data: Path) -> Path:
    directory = data / "sites" / name
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def _local(name: str, section: LocalSite, directory: Path) -> Site:
    settings = local.LocalSettings(name=name, directory=directory, grace_seconds=section.grace_seconds)
    return local.LocalSite(replace(settings, slots=section.slots) if section.slots else settings)


def _simulated(name: str, section: SimulatedSite, directory: Path) -> Site:
    plain = section.model_dump(include={field.name for field in fields(simulated.SimulatedSettings)})
    plain |= {
        "name": name,
        "directory": directory,
        "queues": tuple(simulated.Queue(**queue.model_dump()) for queue in section.queues),
        "faults": simulated.Faults(**section.faults.model_dump()),
    }
    return simulated.SimulatedSite(simulated.SimulatedSettings(**plain))


def _arc(name: str, section: ArcSite, data: Path) -> Site:
    plain = section.model_dump(include={field.name for field in fields(arc.ArcSettings)})
    settings = arc.ArcSettings(**{**plain, "name": name})
    kind = arc.CarryingArcSite if section.credentials == "job" else arc.ArcSite
    return kind(settings, fetched=data / "sites" / name / "fetched")


def _batch(name: str, section: BatchSection, data: Path) -> Site:
    """A directory that is not configured: in the data directory here, in the home directory behind ssh."""
    plain = section.model_dump(include={field.name for field in fields(BatchSettings)})
    directory = section.directory or (f"gridwms/{name}" if section.ssh else str(_directory(name, data).absolute()))
    host = section.host or (section.ssh.host.rpartition("@")[2] if section.ssh else os.uname().nodename)
    if isinstance(section, GramSite) and not section.host:
        host = section.contact.partition("/")[0].partition(":")[0]
    settings = BatchSettings(**{**plain, "name": name, "directory": directory, "host": host})
    fetched = data / "sites" / name / "fetched" if section.ssh else None
    return BatchSite(settings, _dialect(section), _shell(section), fetched=fetched)


def _dialect(section: BatchSection) -> Dialect:
    if isinstance(section, HTCondorSite):
        python = sys.executable if _by_bindings(section) else ""
        return HTCondorDialect(schedd=section.schedd, pool=section.pool, python=python)
    if isinstance(section, GramSite):
        return GramDialect(contact=section.contact, slots=section.slots)
    return _DIALECTS[section.kind]()


def _by_bindings(section: HTCondorSite) -> bool:
    """Whether HTCondor's Python bindings take the place of its commands: as configured, or where there are none."""
    if section.via or section.ssh is not None:
        return section.via == "bindings"
    path = section.environment.get("PATH", os.environ.get("PATH"))
    return shutil.which("condor_submit", path=path) is None


def _shell(section: BatchSection) -> Shell:
    if section.ssh is None:
        return LocalShell(seconds=section.call_seconds, environment=section.environment)
    ssh = section.ssh.model_dump()
    return SshShell(SshSettings(**ssh, seconds=section.call_seconds, environment=section.environment))
