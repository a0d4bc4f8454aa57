"""Invented sites: queues, slots, speeds and failures, played by a clock and a seed, without a single process."""

from gridwms.sites.link import EachLink, TokenRequest, WorkerLink
from gridwms.sites.simulated.settings import Faults, Queue, SimulatedSettings
from gridwms.sites.simulated.site import SimulatedSite

__all__ = ["EachLink", "Faults", "Queue", "SimulatedSettings", "SimulatedSite", "TokenRequest", "WorkerLink"]
