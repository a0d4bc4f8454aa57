"""Grid Engine as a site: qsub arrays, qstat, qacct, qdel."""

from gridwms.sites.gridengine.dialect import GridEngineDialect

__all__ = ["GridEngineDialect"]
