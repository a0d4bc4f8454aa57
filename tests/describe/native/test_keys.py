"""Each key has a case: what stands in YAML, and the JDL that it becomes."""

from __future__ import annotations

import pytest

from gridwms.classad import parse_ad_tolerant
from gridwms.describe.native.keys import KEYS, Kind
from tests.describe.native.given import RUN, read, the_ad

SOFTWARE = "other.GlueHostApplicationSoftwareRunTimeEnvironment"

CASES: dict[str, list[tuple[str, str]]] = {
    "name": [("name: my job", 'NodeName = "my job"')],
    "vo": [("vo: biomed", 'VirtualOrganisation = "biomed"')],
    "type": [("type: mpi", 'JobType = "MPICH"'), ("type: normal", 'JobType = "Normal"')],
    "run.executable": [("", 'Executable = "/bin/ls"')],
    "run.arguments": [
        ("run: {executable: /x, arguments: [a b, 1.10, no, $HOME]}", "Arguments = \"'a b' 1.10 no '$HOME'\""),
        ("run: {executable: /x, arguments: a $HOME | cat}", 'Arguments = "a $HOME | cat"'),
    ],
    "run.environment": [
        ("run: {executable: /x, environment: {A: 1, B: no, C: }}", 'Environment = {"A=1", "B=no", "C="}')
    ],
    "run.stdin": [("run: {executable: /x, stdin: /i}", 'StdInput = "/i"')],
    "run.stdout": [("run: {executable: /x, stdout: o}", 'StdOutput = "o"')],
    "run.stderr": [("run: {executable: /x, stderr: e}", 'StdError = "e"')],
    "before": [
        ("before: /bin/a", 'Prologue = "/bin/a"'),
        ("before: {script: /a, arguments: [b c]}", 'Prologue = "/a"; PrologueArguments = "\'b c\'"'),
    ],
    "after": [("after: {script: /a, arguments: b c}", 'Epilogue = "/a"; EpilogueArguments = "b c"')],
    "files.in": [
        ("files: {in: a}", 'InputSandbox = {"a"}'),
        (
            "files: {in: [d/a, {from: 'https://h/b', as: c}]}",
            'InputSandbox = {"d/a", "https://h/b"}; InputSandboxDestFileName = {"a", "c"}',
        ),
    ],
    "files.in_base": [("files: {in_base: 'https://h/'}", 'InputSandboxBaseURI = "https://h/"')],
    "files.out": [
        ("files: {out: [a, '*.b']}", 'OutputSandbox = {"a", "*.b"}'),
        (
            "files: {out: [a, {name: d/b, to: 'https://h/b'}]}",
            'OutputSandbox = {"a", "d/b"}; OutputSandboxDestURI = {"a", "https://h/b"}',
        ),
    ],
    "files.out_base": [("files: {out_base: 'https://h/'}", 'OutputSandboxBaseDestURI = "https://h/"')],
    "needs.cpus": [("needs: {cpus: 4}", "CPUNumber = 4")],
    "needs.hosts": [("needs: {hosts: 2}", "HostNumber = 2")],
    "needs.cpus_per_host": [("needs: {cpus_per_host: 2}", "SMPGranularity = 2")],
    "needs.whole_hosts": [("needs: {whole_hosts: true}", "WholeNodes = true")],
    "needs.memory": [
        ("needs: {memory: 2 GiB}", "Requirements = other.GlueHostMainMemoryRAMSize >= 2048"),
        ("needs: {memory: 2GB}", "Requirements = other.GlueHostMainMemoryRAMSize >= 1908"),
        ("needs: {memory: 1.5G}", "Requirements = other.GlueHostMainMemoryRAMSize >= 1536"),
    ],
    "needs.virtual_memory": [
        ("needs: {virtual_memory: 1 MiB}", "Requirements = other.GlueHostMainMemoryVirtualSize >= 1")
    ],
    "needs.wall_time": [
        ("needs: {wall_time: 2h 30m}", "Requirements = other.GlueCEPolicyMaxWallClockTime >= 150"),
        ("needs: {wall_time: 90 s}", "Requirements = other.GlueCEPolicyMaxWallClockTime >= 2"),
        ("needs: {wall_time: '36:00:00'}", "Requirements = other.GlueCEPolicyMaxWallClockTime >= 2160"),
        ("needs: {wall_time: 2 days}", "Requirements = other.GlueCEPolicyMaxWallClockTime >= 2880"),
    ],
    "needs.cpu_time": [("needs: {cpu_time: 1h}", "Requirements = other.GlueCEPolicyMaxCPUTime >= 60")],
    "needs.software": [
        ("needs: {software: a}", f'Requirements = member("a", {SOFTWARE})'),
        ("needs: {software: [a, b]}", f'Requirements = (member("a", {SOFTWARE})) && (member("b", {SOFTWARE}))'),
    ],
    "needs.where": [("needs: {where: 'other.A == 1'}", "Requirements = other.A == 1")],
    "needs.near": [("needs: {near: se.org}", 'OutputSE = "se.org"')],
    "needs.queue": [("needs: {queue: 'h:1/a-b-c'}", 'SubmitTo = "h:1/a-b-c"')],
    "needs.short_queue": [("needs: {short_queue: true}", "ShortDeadlineJob = true")],
    "data.in": [("data: {in: ['lfn:/a', 'lds:b']}", 'InputData = {"lfn:/a", "lds:b"}')],
    "data.needs": [
        (
            "data: {needs: [{in: ['lfn:/a'], type: DLI}, {in: 'guid:1', type: SI, catalogue: 'https://h/'}]}",
            'DataRequirements = {[InputData = {"lfn:/a"}; DataCatalogType = "DLI"],'
            ' [InputData = "guid:1"; DataCatalogType = "SI"; DataCatalog = "https://h/"]}',
        )
    ],
    "data.protocols": [("data: {protocols: https}", 'DataAccessProtocol = {"https"}')],
    "data.catalogue": [("data: {catalogue: mine}", 'DataCatalog = "mine"')],
    "data.out": [
        (
            "data: {out: [{file: a, name: 'lfn:/b', to: se}, {file: c}]}",
            'OutputData = {[OutputFile = "a"; LogicalFileName = "lfn:/b"; StorageElement = "se"], [OutputFile = "c"]}',
        )
    ],
    "prefer": [("prefer: other.A", "Rank = other.A")],
    "fuzzy": [("fuzzy: true", "FuzzyRank = true"), ("fuzzy: 2.5", "FuzzyRank = true; FuzzyFactor = 2.5")],
    "retry.deep": [("retry: {deep: 3}", "RetryCount = 3")],
    "retry.shallow": [("retry: {shallow: -1}", "ShallowRetryCount = -1")],
    "expires": [
        ("expires: 2031-01-31T12:00:00Z", "ExpiryTime = 1927627200"),
        ("expires: '2031-01-31 12:00+01:00'", "ExpiryTime = 1927623600"),
        ("expires: 1927627200", "ExpiryTime = 1927627200"),
    ],
    "peek": [
        ("peek: true", "PerusalFileEnable = true"),
        ("peek: 30 s", "PerusalFileEnable = true; PerusalTimeInterval = 30"),
    ],
    "sweep.count": [("sweep: {count: 3}", 'Parameters = 3; JobType = {"Parametric"}')],
    "sweep.values": [("sweep: {values: [a, 1, 1.50]}", 'Parameters = {"a", "1", "1.50"}; JobType = {"Parametric"}')],
    "sweep.start": [("sweep: {count: 3, start: 1}", 'Parameters = 3; ParameterStart = 1; JobType = {"Parametric"}')],
    "sweep.step": [("sweep: {count: 3, step: 2}", 'Parameters = 3; ParameterStep = 2; JobType = {"Parametric"}')],
    "nodes": [
        (
            "nodes: {a: {run: {executable: /x}}}",
            'Nodes = {[Executable = "/x"; NodeName = "a"]}; Type = "Collection"',
        ),
        ("nodes: [{run: {executable: /x}}]", 'Nodes = {[Executable = "/x"]}; Type = "Collection"'),
    ],
    "order": [
        (
            "nodes: {}\norder: [[a, b], [[a, b], c]]",
            'Dependencies = {{"a", "b"}, {{"a", "b"}, "c"}}; Nodes = {}; Type = "DAG"',
        )
    ],
    "weak_order": [("nodes: {}\nweak_order: [[a, b]]", 'WeakDependencies = {{"a", "b"}}; Nodes = {}; Type = "DAG"')],
    "max_running": [("max_running: 3", "max_running_nodes = 3")],
    "priority": [("priority: 5", "Priority = 5")],
    "myproxy": [("myproxy: px.example.org:7512", 'MyProxyServer = "px.example.org:7512"')],
    "tags": [("tags: {a: no, b: 1.10, c: true}", 'UserTags = [a = "no"; b = "1.10"; c = "true"]')],
    "jdl": [("jdl: {Extra: '{1, 2}', Other: 3, Flag: true}", "Extra = {1, 2}; Other = 3; Flag = true")],
}


def test_every_key_has_a_case() -> None:
    assert CASES.keys() == {name for name, key in KEYS.items() if key.kind is not Kind.SECTION}


@pytest.mark.parametrize(("text", "wanted"), [case for cases in CASES.values() for case in cases])
def test_becomes_jdl(text: str, wanted: str) -> None:
    ad = the_ad((text if text.startswith("run:") else RUN + text) + "\n")
    expected = parse_ad_tolerant(f"[{wanted}]", jdl=True)[0]
    assert {name: ad[name] for name in expected} == dict(expected.items())
    assert set(ad) <= {*expected, "Executable"}


def test_conditions_are_joined() -> None:
    reading = read(RUN + "needs:\n  memory: 1 GiB\n  where: other.A || other.B\njdl: {Requirements: other.C}\n")
    assert "(other.GlueHostMainMemoryRAMSize >= 1024) &&\n    (other.A || other.B) &&\n    (other.C)" in reading.jdl


def test_several_jobs_can_be_kept_under_jdl() -> None:
    compound = read("jdl: {Type: '\"dag\"', Nodes: '[ a = [ Executable = \"/bin/ls\" ] ]'}").compound
    assert compound is not None
    assert [node.name for node in compound.nodes] == ["a"]
