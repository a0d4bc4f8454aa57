"""Batch systems driven by their own commands, through a shell at the site. Each kind brings a dialect."""

from gridwms.sites.batch.dialect import CROWD, BatchSettings, Dialect, Need, State
from gridwms.sites.batch.site import BatchSite

__all__ = ["CROWD", "BatchSettings", "BatchSite", "Dialect", "Need", "State"]
