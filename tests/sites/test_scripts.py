"""The scripts that run at sites are plain POSIX sh."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from gridwms.sites.batch import Dialect
from gridwms.sites.batch.spool import script
from gridwms.sites.gram import GramDialect
from gridwms.sites.gridengine import GridEngineDialect
from gridwms.sites.htcondor import HTCondorDialect
from gridwms.sites.pbs import PbsDialect
from gridwms.sites.slurm import SlurmDialect

DIALECTS: list[Dialect] = [
    SlurmDialect(),
    HTCondorDialect(),
    HTCondorDialect(python="python3"),
    GridEngineDialect(),
    PbsDialect(),
    GramDialect(contact="c", slots=1),
]
NAMES = [path.stem for path in (Path(__file__).parents[2] / "src/gridwms/sites/batch/scripts").glob("*.sh")]


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"common", "task"}))
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: str(dialect.kind))
def test_scripts_are_clean(name: str, dialect: Dialect) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed here")
    text = "\n".join((dialect.functions, script("common"), script(name)))
    words = ["shellcheck", "-s", "sh", "-e", "SC2015,SC2034,SC2317", "-"]
    done = subprocess.run(words, input=text.encode(), capture_output=True, check=False)
    assert done.stdout.decode() == ""
