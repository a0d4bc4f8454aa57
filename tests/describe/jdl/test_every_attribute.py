"""The whole table of JDL (gLite reference §1.2): each attribute does something, or is refused or idle with a reason."""

from __future__ import annotations

import dataclasses
import re

import pytest

from gridwms.classad import unparse
from gridwms.describe.description import Description
from gridwms.describe.jdl.attributes import ATTRIBUTES, Standing
from tests.describe.jdl.given import BARE, accepted, read

REFERENCE = """
Type JobType Executable Arguments StdInput StdOutput StdError InputSandbox InputSandboxBaseURI
InputSandboxDestFileName OutputSandbox OutputSandboxDestURI OutputSandboxBaseDestURI Environment VirtualOrganisation
Requirements Rank FuzzyRank fuzzy_factor FuzzyFactor RetryCount ShallowRetryCount ExpiryTime SubmitTo CPUNumber
NodeNumber SMPGranularity WholeNodes HostNumber Prologue PrologueArguments Epilogue EpilogueArguments InputData
DataRequirements DataAccessProtocol StorageIndex DataCatalog ReplicaCatalog OutputSE OutputData MyProxyServer
HLRLocation JobProvenance PerusalFileEnable PerusalTimeInterval PerusalFilesDestURI AllowZippedISB ZippedISB
ShortDeadlineJob EnableWmsFeedback NodesCollocation SignificantAttributes UserTags LBAddress UserContact ListenerHost
ListenerPort ListenerPipeName lrms_type JDL_Original Delegation_ID MwVersion DSUpload MoveToCE CreationTime
ValidityTime edg_jobid edg_dagid CertificateSubject X509UserProxy VOMS_FQAN WMPInputSandboxBaseURI InputSandboxPath
OutputSandboxPath PerusalListFileURI DefaultRank edg_previous_matches ReallyRunningToken CeApplicationDir
CeRequirements CEInfoHostName ReplansCount LB_sequence_code ce_id GlobusResourceContactString QueueName RSLArguments
DefaultNodeRetryCount DefaultNodeShallowRetryCount PartitionNumber NodeName Nodes Dependencies Parameters
ParameterStart ParameterStep
"""
"""Every name of gLite reference §1.1, §1.2 and §1.4 to §1.6, but File, which is read with nodes."""

ALONE = 'Executable = "/bin/ls"; InputSandbox = { "f" }; StdOutput = "o"; OutputSandbox = { "o" };'
EFFECTS = {
    "Executable": 'Executable = "/bin/ps"',
    "Arguments": 'Arguments = "x"',
    "StdInput": 'StdInput = "f"',
    "StdOutput": 'StdOutput = "p"',
    "StdError": 'StdError = "o"',
    "InputSandbox": 'InputSandbox = "g"',
    "InputSandboxBaseURI": 'InputSandboxBaseURI = "https://h/x"',
    "InputSandboxDestFileName": 'InputSandboxDestFileName = "g"',
    "OutputSandbox": 'OutputSandbox = { "o", "q" }',
    "ZippedISB": 'ZippedISB = "f.tar.gz"',
    "Environment": 'Environment = "A=1"',
    "HLRLocation": 'HLRLocation = "h"',
    "ContainerImage": 'ContainerImage = "docker://a:1"',
    "VirtualOrganisation": 'VirtualOrganisation = "atlas"',
    "Requirements": "Requirements = other.A",
    "Rank": "Rank = other.A",
    "FuzzyRank": "FuzzyRank = true",
    "FuzzyFactor": "FuzzyRank = true; FuzzyFactor = 2",
    "fuzzy_factor": "FuzzyRank = true; fuzzy_factor = 2",
    "RetryCount": "RetryCount = 5",
    "ShallowRetryCount": "ShallowRetryCount = 5",
    "ExpiryTime": "ExpiryTime = 9000000000",
    "Priority": "Priority = 5",
    "MyProxyServer": 'MyProxyServer = "myproxy.example.org:7512"',
    "SubmitTo": 'SubmitTo = "h:1/a-b-c"',
    "CPUNumber": "CPUNumber = 2",
    "NodeNumber": "NodeNumber = 2",
    "SMPGranularity": "SMPGranularity = 2",
    "HostNumber": "HostNumber = 2",
    "WholeNodes": "WholeNodes = true",
    "Prologue": 'Prologue = "/bin/a"',
    "PrologueArguments": 'Prologue = "/bin/a"; PrologueArguments = "x"',
    "Epilogue": 'Epilogue = "/bin/a"',
    "EpilogueArguments": 'Epilogue = "/bin/a"; EpilogueArguments = "x"',
    "PerusalFileEnable": "PerusalFileEnable = true",
    "PerusalTimeInterval": "PerusalFileEnable = true; PerusalTimeInterval = 99",
    "UserTags": 'UserTags = [ a = "b" ]',
    "InputData": 'InputData = "lfn:a"; DataAccessProtocol = "https"',
    "DataRequirements": 'DataAccessProtocol = "x"; DataRequirements = [InputData = "lfn:a";DataCatalogType = "SI"]',
    "OutputData": 'OutputData = [OutputFile = "o"]',
    "DataCatalog": 'InputData = "lfn:a"; DataAccessProtocol = "https"; DataCatalog = "https://h/"',
    "StorageIndex": 'InputData = "si-lfn:a"; DataAccessProtocol = "https"; StorageIndex = "https://h/"',
    "JobType": 'JobType = "MPICH"',
    "InteractiveTerminal": 'JobType = "Interactive"; InteractiveTerminal = true',
}
"""What changes a field of the description."""

ELSEWHERE = {
    "Type": "compounds",
    "AllowZippedISB": "client.pack",
    "OutputSandboxDestURI": "test_outputs.py",
    "OutputSandboxBaseDestURI": "test_outputs.py",
    "DataAccessProtocol": "test_data.py",
    "ShortDeadlineJob": "match.policies",
    "OutputSE": "match.policies",
}
"""Honoured ones whose effect is not in a field of the description: a compound, the client, a destination, matching."""


def test_the_table_has_every_name_of_the_reference() -> None:
    assert [name for name in re.findall(r"\w+", REFERENCE) if name.lower() not in ATTRIBUTES] == []


def test_every_honoured_attribute_has_an_effect_that_is_shown() -> None:
    honoured = {each.name for each in ATTRIBUTES.values() if each.standing is Standing.HONOURED}
    assert honoured == EFFECTS.keys() | ELSEWHERE.keys()


@pytest.mark.parametrize("name", EFFECTS)
def test_it_changes_the_job(name: str) -> None:
    changed = accepted(_with(EFFECTS[name]), BARE)
    without = [part for part in EFFECTS[name].split("; ") if not part.lower().startswith(f"{name.lower()} ")]
    assert _fields(changed) != _fields(accepted(_with("; ".join(without)), BARE))


@pytest.mark.parametrize(
    "name",
    [each.name for each in ATTRIBUTES.values() if each.standing in (Standing.IDLE, Standing.REFUSED, Standing.PARENT)],
)
def test_the_others_have_a_reason(name: str) -> None:
    note = ATTRIBUTES[name.lower()].note
    assert len(note.split()) > 2


@pytest.mark.parametrize("name", [each.name for each in ATTRIBUTES.values() if each.standing is not Standing.HONOURED])
def test_none_of_the_others_is_taken_in_silence(name: str) -> None:
    values = ("true", "1", '"x"', "[a = 1]", "{1}")
    told = [read(_with(f"{name} = {value}"), BARE).problems for value in values]
    assert any(name.lower() == problem.attribute.lower() for problems in told for problem in problems)
    assert all(problems for problems in told)


def _with(text: str) -> str:
    """The job with attributes that take the place of its own."""
    names = {part.split(" ")[0].lower() for part in text.split("; ") if part}
    kept = [part for part in ALONE.split("; ") if part.split(" ")[0].lower() not in names]
    return "; ".join([*(part.rstrip(";") for part in kept), text])


def _fields(job: Description) -> dict[str, object]:
    """All of it but the ad, in which every attribute is kept."""
    fields = {each.name: getattr(job, each.name) for each in dataclasses.fields(job) if each.name != "ad"}
    return fields | {name: unparse(fields[name]) for name in ("requirements", "rank")}
