"""`glite-wms-job-submit`: its texts to the letter, what it sends, and what it refuses."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from gridwms.x509.pem import certificates_in
from tests.glite.conftest import Command
from tests.glite.fake import Fake, fault

KEY = rsa.generate_private_key(65537, 2048)
REQUEST = (
    x509.CertificateSigningRequestBuilder()
    .subject_name(x509.Name([]))
    .sign(KEY, hashes.SHA256())
    .public_bytes(serialization.Encoding.PEM)
    .decode()
)
ID = "https://lb.example.org:9000/AbCdEfGhIjKlMnOpQrStUv"
SUCCESS = """
Connecting to the service {url}


====================== glite-wms-job-submit Success ======================

The job has been successfully {verb} to the WMProxy
Your job identifier is:

{id}

{kept}==========================================================================

{after}
"""


def struct(job: str, *children: tuple[str, str]) -> str:
    below = "".join(
        f"<childrenJob><id>{child}</id><name>{name}</name><path/></childrenJob>" for name, child in children
    )
    return f"<jobIdStruct><id>{job}</id><name/><path>/x</path>{below}</jobIdStruct>"


@pytest.fixture
def wms(fake: Fake) -> Fake:
    """A service that takes every job."""
    fake.answers |= {
        "getProxyReq": f"<getProxyReqReturn>{REQUEST}</getProxyReqReturn>",
        "jobSubmit": struct(ID),
        "jobRegister": struct(ID),
        "getFreeQuota": "<softLimit>1000000</softLimit><hardLimit>1000000</hardLimit>",
        "getMaxInputSandboxSize": "<size>1000000</size>",
        "getSandboxBulkDestURI": lambda parts: (
            f"<DestURIsStructType><Item><id>{ID}</id><Item>gsiftp://x/y</Item><Item>{fake.base}/in</Item></Item>"
            "</DestURIsStructType>"
        ),
    }
    return fake


@pytest.fixture
def simple(user: Path) -> Path:
    path = user / "simple.jdl"
    path.write_text('# what is run\nExecutable = "/bin/hostname"; My_Own = "kept";')
    return path


@pytest.fixture
def with_files(user: Path) -> Path:
    (user / "run.sh").write_text("#!/bin/sh\n")
    path = user / "files.jdl"
    path.write_text('[ Executable = "run.sh"; InputSandbox = {"run.sh"}; ]')
    return path


def sent(fake: Fake, operation: str) -> str:
    """The description that was sent with it."""
    return next(parts["jdl"] for name, parts in fake.calls if name == operation)


def test_without_files_it_is_one_call_and_the_text_is_the_one_that_scripts_know(
    wms: Fake, run: Command, simple: Path, user: Path
) -> None:
    said = run("submit", "-a", "-e", wms.url, "-o", "ids", simple)
    kept = f"The job identifier has been saved in the following file:\n{user / 'ids'}\n\n"
    assert said.out == SUCCESS.format(url=wms.url, verb="submitted", id=ID, kept=kept, after="")
    assert (said.code, said.err) == (0, "")
    assert wms.operations == ["getVersion", "getProxyReq", "putProxy", "jobSubmit"]
    assert 'My_Own = "kept"' in sent(wms, "jobSubmit")
    assert 'VirtualOrganisation = "testvo"' in sent(wms, "jobSubmit")
    assert (user / "ids").read_text() == f"###Submitted Job Ids###\n{ID}\n"
    run("submit", "-a", "-e", wms.url, "-o", "ids", simple)
    assert (user / "ids").read_text() == f"###Submitted Job Ids###\n{ID}\n{ID}\n"


def test_the_proxy_that_is_delegated_is_one_for_the_key_of_the_request(wms: Fake, run: Command, simple: Path) -> None:
    run("submit", "-a", "-e", wms.url, simple)
    names = [parts["delegationID"] for name, parts in wms.calls if name in ("getProxyReq", "putProxy")]
    assert len(set(names)) == 1
    assert len(names[0]) >= 22
    chain = certificates_in(next(parts["proxy"] for name, parts in wms.calls if name == "putProxy").encode(), "it")
    assert chain[0].public_key() == KEY.public_key()
    assert [parts["delegationId"] for name, parts in wms.calls if name == "jobSubmit"] == names[:1]
    run("submit", "-d", "mine", "-e", wms.url, simple)
    assert wms.calls[-1][1]["delegationId"] == "mine"


def test_files_are_sent_before_the_start(wms: Fake, run: Command, with_files: Path) -> None:
    said = run("submit", "-d", "mine", "-e", wms.url, with_files)
    assert said.code == 0
    assert wms.operations[-4:] == ["getMaxInputSandboxSize", "jobRegister", "getSandboxBulkDestURI", "jobStart"]
    assert wms.files == {"/in/run.sh": b"#!/bin/sh\n"}


def test_files_that_do_not_arrive(wms: Fake, run: Command, user: Path) -> None:
    (user / "full").write_text("x")
    (user / "x.jdl").write_text('Executable = "full"; InputSandbox = "full";')
    said = run("submit", "-d", "mine", "-e", wms.url, "-o", "ids", "x.jdl")
    assert said.code == 1
    title = f"The job has been successfully registered (the JobId is: {ID}), but an error occurred while transferring"
    assert f"\nError - {title} files:\n" in said.err
    assert "the disk is full" in said.err
    assert f"submission with the option:\n --start {ID}\n" in said.err
    remark = "#*Following Job Registered but Submission failed (try use --start option)"
    assert (user / "ids").read_text() == f"###Submitted Job Ids###\n{remark}\n{ID}\n"
    assert "jobStart" not in wms.operations


def test_registering_only(wms: Fake, run: Command, with_files: Path, simple: Path, user: Path) -> None:
    said = run("submit", "-d", "mine", "-e", wms.url, "--register-only", simple)
    after = f"To complete the operation start the job by issuing a submission with the option:\n --start {ID}\n"
    assert said.out == SUCCESS.format(url=wms.url, verb="registered", id=ID, kept="", after=after)
    said = run("submit", "-d", "mine", "-e", wms.url, "--register-only", with_files)
    after = (
        "To complete the operation, the following InputSandbox files need to be transferred:\n\n"
        + "=" * 106
        + f"\nInputSandbox file : {user / 'run.sh'}\nDestination : {wms.base}/in/run.sh\n"
        + "-" * 77
        + f"\n\nthen start the job by issuing a submission with the option:\n --start {ID}\n"
    )
    assert said.out == SUCCESS.format(url=wms.url, verb="registered", id=ID, kept="", after=after)
    assert wms.files == {}
    run("submit", "-d", "mine", "-e", wms.url, "--register-only", "--transfer-files", with_files)
    assert list(wms.files) == ["/in/run.sh"]
    assert "jobStart" not in wms.operations


def test_starting(wms: Fake, run: Command) -> None:
    job = wms.job("registered", "Submitted")
    said = run("submit", "--start", job)
    assert said.out == SUCCESS.format(url=wms.url, verb="started", id=job, kept="", after="")
    assert wms.calls == [("jobStart", {"jobId": job})]


def test_an_archive_of_the_input_sandbox(wms: Fake, run: Command, user: Path, with_files: Path) -> None:
    (user / "zip.jdl").write_text('Executable = "run.sh"; InputSandbox = {"run.sh"}; AllowZippedISB = true;')
    said = run("submit", "-d", "mine", "-e", wms.url, "--debug", "zip.jdl")
    assert "File archiving and file compression allowed by user in the JDL" in said.out
    assert re.search(r"ISB ZIPPED file successfully created: \S+\.tar\.gz\n", said.out)
    assert f"The JobId is: {ID}\n" in said.out
    [(path, content)] = wms.files.items()
    with tarfile.open(fileobj=BytesIO(content)) as archive:
        assert archive.getnames() == ["run.sh"]
    assert f'ZippedISB = {{ "{path.rpartition("/")[2]}" }};' in sent(wms, "jobRegister")
    assert f'ZippedISB = {{ "{path.rpartition("/")[2]}" }};' in said.out
    assert re.search(
        r"^\d\d [A-Z][a-z]+ \d{4}, \d\d:\d\d:\d\d -I- PID: \d+ \(Debug\) - Registering JDL", said.out, re.M
    )
    said = run("submit", "-d", "mine", "-e", wms.url, "--register-only", "zip.jdl")
    assert "the following file containing the InputSandbox of the job needs to be transferred:" in said.out
    kept = re.search(r"^ISB ZIP file : (.*)$", said.out, re.M)
    assert kept is not None
    assert Path(kept[1]).is_file()
    Path(kept[1]).unlink()
    Path(kept[1]).parent.rmdir()


def test_what_programs_read(wms: Fake, run: Command, simple: Path, user: Path) -> None:
    assert run("submit", "-d", "mine", "-e", wms.url, "--nomsg", simple).out == f"{ID}\n"
    said = run("submit", "-d", "mine", "-e", wms.url, "--json", simple)
    assert said.out == f'{{"result": "success", "jobid": "{ID}", "endpoint": "{wms.url}"}}\n'
    wms.answers["jobSubmit"] = struct(ID, ("a", f"{ID}a"), ("b", f"{ID}b"))
    said = run("submit", "-d", "mine", "-e", wms.url, "--json", simple)
    children = f'{{"a": "{ID}a", "b": "{ID}b"}}'
    told = f'{{"result": "success", "parent": "{ID}", "endpoint": "{wms.url}", "children": {children}}}'
    assert said.out == f"{told}\n"
    assert json.loads(run("submit", "-d", "x", "-e", wms.url, "--json", "--pretty-print", simple).out) == json.loads(
        told
    )
    said = run("submit", "-d", "mine", "-e", wms.url, "--pretty-print", simple)
    assert said.out.splitlines()[1:5] == [
        "  result: success",
        f"  parent: {ID}",
        f"  endpoint: {wms.url}",
        "  children: {",
    ]
    wms.answers["jobSubmit"] = fault("InvalidArgumentFault", "no")
    said = run("submit", "-d", "mine", "-e", wms.url, "--json", simple)
    assert json.loads(said.out)["result"] == "failure"
    assert said.code == 1


def test_what_options_put_into_the_description(
    wms: Fake, run: Command, simple: Path, configured: Callable[..., Path], user: Path
) -> None:
    configured(
        'JdlDefaultAttributes = [ RetryCount = 7; Rank = -other.X; My_Own = "not this"; VirtualOrganisation = "o" ]'
    )
    (user / "default.jdl").write_text("Attribute = 'Test default jdl'; RetryCount = 1;")
    words = [
        "-r",
        "ce.example.org:2119/jobmanager-x-q",
        "--lrms",
        "pbs",
        "--valid",
        "1:30",
        "--default-jdl",
        "default.jdl",
    ]
    said = run("submit", "-d", "mine", "-e", wms.url, *words, simple)
    assert "VirtualOrganisation Value Mismatch:" in said.err
    text = sent(wms, "jobSubmit")
    for line in (
        'SubmitTo = "ce.example.org:2119/jobmanager-x-q"',
        'LRMS_type = "pbs"',
        "Attribute = 'Test default jdl'",
        "RetryCount = 7",
        "Rank = -other.X",
        'My_Own = "kept"',
        'VirtualOrganisation = "testvo"',
    ):
        assert line in text
    assert re.search(r"ExpiryTime = \d{10};", text)


def test_compound_jobs(wms: Fake, run: Command, user: Path, configured: Callable[..., Path]) -> None:
    configured("JdlDefaultAttributes = [ RetryCount = 7 ]")
    folder = user / "jobs"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.in").write_text(name)
        (folder / f"{name}.jdl").write_text(f'Executable = "/bin/cat"; InputSandbox = {{"{name}.in"}};')
        (folder / f"{name}.in").rename(user / f"{name}.in")
    ids = {name: f"{ID}{name}" for name in ("a", "b")}
    wms.answers["jobRegister"] = struct(ID, *ids.items())
    items = "".join(f"<Item><id>{job}</id><Item>{wms.base}/{name}</Item></Item>" for name, job in ids.items())
    wms.answers["getSandboxBulkDestURI"] = f"<DestURIsStructType>{items}</DestURIsStructType>"
    said = run("submit", "-d", "mine", "-e", wms.url, "--collection", folder)
    assert said.code == 0, said.err
    assert wms.files == {"/a/a.in": b"a", "/b/b.in": b"b"}
    assert "DefaultNodeRetryCount = 7" in sent(wms, "jobRegister")
    wms.calls.clear()
    said = run("submit", "-d", "mine", "-e", wms.url, "--dag", folder, "--nodes-resource", "ce/q")
    assert said.code == 0, said.err
    assert re.search(r'Type = "dag"', sent(wms, "jobRegister"))
    assert sent(wms, "jobRegister").count('SubmitTo = "ce/q"') == 2


def test_jsdl(wms: Fake, run: Command, user: Path) -> None:
    (user / "x.jsdl").write_text(
        '<j:JobDefinition xmlns:j="u"><j:JobDescription><a>1</a></j:JobDescription></j:JobDefinition>'
    )
    wms.answers["jobSubmitJSDL"] = struct(ID)
    assert run("submit", "-d", "mine", "-e", wms.url, "--jsdl", "x.jsdl").code == 0
    assert wms.operations[-1] == "jobSubmitJSDL"
    assert list(wms.calls[-1][1]) == ["delegationId", "jsdl"]
    said = run("submit", "-d", "mine", "-e", wms.url, "--jsdl", "none")
    assert "Error - Wrong Option\n--jsdl: no valid JSDL file path  (none)" in said.err


def test_a_resource_out_of_a_file(wms: Fake, run: Command, user: Path, simple: Path) -> None:
    (user / "ces").write_text("# mine\n//no\nce1/q\nce2/q\n")
    run("submit", "-d", "mine", "-e", wms.url, "-i", "ces", "--noint", simple)
    assert 'SubmitTo = "ce1/q"' in sent(wms, "jobSubmit")
    wms.calls.clear()
    said = run("submit", "-d", "mine", "-e", wms.url, "-i", "ces", simple, typed="2\n")
    assert 'SubmitTo = "ce2/q"' in sent(wms, "jobSubmit")
    assert "1 : ce1/q\n2 : ce2/q\nq : quit\n" in said.out
    assert "Choose one resource in the list : " in said.out


def test_limits_of_the_service(wms: Fake, run: Command, with_files: Path) -> None:
    wms.answers["getFreeQuota"] = "<softLimit>5</softLimit><hardLimit>5</hardLimit>"
    said = run("submit", "-d", "mine", "-e", wms.url, with_files)
    text = "Not enough User-FreeQuota (5 bytes) on the server for the InputSandbox files (10 bytes)"
    assert said.err == f"\nError - UserFreeQuota Error\n{text}\n\n"
    wms.answers["getFreeQuota"] = fault("GetQuotaManagementFault", "no quota")
    wms.answers["getMaxInputSandboxSize"] = "<size>9</size>"
    said = run("submit", "-d", "mine", "-e", wms.url, with_files)
    assert "Error - InputSandboxSize Error\nThe max job size of the InputSandbox (10 bytes)" in said.err
    assert "exceeds the MAX InputSandbox size limit on the server (9 bytes)" in said.err
    assert "jobRegister" not in wms.operations


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-a", "-d", "x", "j"), "Input Option Error"),
        (("-i", "f", "-r", "a/b", "j"), "Input Option Error"),
        (("--valid", "1:00", "--to", "10:00", "j"), "Input Option Error"),
        (("--start", "https://h:9000/u", "-a"), "Input Option Error"),
        (("--json", "--nomsg", "j"), "Input Option Error"),
        (("--json", "-o", "f", "j"), "Input Option Error"),
        (("--vo", "v", "--config", "c", "j"), "Input Option Error"),
        (("--lrms", "pbs", "j"), "Input Option Error"),
        (("--transfer-files", "j"), "Input Option Error"),
        (("-r", "nothing", "-a", "j"), "invalid resource value (nothing)"),
        (("--collection", "d", "j"), "Unknown or incompatible option used with --collection: j"),
        (("-a",), "Error - Wrong Option\nThe last argument must be a JDL file"),
        (("-a", "-a", "j"), "Error - Input Option Error\noption already specified: autm-delegation"),
        (("-o", "-a", "j"), "Error - Wrong Argument Option\nInvalid argument value for the option:"),
        (("-a", "j", "-o", "f"), "Wrong Input Argument: -o"),
        (("-a", "none.jdl"), "The last argument is not a valid path to a JDL file: none.jdl"),
        (("--start", "nothing"), "Error - Wrong Input Value\nall parsed jobids in bad format"),
    ],
)
def test_what_is_refused(run: Command, words: tuple[str, ...], told: str) -> None:
    said = run("submit", *words)
    assert said.code == 1
    assert told in said.err
    assert said.out.startswith('{"result": "failure"') if "--json" in words else said.out.strip() == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--to", "1:02:03", "simple.jdl"), "the time value is not valid (1:02:03)"),
        (("--to", "01:01:00:00:2001", "simple.jdl"), "the time value is out of limit (01:01:00:00:2001)"),
        (("--valid", "0:00", "simple.jdl"), "the time value is not valid (0:00)"),
        (("--collection", "none"), "Error - Wrong Option\n--collection: no valid collection directory (none)"),
        (("-r", "a/b", "dag.jdl"), "Error - Incompatible Argument: --resource, -r\ta/b\ncannot be used for  DAG"),
        (("--nodes-resource", "a/b", "simple.jdl"), "cannot be used for jobs"),
        (("wrong.jdl",), "Error - JDL Error\nSyntax error"),
        (("missing.jdl",), "Error - File Not Found\nInputSandbox: no such file"),
    ],
)
def test_descriptions_that_are_refused(
    wms: Fake, run: Command, simple: Path, user: Path, words: tuple[str, ...], told: str
) -> None:
    (user / "dag.jdl").write_text('[Type = "dag"; Nodes = [a = [Description = [Executable = "x"]]]; Dependencies = {}]')
    (user / "wrong.jdl").write_text("[Executable = ;")
    (user / "missing.jdl").write_text('Executable = "x"; InputSandbox = "x";')
    said = run("submit", "-d", "mine", "-e", wms.url, *words)
    assert said.code == 1
    assert told in said.err
    assert "jobSubmit" not in wms.operations


@pytest.mark.parametrize("words", [(), ("--help",), ("--nothing", "j"), ("--json=1", "j"), ("-ax", "j"), ("-o",)])
def test_usage(run: Command, words: tuple[str, ...]) -> None:
    said = run("submit", *words)
    assert (said.code, said.out) == (255, "")
    assert "Usage: glite-wms-job-submit [options] <jdl file>" in said.err
    for word in ("--autm-delegation, -a", "--valid, -v <hh:mm>", "--nolisten", "--proto <protocol>"):
        assert word in said.err


def test_no_delegation(wms: Fake, run: Command, simple: Path, configured: Callable[..., Path]) -> None:
    said = run("submit", "-e", wms.url, simple)
    assert "Error - Missing Information\nNo delegationId found, please use one of the following methods:" in said.err
    configured('DelegationId = "from-the-settings"')
    assert run("submit", "-e", wms.url, simple).code == 0
    assert wms.calls[-1][1]["delegationId"] == "from-the-settings"


def test_an_id_file_that_is_none(wms: Fake, run: Command, simple: Path, user: Path) -> None:
    (user / "ids").write_text("precious\n")
    said = run("submit", "-d", "mine", "-e", wms.url, "-o", "ids", simple, typed="\n")
    assert "The following pathname is not a valid submission output file:" in said.err
    assert "Do you want to overwrite it ? [y/n]n : " in said.out
    assert said.code == 1
    assert (user / "ids").read_text() == "precious\n"
    assert run("submit", "-d", "mine", "-e", wms.url, "--noint", "-o", "ids", simple).code == 0
    assert (user / "ids").read_text() == f"###Submitted Job Ids###\n{ID}\n"


def test_a_log_file(wms: Fake, run: Command, simple: Path, user: Path) -> None:
    said = run("submit", "-d", "mine", "-e", wms.url, "--logfile", "log", simple)
    assert said.out.endswith(
        "\t\t*** Log file created ***\nPossible Errors and Debug messages have been printed in the following file:\n"
        f"{user / 'log'}\n"
    )
    assert "Submitting JDL" in (user / "log").read_text()
    wms.answers["jobSubmit"] = fault(
        "InvalidArgumentFault", "It is wrong.", "Correct it.", code="1219", method="jobSubmit"
    )
    said = run("submit", "-d", "mine", "-e", wms.url, "--logfile", "log", simple)
    assert said.err == (
        f"\nError - Operation failed\nUnable to submit the job to the service: {wms.url}\n"
        "It is wrong.\nCorrect it.\nMethod: jobSubmit\nError code: 1219\n\n"
        f"\nPossible Errors and Debug messages have been printed in the following file:\n{user / 'log'}\n\n"
    )
