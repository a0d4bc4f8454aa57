"""An HTCondor pool as a site: by its commands (condor_submit, condor_q, ...), or by its Python bindings."""

from gridwms.sites.htcondor.dialect import HTCondorDialect

__all__ = ["HTCondorDialect"]
