"""What HTCondor does not do is named; what is written is a submit file that HTCondor's own reader accepts."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings

from gridwms.classad import ClassAd, parse_ad
from gridwms.describe.submit_file import write_submit_file
from gridwms.describe.submit_file.macros import Macros
from tests.describe.convert.jobs import ads


@pytest.mark.parametrize(
    ("jdl", "what", "kept"),
    [
        ("RetryCount = 3", "RetryCount", "+GridwmsRetryCount = 3"),
        ('Arguments = "$HOME | cat"', "Arguments", '+GridwmsArguments = "$(DOLLAR)HOME | cat"'),
        ("Rank = other.GlueCEStateFreeCPUs", "Rank", "+GridwmsRank = other.GlueCEStateFreeCPUs"),
        (
            "Requirements = other.GlueCEStateFreeCPUs > 1",
            "Requirements: other.GlueCEStateFreeCPUs > 1",
            "+GridwmsRequirements = other.GlueCEStateFreeCPUs > 1",
        ),
        ('OutputSandbox = "*.x"', "OutputSandbox", '+GridwmsOutputSandbox = "*.x"'),
        ('InputSandbox = "a"; InputSandboxDestFileName = "b"', "InputSandbox", '+GridwmsInputSandbox = "a"'),
        ('StdOutput = "o"', "StdOutput: o", "output = o"),
        ('StdOutput = "d/o"', "StdOutput", '+GridwmsStdOutput = "d/o"'),
        ('UserTags = [ a = "b" ]', "UserTags", '+GridwmsUserTags = [ a = "b" ]'),
        ("'odd name' = 1", "odd name", ""),
    ],
)
def test_lost(jdl: str, what: str, kept: str) -> None:
    written = write_submit_file(parse_ad(f'[Executable = "/bin/ls"; {jdl}]'))
    assert what in [lost.what for lost in written.lost]
    assert kept in written.text


@pytest.mark.parametrize(
    ("jdl", "line"),
    [
        ("Requirements = other.GlueHostMainMemoryRAMSize >= 2048", "request_memory = 2048"),
        ("Requirements = other.GlueCEPolicyMaxWallClockTime >= 2", "allowed_execute_duration = 120"),
        ("Requirements = other.GlueHostMainMemoryRAMSize < 5", "requirements = TARGET.Memory < 5"),
        ('Requirements = other.GlueHostArchitecturePlatformType == "x86_64"', 'requirements = TARGET.Arch == "X86_64"'),
        ("Rank = other.GlueHostMainMemoryRAMSize", "rank = TARGET.Memory"),
        ("CPUNumber = 4", "request_cpus = 4"),
        ('NodeName = "a b"', "batch_name = a b"),
        ('Prologue = "/a"', '+PreCmd = "/a"'),
        ("Mine = 1", "+Mine = 1"),
    ],
)
def test_said(jdl: str, line: str) -> None:
    written = write_submit_file(parse_ad(f'[Executable = "/bin/ls"; {jdl}]'))
    assert line in written.text.splitlines()
    assert written.lost == ()


@pytest.mark.skipif(sys.platform != "linux", reason="HTCondor's bindings exist for Linux only")
def test_htcondor_reads_it() -> None:
    htcondor = pytest.importorskip("htcondor2")

    @settings(max_examples=50, deadline=None)
    @given(ads())
    def accepted(ad: ClassAd) -> None:
        text = write_submit_file(ad).text
        submit = htcondor.Submit(text)
        assert submit["universe"] == "vanilla"
        for line in text.split("\n"):
            name, sign, value = line.partition(" = ")
            if sign and not name.startswith("+"):
                assert submit.expand(name) == Macros().expand(value)

    accepted()
