"""PBS as a site, Torque and PBS Professional (OpenPBS): qsub arrays, qstat, qdel, pbsnodes."""

from gridwms.sites.pbs.dialect import PbsDialect

__all__ = ["PbsDialect"]
