"""HTCondor pools as their collector knows them."""

from gridwms.market.sources.htcondor.source import CondorSource

__all__ = ["CondorSource"]
