"""HTCondor's Python bindings in the place of its commands: when they are chosen, and what is said when they fail.

That they do what the commands do is shown on a real pool (test_htcondor_real.py).
"""

from __future__ import annotations

import socket
import stat
import sys
import time
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from gridwms.daemon.site_sections import AnySite
from gridwms.daemon.sites import build_site
from gridwms.sites.batch import BatchSettings, BatchSite
from gridwms.sites.contract import Handover, SiteUnavailable
from gridwms.sites.htcondor import HTCondorDialect
from gridwms.sites.shell import LocalShell
from tests.sites.contract import tags

CE = "pool.example:2119/jobmanager-condor-default"


def site(folder: Path, pool: str, *, python: str = sys.executable, seconds: float = 30) -> BatchSite:
    settings = BatchSettings(name="pool", directory=str(folder / "site"), host="pool.example")
    dialect = HTCondorDialect(schedd="schedd.example", pool=pool, python=python)
    return BatchSite(settings, dialect, LocalShell(environment={"PATH": "/usr/bin:/bin"}, seconds=seconds))


def submit(one: BatchSite) -> None:
    one.submit([Handover(tag=tags(1)[0], ce=CE, script="exit 0\n")])


def test_nobody_listens(tmp_path: Path) -> None:
    """Why is said, and that nothing was sent is sure: nothing is left in doubt."""
    here = site(tmp_path, "127.0.0.1:9")
    with pytest.raises(
        SiteUnavailable, match=r"takes no attempts: nothing was sent: .*127.0.0.1:9.*Connection refused"
    ):
        submit(here)
    assert list((tmp_path / "site").iterdir()) == []
    with pytest.raises(SiteUnavailable, match=r"'describe' .*Connection refused"):
        here.describe()


def test_one_that_never_answers_is_cut_off(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        began = time.monotonic()
        with pytest.raises(SiteUnavailable, match="did not end within 1 s"):
            site(tmp_path, f"127.0.0.1:{deaf.getsockname()[1]}", seconds=1).describe()
        assert time.monotonic() - began < 10


def test_they_are_not_installed(tmp_path: Path) -> None:
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')  # without what pip has installed
    bare.chmod(bare.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(SiteUnavailable, match=r"pip install 'gridwms\[htcondor\]'"):
        submit(site(tmp_path, "127.0.0.1:9", python=str(bare)))


def test_a_configuration_that_cannot_be_read(tmp_path: Path) -> None:
    """The library then ends the process, which says nothing of what was sent: it is asked about."""
    config = tmp_path / "condor_config"
    config.write_text(f"include : {tmp_path}/nothing\n")
    settings = BatchSettings(name="pool", directory=str(tmp_path / "site"), host="pool.example")
    shell = LocalShell(environment={"PATH": "/usr/bin:/bin", "CONDOR_CONFIG": str(config)})
    here = BatchSite(settings, HTCondorDialect(schedd="schedd.example", python=sys.executable), shell)
    with pytest.raises(SiteUnavailable, match="CONDOR_CONFIG"):
        submit(here)
    assert [path.name for path in (tmp_path / "site").rglob("w0")] == ["w0"]
    with pytest.raises(SiteUnavailable, match="CONDOR_CONFIG"):
        here.describe()


@pytest.mark.parametrize(
    ("told", "commands", "bindings"),
    [("", True, False), ("", False, True), ("commands", False, False), ("bindings", True, True)],
)
def test_which_way_is_taken(tmp_path: Path, told: str, commands: bool, bindings: bool) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    if commands:
        (folder / "condor_submit").touch(0o755)
    section = TypeAdapter(AnySite).validate_python(
        {"kind": "htcondor", "via": told, "environment": {"PATH": str(folder)}}
    )
    built = build_site("pool", section, tmp_path)
    assert isinstance(built, BatchSite)
    assert ("gw_condor queue" in built._dialect.functions) is bindings


def test_behind_ssh_there_are_none() -> None:
    section = {"kind": "htcondor", "via": "bindings", "ssh": {"host": "far"}}
    with pytest.raises(ValidationError, match="behind ssh there are no bindings"):
        TypeAdapter(AnySite).validate_python(section)
