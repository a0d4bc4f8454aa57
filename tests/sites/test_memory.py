"""How each batch system is asked for memory: so much in all for the attempt, in its own words and units."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gridwms.sites.batch import BatchSettings, Need
from gridwms.sites.batch.dialect import Dialect
from gridwms.sites.gram import GramDialect
from gridwms.sites.gridengine import GridEngineDialect
from gridwms.sites.htcondor import HTCondorDialect
from gridwms.sites.pbs import PbsDialect
from gridwms.sites.slurm import SlurmDialect

SETTINGS = BatchSettings(name="cluster", directory="d", host="head.example", memory="h_vmem")
ONE = Need(queue="main", memory_mb=3000)
WIDE = replace(ONE, cpus=4)
TWO_HOSTS = replace(WIDE, nodes=2)
PAIRS = replace(ONE, cpus=5, smp_granularity=2)


def asked(dialect: Dialect, need: Need, settings: BatchSettings = SETTINGS) -> set[str]:
    """The lines of what is submitted that speak of memory."""
    lines = dialect.head("b", need, 1, "", settings).splitlines()
    return {line for line in lines if "mem" in line.lower()}


@pytest.mark.parametrize(
    ("need", "said"),
    [
        (ONE, "--mem=3000"),
        (WIDE, "--mem-per-cpu=750"),
        (TWO_HOSTS, "--mem=1500"),
        (PAIRS, "--mem=1000"),
        (replace(ONE, cpus=4, smp_granularity=4), "--mem=3000"),
    ],
)
def test_slurm_is_asked_by_host_where_the_hosts_are_known(need: Need, said: str) -> None:
    assert asked(SlurmDialect(), need) == {f"#SBATCH {said}"}


def test_the_others() -> None:
    assert asked(HTCondorDialect(), WIDE) == {"#CONDOR request_memory = 3000"}
    assert asked(GridEngineDialect(), WIDE) == {"#$ -l h_vmem=750M"}
    assert asked(PbsDialect(), TWO_HOSTS) == {
        "#TORQUE -l mem=3000mb",
        "#PRO -l select=2:ncpus=2:mpiprocs=2:mem=1500mb",
    }
    assert asked(GramDialect(contact="c", slots=1), ONE) == {"#RSL (min_memory=3000)(max_memory=3000)"}


@pytest.mark.parametrize(
    "dialect",
    [SlurmDialect(), HTCondorDialect(), GridEngineDialect(), PbsDialect(), GramDialect(contact="c", slots=1)],
    ids=lambda one: one.kind,
)
def test_who_demands_none_asks_for_none(dialect: Dialect) -> None:
    assert asked(dialect, replace(WIDE, memory_mb=None)) == set()


def test_grid_engine_without_a_resource_for_it_is_not_asked() -> None:
    assert asked(GridEngineDialect(), ONE, replace(SETTINGS, memory="")) == set()
