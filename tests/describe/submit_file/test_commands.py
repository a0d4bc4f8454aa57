"""Each command that is understood has a case; each that is not is lost or refused by name."""

from __future__ import annotations

import pytest

from gridwms.classad import parse_ad_tolerant
from gridwms.describe.submit_file.commands import HARMLESS, LOST, REFUSED, UNDERSTOOD
from gridwms.describe.submit_file.expressions import NAMES, VALUES
from tests.describe.submit_file.given import read, the_ad, the_error, with_program

RAM = "other.GlueHostMainMemoryRAMSize"
CASES = [
    ("universe = vanilla", 'Executable = "/bin/ls"'),
    ("executable = d/run.sh\ntransfer_executable = true", 'Executable = "run.sh"; InputSandbox = {"d/run.sh"}'),
    ('arguments = a \\"b\\"  \'c', "Arguments = \"a '\\\"b\\\"' ''\\\"'\\\"'c'\""),
    ("args = \"a 'b c' d''e \"\"q\"\" ''\"", "Arguments = \"a 'b c' de '\\\"q\\\"' ''\""),
    ("environment = A=1;B=x y", 'Environment = {"A=1", "B=x y"}'),
    ("env = \"A=1 B='x y' C=it''s\"", 'Environment = {"A=1", "B=x y", "C=its"}'),
    ("env = \"A='it''s'\"", 'Environment = {"A=it\'s"}'),
    ("input = d/in", 'StdInput = "in"; InputSandbox = {"d/in"}'),
    ("input = /data/in\ntransfer_input = false", 'StdInput = "/data/in"'),
    ("input = /dev/null\noutput = /dev/null", 'Executable = "/bin/ls"'),
    ("output = out\nerror = err", 'StdOutput = "out"; StdError = "err"; OutputSandbox = {"out", "err"}'),
    ("output = log\nerror = log", 'StdOutput = "log"; StdError = "log"; OutputSandbox = {"log"}'),
    ("transfer_input_files = a, d/b*, https://h/c", 'InputSandbox = {"a", "d/b[*]", "https://h/c"}'),
    ("initialdir = /home/u\ntransfer_input_files = a, /b", 'InputSandbox = {"/home/u/a", "/b"}'),
    ("transfer_output_files = a, d/b", 'OutputSandbox = {"a", "d/b"}'),
    (
        'transfer_output_files = a, b\ntransfer_output_remaps = "b = https://h/x"',
        'OutputSandbox = {"a", "b"}; OutputSandboxDestURI = {"a", "https://h/x"}',
    ),
    ("output_destination = https://h/", 'OutputSandboxBaseDestURI = "https://h/"'),
    ("should_transfer_files = YES\nwhen_to_transfer_output = ON_EXIT", 'Executable = "/bin/ls"'),
    ("request_cpus = 4", "CPUNumber = 4"),
    ("priority = -5", "Priority = -5"),
    ("prio = +7", "Priority = 7"),
    ("request_memory = 2048", f"Requirements = {RAM} >= 2048"),
    ("request_memory = 2 GB", f"Requirements = {RAM} >= 2048"),
    ("RequestMemory = 512K", f"Requirements = {RAM} >= 1"),
    ('requirements = TARGET.Memory > 10 && (Cpus >= 2 || Arch == "X86_64")', None),
    ("rank = Memory * 2", f"Rank = {RAM} * 2"),
    ("allowed_execute_duration = 3601", "Requirements = other.GlueCEPolicyMaxWallClockTime >= 61"),
    ('batch_name = "my jobs"', 'NodeName = "my jobs"'),
    ("notify_user = a@b.c", 'UserContact = "a@b.c"'),
    ('+PreCmd = "a"\n+PreArguments = "b c"', 'Prologue = "a"; PrologueArguments = "b c"'),
    ('MY.PostCmd = "a"\n+PostArguments = "b"', 'Epilogue = "a"; EpilogueArguments = "b"'),
    ("+Project = { 1, 2 }", "Project = { 1, 2 }"),
    ("+GridwmsRetryCount = 3\n+GridwmsRequirements = other.A", "RetryCount = 3; Requirements = other.A"),
]


@pytest.mark.parametrize(("commands", "wanted"), CASES)
def test_becomes_jdl(commands: str, wanted: str | None) -> None:
    ad = the_ad(with_program(commands))
    if wanted is None:
        wanted = (
            f"Requirements = ({RAM} > 10) && ((other.GlueHostArchitectureSMPSize >= 2 "
            '|| other.GlueHostArchitecturePlatformType == "x86_64"))'
        )
    expected = parse_ad_tolerant(f"[{wanted}]", jdl=True)[0]
    assert {name: ad[name] for name in expected} == dict(expected.items())
    assert set(ad) <= {*expected, "Executable"}


def test_every_command_has_a_case() -> None:
    tested = "".join(commands for commands, _ in CASES)
    assert [name for name in UNDERSTOOD if name not in tested] == []


@pytest.mark.parametrize("name", LOST)
def test_lost(name: str) -> None:
    reading = read(with_program(f"{name} = something"))
    assert [(lost.what, lost.place) for lost in reading.lost] == [(name, (3, 1))]
    assert reading.description is not None
    harmless = HARMLESS.get(name)
    if harmless:
        assert read(with_program(f"{name} = {harmless[0].upper()}")).lost == ()


@pytest.mark.parametrize("command", [*(f"{name} = 1" for name in REFUSED), "universe = docker", "universe = parallel"])
def test_refused(command: str) -> None:
    found = the_error(with_program(command))
    assert (found.code, found.line) == ("unsupported", 3)
    assert "cannot be honoured" in found.message


@pytest.mark.parametrize("name", NAMES)
def test_machine_attributes(name: str) -> None:
    value = '"x"' if name in ("Machine", "OpSysName", "OpSysVer") else "5"
    if name != "Arch":
        clause = f"other.{NAMES[name]} == {value}"
        expected = parse_ad_tolerant(f"[Requirements = {clause}]", jdl=True)[0]["Requirements"]
        assert the_ad(with_program(f"requirements = TARGET.{name} == {value}"))["Requirements"] == expected


@pytest.mark.parametrize(("name", "value"), VALUES)
def test_values_with_a_meaning(name: str, value: str) -> None:
    wanted = parse_ad_tolerant(f"[Requirements = {VALUES[name, value]}]", jdl=True)[0]["Requirements"]
    assert the_ad(with_program(f'requirements = {name} == "{value.upper()}"'))["Requirements"] == wanted


def test_conditions_that_glue_does_not_have_are_lost_one_by_one() -> None:
    reading = read(with_program('requirements = HasJava && Memory > 5 && OpSys == "PLAN9" && MY.x'))
    assert [lost.what.split(": ")[1] for lost in reading.lost] == ["HasJava", 'OpSys == "PLAN9"', "MY.x"]
    assert "Requirements = other.GlueHostMainMemoryRAMSize > 5;" in reading.jdl


def test_what_htcondor_does_by_itself_is_told() -> None:
    (lost,) = read("executable = /bin/ls\nqueue\n").lost
    assert lost.what == "transfer_output_files is missing"
    (lost,) = read(with_program("output = d/out")).lost
    assert "the directory is not kept" in lost.why
    (lost,) = read(with_program('transfer_output_remaps = "a = b"')).lost
    assert lost.what == "transfer_output_remaps: a"
