"""An HTCondor pool as a site: condor_submit, condor_q, condor_history, condor_rm, condor_status."""

from gridwms.sites.htcondor.dialect import HTCondorDialect

__all__ = ["HTCondorDialect"]
