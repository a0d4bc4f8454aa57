"""Slurm as a site: sbatch arrays, squeue, sacct where there is accounting, scancel, sinfo."""

from gridwms.sites.slurm.dialect import SlurmDialect

__all__ = ["SlurmDialect"]
