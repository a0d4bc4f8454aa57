"""Each rule of the mapping table has a case: a part of a document, and the JDL that it becomes."""

from __future__ import annotations

import pytest

from gridwms.classad import parse_ad_tolerant
from gridwms.describe.jsdl.schema import ELEMENTS
from gridwms.describe.jsdl.terms import ARCHITECTURES, OPERATING_SYSTEMS
from tests.describe.jsdl.given import PROGRAM, document, read, the_ad

GIB = 1 << 30
RAM, VIRTUAL = "other.GlueHostMainMemoryRAMSize", "other.GlueHostMainMemoryVirtualSize"
SPEED, CPU_TIME = "other.GlueHostProcessorClockSpeed", "other.GlueCEPolicyMaxCPUTime"


def staging(inner: str) -> str:
    return f"<DataStaging><FileName>f</FileName><CreationFlag>overwrite</CreationFlag>{inner}</DataStaging>"


CASES: dict[str, tuple[dict[str, str], str]] = {
    "JobName": ({"identification": "<JobName>my job</JobName>"}, 'NodeName = "my job"'),
    "Description": ({"identification": "<Description>d</Description>"}, 'UserTags = [ Description = "d" ]'),
    "JobAnnotation": ({"identification": "<JobAnnotation>a</JobAnnotation>"}, 'UserTags = [ JobAnnotation = "a" ]'),
    "JobProject": (
        {"identification": "<JobProject>a</JobProject><JobProject>b</JobProject>"},
        'UserTags = [ JobProject = "a"; JobProject2 = "b" ]',
    ),
    "ApplicationName": (
        {"application": "<ApplicationName>gnuplot</ApplicationName>"},
        'UserTags = [ ApplicationName = "gnuplot" ]',
    ),
    "ApplicationVersion": (
        {"application": "<ApplicationVersion>4</ApplicationVersion>"},
        'UserTags = [ ApplicationVersion = "4" ]',
    ),
    "Argument": (
        {"program": f"{PROGRAM}<p:Argument>a b</p:Argument><p:Argument>$HOME</p:Argument><p:Argument/>"},
        "Arguments = \"'a b' '$HOME' ''\"",
    ),
    "Argument with a quote": (
        {"program": f"{PROGRAM}<p:Argument>it's</p:Argument>"},
        "Arguments = \"'it'\\\"'\\\"'s'\"",
    ),
    "Argument below HOME": (
        {"program": f'{PROGRAM}<p:Argument filesystemName="HOME">x y</p:Argument>'},
        'Arguments = "\\"$HOME\\"/\'x y\'"',
    ),
    "Executable below a file system": (
        {
            "program": '<p:Executable filesystemName="opt">bin/x</p:Executable>',
            "resources": '<FileSystem name="opt"><MountPoint>/opt</MountPoint></FileSystem>',
        },
        'Executable = "/opt/bin/x"',
    ),
    "Input, Output, Error": (
        {"program": f"{PROGRAM}<p:Input>/i</p:Input><p:Output>o</p:Output><p:Error>e</p:Error>"},
        'StdInput = "/i"; StdOutput = "o"; StdError = "e"',
    ),
    "Environment": (
        {"program": f'{PROGRAM}<p:Environment name="A"> b "c"\n</p:Environment><p:Environment name="B"/>'},
        'Environment = { "A= b \\"c\\"\\n", "B=" }',
    ),
    "WallTimeLimit": (
        {"program": f"{PROGRAM}<p:WallTimeLimit>61</p:WallTimeLimit>"},
        "Requirements = other.GlueCEPolicyMaxWallClockTime >= 2",
    ),
    "CPUTimeLimit": ({"program": f"{PROGRAM}<p:CPUTimeLimit>60</p:CPUTimeLimit>"}, f"Requirements = {CPU_TIME} >= 1"),
    "MemoryLimit": ({"program": f"{PROGRAM}<p:MemoryLimit>{GIB}</p:MemoryLimit>"}, f"Requirements = {RAM} >= 1024"),
    "VirtualMemoryLimit": (
        {"program": f"{PROGRAM}<p:VirtualMemoryLimit>{GIB + 1}</p:VirtualMemoryLimit>"},
        f"Requirements = {VIRTUAL} >= 1025",
    ),
    "HPCProfileApplication": (
        {
            "kind": "h:HPCProfileApplication",
            "program": "<h:Executable>/bin/x</h:Executable><h:Argument>a b</h:Argument><h:Output>"
            'o</h:Output><h:Environment name="A">1</h:Environment>',
        },
        'Executable = "/bin/x"; Arguments = "\'a b\'"; StdOutput = "o"; Environment = { "A=1" }',
    ),
    "SPMDApplication": (
        {
            "kind": "s:SPMDApplication",
            "program": f"{PROGRAM}<s:NumberOfProcesses>8</s:NumberOfProcesses>"
            "<s:ProcessesPerHost>2</s:ProcessesPerHost>"
            "<s:ThreadsPerProcess>3</s:ThreadsPerProcess><s:SPMDVariation>http://www.ogf.org/jsdl/2007/02/jsdl-spmd/MPICH2</s:SPMDVariation>",
        },
        'JobType = "MPICH"; CPUNumber = 24; SMPGranularity = 6;'
        ' Environment = { "OMP_NUM_THREADS=3" }; UserTags = [ SPMDVariation = "MPICH2" ]',
    ),
    "one CandidateHost": (
        {"resources": "<CandidateHosts><HostName>a.b</HostName></CandidateHosts>"},
        'Requirements = other.GlueCEInfoHostName == "a.b"',
    ),
    "CandidateHosts": (
        {"resources": "<CandidateHosts><HostName>a.b</HostName><HostName>c</HostName></CandidateHosts>"},
        'Requirements = member(other.GlueCEInfoHostName, { "a.b", "c" })',
    ),
    "ExclusiveExecution": ({"resources": "<ExclusiveExecution>true</ExclusiveExecution>"}, "WholeNodes = true"),
    "ExclusiveExecution false": ({"resources": "<ExclusiveExecution>0</ExclusiveExecution>"}, 'Executable = "/bin/ls"'),
    "OperatingSystemVersion": (
        {"resources": "<OperatingSystem><OperatingSystemVersion>7</OperatingSystemVersion></OperatingSystem>"},
        'Requirements = other.GlueHostOperatingSystemRelease == "7"',
    ),
    "a rare OperatingSystemName": (
        {
            "resources": "<OperatingSystem><OperatingSystemType><OperatingSystemName>IRIX</OperatingSystemName>"
            "</OperatingSystemType></OperatingSystem>"
        },
        'Requirements = other.GlueHostOperatingSystemName == "IRIX"',
    ),
    "IndividualCPUSpeed, exact": (
        {"resources": "<IndividualCPUSpeed><Exact>2.4e9</Exact></IndividualCPUSpeed>"},
        f"Requirements = {SPEED} == 2400",
    ),
    "IndividualCPUSpeed, epsilon": (
        {"resources": '<IndividualCPUSpeed><Exact epsilon="1e8">2.4e9</Exact></IndividualCPUSpeed>'},
        f"Requirements = {SPEED} >= 2300 && {SPEED} <= 2500",
    ),
    "IndividualCPUTime": (
        {"resources": "<IndividualCPUTime><LowerBoundedRange>3601</LowerBoundedRange></IndividualCPUTime>"},
        f"Requirements = {CPU_TIME} >= 61",
    ),
    "TotalCPUTime": (
        {"resources": "<TotalCPUTime><Exact>600</Exact></TotalCPUTime>"},
        f"Requirements = {CPU_TIME} >= 10",
    ),
    "IndividualPhysicalMemory, lower": (
        {
            "resources": "<IndividualPhysicalMemory><LowerBoundedRange>"
            f"{GIB}.0</LowerBoundedRange></IndividualPhysicalMemory>"
        },
        f"Requirements = {RAM} >= 1024",
    ),
    "IndividualPhysicalMemory, upper": (
        {
            "resources": "<IndividualPhysicalMemory><UpperBoundedRange>"
            f"{GIB}</UpperBoundedRange></IndividualPhysicalMemory>"
        },
        f"Requirements = {RAM} <= 1024",
    ),
    "IndividualPhysicalMemory, open": (
        {
            "resources": f'<IndividualPhysicalMemory><LowerBoundedRange exclusiveBound="true">{GIB}</LowerBoundedRange>'
            "</IndividualPhysicalMemory>"
        },
        f"Requirements = {RAM} > 1024",
    ),
    "IndividualPhysicalMemory, exact": (
        {"resources": f"<IndividualPhysicalMemory><Exact>{GIB}</Exact></IndividualPhysicalMemory>"},
        f"Requirements = {RAM} >= 1024",
    ),
    "IndividualPhysicalMemory, alternatives": (
        {
            "resources": f"<IndividualPhysicalMemory><Exact>{GIB}</Exact><Range><LowerBound>{4 * GIB}</LowerBound>"
            f"<UpperBound>{8 * GIB}</UpperBound></Range></IndividualPhysicalMemory>"
        },
        f"Requirements = {RAM} >= 1024 || ({RAM} >= 4096 && {RAM} <= 8192)",
    ),
    "IndividualVirtualMemory": (
        {
            "resources": "<IndividualVirtualMemory><Range><LowerBound>"
            f"{GIB}</LowerBound><UpperBound>{2 * GIB}</UpperBound>"
            "</Range></IndividualVirtualMemory>"
        },
        f"Requirements = {VIRTUAL} >= 1024 && {VIRTUAL} <= 2048",
    ),
    "TotalPhysicalMemory of two hosts": (
        {
            "resources": f"<TotalPhysicalMemory><Exact>{GIB}</Exact></TotalPhysicalMemory>"
            "<TotalResourceCount><Exact>2</Exact></TotalResourceCount>"
        },
        f"Requirements = {RAM} >= 512; HostNumber = 2; CPUNumber = 2",
    ),
    "TotalVirtualMemory": (
        {"resources": f"<TotalVirtualMemory><Exact>{GIB}</Exact></TotalVirtualMemory>"},
        f"Requirements = {VIRTUAL} >= 1024",
    ),
    "TotalCPUCount": ({"resources": "<TotalCPUCount><Exact>4.0</Exact></TotalCPUCount>"}, "CPUNumber = 4"),
    "IndividualCPUCount": (
        {"resources": "<IndividualCPUCount><Exact>4</Exact></IndividualCPUCount>"},
        "CPUNumber = 4; SMPGranularity = 4",
    ),
    "IndividualCPUCount of hosts": (
        {
            "resources": "<IndividualCPUCount><Exact>4</Exact></IndividualCPUCount>"
            "<TotalResourceCount><Exact>2</Exact></TotalResourceCount>"
        },
        "CPUNumber = 8; HostNumber = 2; Requirements = other.GlueHostArchitectureSMPSize >= 4",
    ),
    "Source": (
        {"staging": staging("<Source><URI>https://h/p%20q</URI></Source>")},
        'InputSandbox = { "https://h/p%20q" }; InputSandboxDestFileName = { "f" }',
    ),
    "Source of a local file": (
        {"staging": staging("<Source><URI>file:///tmp/a%20b</URI></Source>")},
        'InputSandbox = { "/tmp/a b" }; InputSandboxDestFileName = { "f" }',
    ),
    "Source, relative": (
        {"staging": staging("<Source><URI>data/a%2Ab</URI></Source>")},
        'InputSandbox = { "data/a[*]b" }; InputSandboxDestFileName = { "f" }',
    ),
    "Source without URI": (
        {"staging": staging("<Source/>")},
        'InputSandbox = { "f" }; InputSandboxDestFileName = { "f" }',
    ),
    "Target without URI": ({"staging": staging("<Target/>")}, 'OutputSandbox = { "f" }'),
    "Target": (
        {"staging": staging("<Target><URI>https://h/x</URI></Target>")},
        'OutputSandbox = { "f" }; OutputSandboxDestURI = { "https://h/x" }',
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_becomes_jdl(case: str) -> None:
    parts, wanted = CASES[case]
    ad = the_ad(document(**parts))
    expected = parse_ad_tolerant(f"[{wanted}]", jdl=True)[0]
    assert {name: ad[name] for name in expected} == dict(expected.items())
    assert set(map(str.lower, ad)) <= {*map(str.lower, expected), "executable"}


@pytest.mark.parametrize("name", OPERATING_SYSTEMS)
def test_known_operating_systems_are_patterns(name: str) -> None:
    resources = (
        f"<OperatingSystem><OperatingSystemType><OperatingSystemName>{name}</OperatingSystemName></OperatingSystemType>"
        "</OperatingSystem>"
    )
    clause = str(the_ad(document(resources=resources))["Requirements"])
    assert "regexp" in clause
    assert "GlueHostOperatingSystemName" in clause


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_architectures(name: str) -> None:
    resources = f"<CPUArchitecture><CPUArchitectureName>{name}</CPUArchitectureName></CPUArchitecture>"
    assert "GlueHostArchitecturePlatformType" in str(the_ad(document(resources=resources))["Requirements"])


LOST: dict[str, dict[str, str]] = {
    **{
        name: {"program": f"{PROGRAM}<p:{name}>1</p:{name}>"}
        for name in (
            *("WorkingDirectory", "FileSizeLimit", "CoreDumpLimit", "DataSegmentLimit", "LockedMemoryLimit"),
            *("OpenDescriptorsLimit", "PipeSizeLimit", "StackSizeLimit", "ProcessCountLimit", "ThreadCountLimit"),
            *("UserName", "GroupName"),
        )
    },
    **{
        name: {"resources": f"<{name}><Exact>1</Exact></{name}>"}
        for name in ("IndividualNetworkBandwidth", "IndividualDiskSpace", "TotalDiskSpace")
    },
    "TotalCPUCount": {
        "resources": "<TotalCPUCount><Range><LowerBound>2</LowerBound>"
        "<UpperBound>4</UpperBound></Range></TotalCPUCount>"
    },
    "OperatingSystemName": {
        "resources": "<OperatingSystem><OperatingSystemType><OperatingSystemName>other</OperatingSystemName>"
        "</OperatingSystemType></OperatingSystem>"
    },
    "CPUArchitectureName": {
        "resources": "<CPUArchitecture><CPUArchitectureName>other</CPUArchitectureName></CPUArchitecture>"
    },
    "FileSystem": {"resources": '<FileSystem name="x"/>'},
    "DiskSpace": {"resources": '<FileSystem name="HOME"><DiskSpace><Exact>1</Exact></DiskSpace></FileSystem>'},
    "CreationFlag": {
        "staging": "<DataStaging><FileName>f</FileName><CreationFlag>append</CreationFlag><Target/></DataStaging>"
    },
    "DeleteOnTermination": {"staging": staging("<DeleteOnTermination>false</DeleteOnTermination><Target/>")},
    "FilesystemName": {
        "staging": "<DataStaging><FileName>f</FileName><FilesystemName>HOME</FilesystemName>"
        "<CreationFlag>overwrite</CreationFlag><Target/></DataStaging>"
    },
    "DataStaging": {"staging": staging("")},
    "JobDescription/Extra": {"end": "<x:Extra>1</x:Extra>"},
}


@pytest.mark.parametrize("name", LOST)
def test_is_lost_by_name(name: str) -> None:
    reading = read(document(**LOST[name]))
    assert reading.errors == ()
    assert [lost.what for lost in reading.lost] == [name]
    assert all(lost.place[0] and lost.why for lost in reading.lost)


def test_every_element_is_mapped_lost_or_holds_others() -> None:
    """A document with everything in the table: whatever leaves no trace in the JDL is a wrapper or is lost."""
    tested = (
        str(CASES) + str(LOST) + "JobDefinition JobDescription JobIdentification Application POSIXApplication Resources"
    )
    untested = {
        name for name in ELEMENTS if name.split(":")[1] not in tested and not name.startswith(("hpc:", "gridwms:"))
    }
    assert untested == {"jsdl:FileSystemType", "jsdl:MountSource"}
