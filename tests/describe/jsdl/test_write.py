"""What JSDL cannot say is named, and kept where gridwms finds it again."""

from __future__ import annotations

import pytest

from gridwms.classad import parse_ad
from gridwms.describe.jsdl import write_jsdl
from tests.describe.jsdl.given import read


@pytest.mark.parametrize(
    ("jdl", "what"),
    [
        ("Rank = 1", "Rank"),
        ("RetryCount = 3", "RetryCount"),
        ('Arguments = "$HOME | cat"', "Arguments"),
        ("Arguments = \"a\\tb'\\t'\"", "Arguments"),
        ("Requirements = other.GlueCEStateFreeCPUs > 1", "Requirements: other.GlueCEStateFreeCPUs > 1"),
        ('UserTags = [ a = "b" ]', "UserTags"),
        ('VirtualOrganisation = "biomed"', "VirtualOrganisation"),
        ('OutputSandbox = "*.root"', "OutputSandbox: *.root"),
        ('InputSandbox = "*.dat"', "InputSandbox"),
        ('Environment = "A=\\001"', "Environment"),
        ('JobType = "Interactive"', "JobType"),
    ],
)
def test_lost(jdl: str, what: str) -> None:
    written = write_jsdl(parse_ad(f'[Executable = "/bin/ls"; {jdl}]'))
    assert [lost.what for lost in written.lost] == [what]
    name = what.split(":")[0]
    if "*" not in what:
        assert f'<gridwms:Attribute name="{name}">' in written.text
    assert name in read(written.text).jdl


def test_an_mpi_job_is_an_spmd_application() -> None:
    text = write_jsdl(parse_ad('[Executable = "/bin/x"; JobType = "MPICH"; CPUNumber = 4]')).text
    assert "<spmd:NumberOfProcesses>4</spmd:NumberOfProcesses>" in text
    assert 'JobType = "MPICH"' in read(text).jdl
    assert "CPUNumber = 4" in read(text).jdl


def test_what_an_spmd_application_cannot_say() -> None:
    jdl = 'Executable = "/bin/x"; JobType = {"Normal", "MPICH"}; UserTags = [ SPMDVariation = "MPICH2" ];'
    written = write_jsdl(parse_ad(f"[{jdl} Requirements = other.GlueCEPolicyMaxWallClockTime >= 5]"))
    assert [lost.what for lost in written.lost] == ["Requirements: other.GlueCEPolicyMaxWallClockTime >= 5"]
    assert "jsdl-spmd/MPICH2</spmd:SPMDVariation>" in written.text
    assert "Requirements = other.GlueCEPolicyMaxWallClockTime >= 5" in read(written.text).jdl
    assert 'SPMDVariation = "MPICH2"' in read(written.text).jdl


@pytest.mark.parametrize(
    "tags", ['SPMDVariation = "MPI"', 'JobProject2 = "x"', 'jobproject = "x"', 'Description = " x"']
)
def test_tags_that_would_come_back_changed(tags: str) -> None:
    written = write_jsdl(parse_ad(f'[Executable = "/bin/x"; UserTags = [ {tags} ]]'))
    assert [lost.what for lost in written.lost] == ["UserTags"]


def test_an_attribute_of_ours_that_is_wrong() -> None:
    text = write_jsdl(parse_ad('[Executable = "/bin/x"; Rank = 1]')).text
    (found,) = read(text.replace(">1<", ">1 +<")).errors
    assert (found.code, found.attribute) == ("syntax", "Rank")
    twice = text.replace('name="Rank">1<', 'name="Executable">"y"<')
    assert read(twice).errors[0].code == "exclusive"
