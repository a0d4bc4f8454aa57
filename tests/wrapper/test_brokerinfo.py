"""glite-brokerinfo: every function and option, in gLite's forms of output; and its way to the worker node."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from gridwms.classad import parse_ad, unparse
from tests.wrapper.conftest import Node

SCRIPT = str(resources.files("gridwms.wrapper").joinpath("glite-brokerinfo.sh"))
FILE = r"""[ VirtualOrganisation = "atlas";
  DataAccessProtocol = { "gsiftp", "file" };
  InputFNs = { [ name = "lfn:/a b\"c"; SFNs = { "srm://se1.example.org/x, y", "srm://se2.example.org/x" } ],
               [ SFNs = {}; name = "lfn:/d[1]{2};" ] };
  StorageElements = { [ protocols = { [ name = "gsiftp"; port = 2811 ], [ name = "file"; port = 0 ] };
                        name = "se1.example.org" ],
                      [ name = "se2.example.org"; protocols = {  } ] };
  ComputingElement = [ CloseStorageElements = { [ mount = "/grid/se1"; freespace = 5000; name = "se1.example.org" ],
    [ name = "se3.example.org"; mount = "" ] }; name = "ce.example.org:8443/cream-pbs-long" ] ]
"""

PLAIN = [
    ("getCE", "ce.example.org:8443/cream-pbs-long\n"),
    ("getDataAccessProtocol", "gsiftp\nfile\n"),
    ("getInputData", 'lfn:/a b"c\nlfn:/d[1]{2};\n'),
    ("getSEs", "se1.example.org\nse2.example.org\n"),
    ("getCloseSEs", "se1.example.org\nse3.example.org\n"),
    ("getSEMountPoint se1.example.org", "/grid/se1\n"),
    ("getSEMountPoint nowhere", "\n"),
    ("getSEFreeSpace se1.example.org", "5000\n"),
    ("getSEFreeSpace se3.example.org", "\n"),
    ("getSEProtocols se1.example.org", "gsiftp\nfile\n"),
    ("getSEProtocols se2.example.org", ""),
    ("getSEPort se1.example.org gsiftp", "2811\n"),
    ("getSEPort se1.example.org rfio", "\n"),
    ("getVirtualOrganization", "atlas\n"),
]
VERBOSE = [
    ("getCE", "BrokerInfo::getCE(): \n -> ce.example.org:8443/cream-pbs-long\n -> BI_SUCCESS\n"),
    ("getSEs", "BrokerInfo::getSEs(): \n -> se1.example.org\n -> se2.example.org\n -> BI_SUCCESS\n"),
    ("getSEMountPoint nowhere", "BrokerInfo::getSEMountPoint(nowhere): \n -> \n -> BI_ERROR\n"),
    (
        "getSEProtocols se2.example.org",
        "BrokerInfo::getSEProtocols(se2.example.org): \n ... not found!\n -> BI_SUCCESS\n",
    ),
    (
        "getSEPort se1.example.org gsiftp",
        "BrokerInfo::getSEPort(se1.example.org, gsiftp): \n -> 2811\n -> BI_SUCCESS\n",
    ),
    ("getVirtualOrganization", "BrokerInfo::getVirtualOrganization: \n -> atlas\n -> BI_SUCCESS\n"),
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".BrokerInfo").write_text(FILE)
    return tmp_path


def run(
    home: Path, *words: str, shell: tuple[str, ...] = ("sh",), **environment: str
) -> subprocess.CompletedProcess[str]:
    names = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run([*shell, SCRIPT, *words], cwd=home, env=names, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("call", "output"), PLAIN)
def test_values(home: Path, call: str, output: str) -> None:
    done = run(home, *call.split())
    assert (done.returncode, done.stdout, done.stderr) == (0, output, "")


@pytest.mark.parametrize(("call", "output"), VERBOSE)
def test_verbose(home: Path, call: str, output: str) -> None:
    done = run(home, "-v", *call.split())
    assert (done.returncode, done.stdout) == (0, f"BrokerInfo::getBIFileName(): .BrokerInfo\n{output}")


def test_the_copies_of_a_file(home: Path) -> None:
    assert run(home, "getLFN2SFN", 'lfn:/a b"c').stdout == "srm://se1.example.org/x, y\nsrm://se2.example.org/x\n"
    assert run(home, "getLFN2SFN", "lfn:/d[1]{2};", "-v").stdout.endswith("\n ... not found!\n -> BI_SUCCESS\n")
    assert run(home, "getLFN2SFN", "lfn:none", "-v").stdout.endswith("\n ... not found!\n -> BI_ERROR\n")


def test_by_the_tools_of_busybox(home: Path, busybox_alone: str) -> None:
    done = run(home, "getSEPort", "se1.example.org", "gsiftp", PATH=busybox_alone, shell=(f"{busybox_alone}/sh",))
    assert (done.stdout, done.stderr) == ("2811\n", "")
    assert run(home, "getInputData", PATH=busybox_alone, shell=(f"{busybox_alone}/sh",)).stdout == PLAIN[2][1]


def test_where_the_file_is(home: Path) -> None:
    for number, name in enumerate(("one", "two", "three")):
        (home / name).write_text(f'[ComputingElement = [name = "ce{number}"]]')
    names = {"GLITE_WMS_RB_BROKERINFO": "two", "EDG_WL_RB_BROKERINFO": "three"}
    assert run(home, "-f", "one", "getCE", **names).stdout == "ce0\n"
    assert run(home, "getCE", **names).stdout == "ce1\n"
    assert run(home, "getCE", EDG_WL_RB_BROKERINFO="three").stdout == "ce2\n"
    assert run(home, "getCE", "-f", "one", "-v").stdout.startswith("BrokerInfo::getBIFileName(): one\n")


def test_what_goes_wrong(home: Path) -> None:
    done = run(home, "-f", "none", "getCE")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "Error:\n - environment GLITE_WMS_RB_BROKERINFO or EDG_WL_RB_BROKERINFO not defined\n"
    )
    done = run(home, "getSEMountPoint")
    assert (done.returncode, done.stdout) == (255, "... error parsing arguments!\nUse:  getSEMountPoint <SE>\n")
    done = run(home, "getFish")
    assert (done.returncode, done.stdout) == (1, "\ngetFish is not a valid command!\n\n")
    assert "please specify a function with parameters" in run(home).stdout
    assert "supported funtions are:\nglite-brokerinfo getCE\n" in run(home, "--help").stdout
    for text in ("", "no ad", "[ a = ", '[ a = "x', "[ a = { 1", "[ a ]"):
        (home / "bad").write_text(text)
        done = run(home, "-f", "bad", "getCE")
        assert (done.returncode, done.stdout) == (1, "Error: not ClassAd compliant file\n"), text


def test_text_of_our_own_is_read_whatever_is_in_it(home: Path) -> None:
    name = "lfn:/\\'\"\n\té[]{};=$(x)`"
    ad = parse_ad("[]").with_(InputFNs=[{"name": name, "SFNs": [name, "b"]}])
    (home / "own").write_text(unparse(ad))
    assert run(home, "-f", "own", "getLFN2SFN", name).stdout == f"{name}\nb\n"


def test_installed_as_a_command(home: Path) -> None:
    code = "import sys; from gridwms.cli.brokerinfo import run; run()"
    names = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    words = [sys.executable, "-c", code, "getCE"]
    done = subprocess.run(words, cwd=home, env=names, capture_output=True, text=True, check=False)
    assert done.stdout == PLAIN[0][1], done.stderr


def test_the_job_finds_both(node: Node) -> None:
    payload = "glite-brokerinfo getVirtualOrganization; echo $GLITE_WMS_RB_BROKERINFO; cd /; glite-brokerinfo getCE"
    assert node.run(payload, std_output="out", outputs=("out", ".BrokerInfo"), brokerinfo=FILE) == 0, node.log
    assert node.attempt.outputs[b".BrokerInfo"] == FILE.encode() + b"\n"
    vo, place, ce = node.attempt.outputs[b"out"].decode().splitlines()
    assert (vo, ce) == ("atlas", "ce.example.org:8443/cream-pbs-long")
    assert Path(place).parts[-2:] == ("work", ".BrokerInfo")
    assert node.left() == []


def test_others_carry_nothing_of_it(node: Node) -> None:
    payload = "ls -A; command -v glite-brokerinfo; echo ${GLITE_WMS_RB_BROKERINFO-none}"
    assert node.run(payload, std_output="out", outputs=("out",)) == 0, node.log
    assert node.attempt.outputs[b"out"] == b"out\nrun\nnone\n"
