"""The other commands that speak WMProxy: their texts to the letter, and what they refuse."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from gridwms.glite import info, output, perusal
from gridwms.glite.list_match import listing
from gridwms.glite.wording import stripe, time_left
from tests.glite.conftest import Command
from tests.glite.fake import Fake, fault
from tests.glite.test_submit import REQUEST

RULE = "=" * 74
CONNECTING = "\nConnecting to the service {url}\n\n"


@pytest.fixture
def jdl(user: Path) -> Path:
    path = user / "a.jdl"
    path.write_text('Executable = "/bin/hostname";')
    return path


def matching(*places: tuple[str, int]) -> str:
    files = "".join(f"<file><name>{ce}</name><size>{rank}</size></file>" for ce, rank in places)
    return f"<CEIdAndRankList>{files}</CEIdAndRankList>"


def test_list_match(fake: Fake, run: Command, jdl: Path, user: Path) -> None:
    ce = "ce.example.org:8443/cream-pbs-long"
    fake.answers["jobListMatch"] = matching((ce, -120))
    connecting = CONNECTING.format(url=fake.url)
    head = (
        f"{RULE}\n\n\t\t     COMPUTING ELEMENT IDs LIST \n"
        " The following CE(s) matching your job requirements have been found:\n\n"
    )
    said = run("list-match", "-d", "x", "-e", fake.url, jdl)
    assert said.out == f"{connecting}{head}\t*CEId*\n - {ce}\n\n{RULE}\n\n\n"
    assert said.code == 0
    said = run("list-match", "-d", "x", "-e", fake.url, "--rank", jdl)
    ranked = f"\t*CEId*{' ' * 51}*Rank*\n\n - {ce}{' ' * (65 - len(ce))}-120\n"
    assert said.out == f"{connecting}{head}{ranked}\n{RULE}\n\n\n"
    said = run("list-match", "-d", "x", "-e", fake.url, "-o", "found", jdl)
    assert (user / "found").read_text() == f"{head}\t*CEId*\n - {ce}\n\n{RULE}\n\n"
    assert f"{'=' * 25} glite-wms-job-list-match success {'=' * 25}\n" in said.out
    assert f"have been stored in the file:\n{user / 'found'}\n" in said.out
    said = run("list-match", "-d", "x", "-e", fake.url, "-o", "found", jdl, typed="n\n")
    assert (said.code, "Do you want to overwrite it ?" in said.out) == (103, True)
    said = run("list-match", "-d", "x", "-e", fake.url, "--json", "--rank", jdl)
    assert said.out == f'{{ "result": "success", "ceid": ["{ce}"], "rank": [-120] }}\n'
    assert "Rank" not in fake.calls[-1][1]["jdl"]


def test_an_element_with_a_long_name_does_not_touch_its_rank() -> None:
    assert f" - {'x' * 70} 5\n" in listing([("x" * 70, 5)], rank=True)


@pytest.mark.parametrize("nothing", [matching(), fault("NoSuitableResourcesFault", "none")])
def test_nothing_matches(fake: Fake, run: Command, jdl: Path, nothing: str) -> None:
    fake.answers["jobListMatch"] = nothing
    said = run("list-match", "-d", "x", "-e", fake.url, jdl)
    banner = "==================== glite-wms-job-list-match failure ===================="
    text = "No Computing Element matching your job requirements has been found!"
    assert said.out == f"{CONNECTING.format(url=fake.url)}{banner}\n{text}\n{RULE}\n\n"
    assert said.code == 0
    assert json.loads(run("list-match", "-d", "x", "-e", fake.url, "--json", jdl).out)["ceid"] == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('Type = "collection"; Nodes = {[Executable = "x"]};', "Collection type is not supported for list match"),
        ('Type = "dag"; Nodes = [];', "DAG type is not supported for list match"),
        (
            'Executable = "x"; SubmitTo = "a/b";',
            "Error - submitTo\nForcing CEId for job-list-match does not make sense",
        ),
    ],
)
def test_what_is_not_matched(fake: Fake, run: Command, user: Path, text: str, told: str) -> None:
    (user / "x.jdl").write_text(text)
    said = run("list-match", "-d", "x", "-e", fake.url, "x.jdl")
    assert (said.code, told in said.err) == (1, True)
    fake.answers["jobListMatch"] = fault("InvalidArgumentFault", "wrong")
    (user / "x.jdl").write_text('Executable = "x";')
    assert "Unable to perform the operation: wrong" in run("list-match", "-d", "x", "-e", fake.url, "x.jdl").err


def test_delegate_proxy(fake: Fake, run: Command, user: Path) -> None:
    fake.answers["getProxyReq"] = f"<getProxyReqReturn>{REQUEST}</getProxyReqReturn>"
    said = run("delegate-proxy", "-d", "mydeleg", "-e", fake.url, "-o", "kept")
    name = "glite-wms-job-delegate-proxy"
    assert said.out == (
        f"{CONNECTING.format(url=fake.url)}\n================== {name} Success ==================\n\n"
        f"Your proxy has been successfully delegated to the WMProxy(s):\n{fake.url}\n"
        "with the delegation identifier: mydeleg\n"
        f"\nThe DelegateProxy result  has been saved in the following file:\n{user / 'kept'}\n\n{RULE}\n\n\n"
    )
    kept = (user / "kept").read_text()
    assert re.fullmatch(
        rf"{name} \(\d\d \w+ \d{{4}}, [\d:]{{8}} \)\n={{73}}\nWMProxy: .*\ndelegation ID: mydeleg\n", kept
    )
    said = run("delegate-proxy", "-a", "-e", fake.url)
    assert "\ndelegation identifier was automatically generated\n" in said.out
    fake.answers["putProxy"] = fault("DelegationException", "no")
    said = run("delegate-proxy", "-a", "-e", fake.url)
    assert f"Unable to delegate the credential to the endpoint: {fake.url}\nno" in said.err


def test_cancel(fake: Fake, run: Command, user: Path) -> None:
    job = fake.job("one", "Scheduled")
    question = "\nAre you sure you want to remove specified job(s) [y/n]y : "
    done = (
        f"{CONNECTING.format(url=fake.url)}\n"
        "============================= glite-wms-job-cancel Success =============================\n\n"
        "The cancellation request has been successfully submitted for the following job(s):\n\n"
        f"- {job}\n\n{'=' * 88}\n\n\n"
    )
    said = run("cancel", job, typed="\n")
    assert said.out == question + done
    assert fake.calls == [("jobCancel", {"jobId": job})]
    said = run("cancel", job, typed="n\n")
    assert (said.code, said.out) == (1, f"{question}bye\n")
    assert run("cancel", "--noint", job).out == done
    entry = f'{{ "endpoint": "{fake.url}", "status": "cancel requested" }}'
    assert run("cancel", "--json", job).out == f'{{ "result": "success", "jobs": {{ "{job}": {entry} }} }}\n'
    said = run("cancel", "--noint", "-o", "kept", job)
    assert f"job(s) are stored in the file:\n{user / 'kept'}\n\n{RULE}\n" in said.out
    assert f"- {job}\n" in (user / "kept").read_text()


def test_which_jobs_may_be_cancelled(fake: Fake, run: Command) -> None:
    ended = fake.job("ended", "Done", text="Done (Success)", done_code="OK")
    failed = fake.job("failed", "Done", text="Done (Failed)", done_code="FAILED")
    said = run("cancel", "--noint", ended)
    assert (said.code, said.err) == (1, "\nError - Cancel not allowed\nCurrent Job Status is Done (Success)\n\n")
    said = run("cancel", "--noint", ended, failed)
    assert said.code == 0
    assert f"Warning - Not allowed to cancel the job:\n{ended}\nCurrent Job Status is Done (Success)\n" in said.err
    assert run("cancel", "--noint", ended, f"{ended}x").err.endswith(
        "\nError - Operation Failed\nUnable to cancel any job\n\n"
    )


def test_ids_by_hand_and_in_files(fake: Fake, run: Command, user: Path) -> None:
    jobs = [fake.job(name) for name in ("one", "two", "three")]
    (user / "ids").write_text("###Submitted Job Ids###\n#*a remark\n" + "\n".join([*jobs, jobs[0]]) + "\n")
    said = run("cancel", "-i", "ids", typed="2-3\ny\n")
    assert [parts["jobId"] for _name, parts in fake.calls] == jobs[1:]
    menu = "-" * 66 + f"\na remark\n1 : {jobs[0]}\n2 : {jobs[1]}\n3 : {jobs[2]}\na : all\nq : quit\n" + "-" * 66
    assert menu in said.out
    assert "Choose one or more jobId(s) in the list - [1-3]all (use , as separator or - for a range): " in said.out
    assert run("cancel", *jobs, typed="q\n").code == 1
    said = run("cancel", "bad", jobs[0], typed="n\n")
    assert (said.code, "Warning - Wrong JobId(s)\nbad format for the following jobid(s) :\nbad\n" in said.err) == (
        0,
        True,
    )
    said = run("cancel", "bad")
    assert said.err == "\nError - Wrong Input Value\nall parsed jobids in bad format: bad\n\n"
    assert run("cancel", "-i", "none").code == 1
    assert run("cancel", "-i", "ids", jobs[0]).code == 1


def test_output(fake: Fake, run: Command, user: Path) -> None:
    job = fake.job("AbCd", "Done", text="Done (Success)", done_code="OK")
    fake.files |= {"/o/out": b"hello\n", "/o/err": b""}
    files = "".join(f"<file><name>{fake.base}/o/{name}</name><size>6</size></file>" for name in ("out", "err"))
    fake.answers["getOutputFileList"] = f"<OutputFileAndSizeList>{files}</OutputFileAndSizeList>"
    said = run("output", "--dir", user, job)
    where = user / "ann_AbCd"
    assert said.out == (
        f"{CONNECTING.format(url=fake.url)}\n{'=' * 80}\n\n\t\t\tJOB GET OUTPUT OUTCOME\n\n"
        f"Output sandbox files for the job:\n{job}\n"
        f"have been successfully retrieved and stored in the directory:\n{where}\n\n{'=' * 80}\n\n\n"
    )
    assert (where / "out").read_text() == "hello\n"
    assert not (where / "out").stat().st_mode & 0o022
    assert fake.operations == ["getOutputFileList", "jobPurge"]
    assert run("output", "--dir", user / "d", "--nosubdir", "-n", job).code == 0
    assert (user / "d" / "out").exists()
    assert fake.operations[-1] == "getOutputFileList"
    said = run("output", "--list-only", job)
    assert f"\nJobId: {job}\n - file: {fake.base}/o/out\n   size (bytes): 6\n" in said.out
    entry = f'{{"endpoint": "{fake.url}", "output_available": 1, "location": "{where}"}}'
    told = f'{{"result": "success", "jobs": {{"{job}": {entry}}}}}\n'
    assert run("output", "--json", "--dir", user, job).out == told
    fake.answers["jobPurge"] = fault("OperationNotAllowedFault", "The Operation is not allowed: no")
    said = run("output", "--dir", user, job)
    assert said.err.startswith("\nWarning - JobPurging not allowed\n (The Operation is not allowed: no")
    assert said.code == 0
    fake.answers["getOutputFileList"] = "<OutputFileAndSizeList/>"
    assert f"No output files to be retrieved for the job:\n{job}\n" in run("output", "--dir", user, job).out
    assert json.loads(run("output", "--json", job).out)["jobs"][job]["location"] == "None"


@pytest.mark.parametrize("name", ["..", "%2e%2e", "a%2f..%2fb", ""])
def test_names_that_lead_out_of_the_directory(fake: Fake, run: Command, user: Path, name: str) -> None:
    job = fake.job("AbCd", "Done", done_code="OK")
    file = f"<file><name>{fake.base}/o/{name}</name><size>6</size></file>"
    fake.answers["getOutputFileList"] = f"<OutputFileAndSizeList>{file}</OutputFileAndSizeList>"
    assert "is no file name" in run("output", "--dir", user, job).err


def test_a_file_that_does_not_come(fake: Fake, run: Command, user: Path) -> None:
    job = fake.job("AbCd", "Done", done_code="OK")
    file = f"<file><name>{fake.base}/nothing</name><size>6</size></file>"
    fake.answers["getOutputFileList"] = f"<OutputFileAndSizeList>{file}</OutputFileAndSizeList>"
    said = run("output", "--dir", user, job)
    assert (said.code, "Unable to retrieve the output" in said.err) == (1, True)
    assert "jobPurge" not in fake.operations
    assert list((user / "ann_AbCd").iterdir()) == []


@pytest.mark.parametrize(
    ("state", "code", "told"),
    [
        ("Cleared", None, "Error - Output not allowed\nOutput files already retrieved"),
        ("Cancelled", None, "Error - Output not allowed\nThe Job has been cancelled"),
        ("Running", None, "Error - Output not yet ready\nCurrent Job Status is: Running"),
        ("Done", "FAILED", "Error - Operation Failed\nUnable to retrieve the output"),
    ],
)
def test_states_without_output(fake: Fake, run: Command, state: str, code: str, told: str) -> None:
    said = run("output", fake.job("AbCd", state, done_code=code))
    assert (said.code, told in said.err) == (1, True)
    assert fake.operations == []


def test_output_of_nodes(fake: Fake, run: Command, user: Path) -> None:
    nodes = [fake.job(f"node{at}", "Done", done_code="OK", jdl=f'[ NodeName = "n{at}" ]') for at in range(2)]
    late = fake.job("late", "Running", jdl='[ NodeName = "late" ]')
    told = [fake.jobs[job] for job in (*nodes, late)]
    parent = fake.job("top", "Done", jobtype="COLLECTION", children_states=told)
    fake.files["/o/out"] = b"x"
    file = f"<file><name>{fake.base}/o/out</name><size>1</size></file>"
    fake.answers["getOutputFileList"] = f"<OutputFileAndSizeList>{file}</OutputFileAndSizeList>"
    said = run("output", "--dir", user, parent)
    where = user / "ann_top"
    assert f"Output sandbox files for the DAG/Collection :\n{parent}\nhave been successfully" in said.out
    assert f"{late}: unable to retrieve the output for this node (the status is Running)" in said.err
    assert (where / "n1" / "out").read_bytes() == b"x"
    entry = "\t - - -\n\tNode Name:\tn{0}\n\tJobId:    \t{1}\n\tDir:      \t{2}/n{0}\n"
    expected = "".join(entry.format(at, job, where) for at, job in enumerate(nodes))
    assert (where / "ids_nodes.map").read_text() == f"Dag JobId: {parent}\n{expected}"
    assert fake.calls[-1] == ("jobPurge", {"jobId": parent})
    said = run("output", "--list-only", parent)
    assert f"\n\t>> child: {nodes[0]}\n\t - file: {fake.base}/o/out\n\t   size (bytes): 1\n" in said.out


def test_output_of_somebody_else_is_not_purged(fake: Fake, run: Command, user: Path) -> None:
    job = fake.job("AbCd", "Done", done_code="OK", owner="/CN=Bob")
    fake.answers["getOutputFileList"] = "<OutputFileAndSizeList/>"
    said = run("output", job, typed="n\n")
    assert "Job's DN is different from that one contained in your proxy file." in said.out
    assert (said.code, fake.operations) == (0, [])
    assert run("output", "--dir", user, job, typed="y\n").code == 0
    assert fake.operations == ["getOutputFileList"]
    job = fake.job("other", "Done", done_code="OK", jdl='[ VirtualOrganisation = "another" ]')
    said = run("output", "--dir", user, job, typed="\n")
    assert "Job's VirtualOrganisation is different from that one contained in your proxy file." in said.out
    assert fake.operations == ["getOutputFileList"]


def test_info_of_descriptions(fake: Fake, run: Command, user: Path) -> None:
    job = fake.job("AbCd")
    fake.answers["getJDL"] = '<jdl>[ Executable = "/bin/hostname"; RetryCount = 3; Rank = -other.X; ]</jdl>'
    body = ' [\n  Executable = "/bin/hostname"; \n  RetryCount = 3; \n  Rank = -other.X\n ]\n'
    for option, word, kind in (("-j", "original", "ORIGINAL"), ("--jdl", "registered", "REGISTERED")):
        said = run("info", option, job)
        head = f"{CONNECTING.format(url=fake.url)}\n{stripe(74, 'glite-wms-job-info Success')}\n\n"
        assert said.out == f"{head}The {word} JDL\n for the job {job} :\n\n{body}\n{RULE}\n\n"
        assert fake.calls[-1][1]["type"] == kind
    said = run("info", "-j", "-o", "kept", job)
    assert f"The JobInfo result  has been saved in the following file:\n{user / 'kept'}\n" in said.out
    fake.answers["getJDL"] = fault("GenericFault", "gone")
    said = run("info", "-j", job)
    assert "glite-wms-job-info Failure" in said.out
    assert f"Unable to retrieve information on the Original JDL of  the job: {job}" in said.err
    node = fake.job("node", parent_job=job)
    said = run("info", "-j", node)
    assert f"is not supported for DAG/Collection nodes, please check the jobid: \n{node}\n" in said.err


def test_info_of_proxies(fake: Fake, run: Command) -> None:
    begins, ends = 1236074531, int(time.time()) + 7203
    fake.answers["getDelegatedProxyInfo"] = fake.answers["getJobProxyInfo"] = (
        "<items><Subject>/C=XX/CN=User/CN=proxy</Subject><Issuer>/C=XX/CN=User</Issuer><Identity/><Type>RFC</Type>"
        f"<Strength>2048</Strength><StartTime>{begins}</StartTime><EndTime>{ends}</EndTime><VOsInfo><User>/C=XX/CN=User"
        "</User><UserCA>x</UserCA><Server>/CN=voms</Server><ServerCA>/CN=CA</ServerCA><VOName>dteam</VOName><URI>v:15004"
        f"</URI><StartTime>{begins}</StartTime><EndTime>{ends}</EndTime><Attribute>/dteam/Role=NULL/Capability=NULL"
        "</Attribute></VOsInfo></items>"
    )
    said = run("info", "-d", "mine", "-e", fake.url)
    assert f"\nYour proxy delegated to the endpoint {fake.url}\nwith delegationID mine: \n\n" in said.out
    for line in (
        "Subject     : /C=XX/CN=User/CN=proxy",
        "Strength    : 2048",
        "StartDate   : 03 March 2009 - 10:02:11",
        "=== VO dteam extension information ===",
        "VO          : dteam",
        "srvCA       : /CN=CA",
        "URI         : v:15004",
        "Attribute   : /dteam/Role=NULL/Capability=NULL",
        "StartTime   : 03 March 2009 - 10:02:11",
    ):
        assert f"\n{line}\n" in said.out
    assert "Identity" not in said.out
    [first, *_] = re.findall(r"^Timeleft +: (.*)$", said.out, re.M)
    assert re.fullmatch(r"02 hours (0[0-3] sec )?", first)
    job = fake.job("AbCd")
    said = run("info", "-p", job)
    assert f"Your proxy delegated to the endpoint {fake.url}\n for the job {job} :\n" in said.out


def test_time_left() -> None:
    assert time_left(11 * 3600 + 58 * 60 + 3) == "11 hours 58 min 03 sec "
    assert time_left(2 * 86400 + 5) == "2 days 05 sec "


@pytest.mark.parametrize("words", [("-j",), ("-j", "-p", "x"), ("-d", "n", "x"), ("x",), ("--jdl", "-i", "f", "x")])
def test_info_that_is_refused(run: Command, words: tuple[str, ...]) -> None:
    assert run("info", *words).code == 1


def test_perusal(fake: Fake, run: Command, user: Path) -> None:
    job = fake.job("AbCd")
    banner = f"{CONNECTING.format(url=fake.url)}\n{stripe(74, 'glite-wms-job-perusal Success')}\n\n"
    said = run("perusal", "--set", "-f", "out", job)
    assert said.out == f"{banner}File perusal has been successfully enabled for the job:\n{job}\n\n{RULE}\n\n\n"
    assert fake.calls == [("enableFilePerusal", {"jobId": job, "fileList": ["out"]})]
    said = run("perusal", "--set", "-f", "out", "-f", "err", "-o", "kept", job)
    assert "Files perusal has been successfully enabled for the job:" in said.out
    assert f"The list of files to peruse has been saved in the following file:\n{user / 'kept'}\n" in said.out
    assert (user / "kept").read_text() == f"###Files perusal enabled for the job {job}###\nout\nerr\n"
    fake.files["/peek/out-1"] = b"line 1\n"
    fake.answers["getPerusalFiles"] = f"<fileList><Item>{fake.base}/peek/out-1</Item></fileList>"
    said = run("perusal", "--get", "--all", "-f", "out", "--dir", user, job)
    where = user / "ann_AbCd"
    assert f"The retrieved files have been successfully stored in:\n{where}\n" in said.out
    rule = "-" * 74
    assert f"{rule}\nfile 1/1: out-1\n{rule}\n\nline 1\n" in said.out
    assert fake.calls[-1][1] == {"jobId": job, "file": "out", "allChunks": "true", "protocol": "https"}
    assert "line 1" not in run("perusal", "--get", "--nodisplay", "-f", "out", "--dir", user, job).out
    fake.answers["getPerusalFiles"] = "<fileList/>"
    assert f"No files to be retrieved for the job:\n{job}\n" in run("perusal", "--get", "-f", "out", job).out
    said = run("perusal", "--unset", job)
    assert f"File(s) perusal has been successfully disabled for the job:\n{job}\n" in said.out
    fake.answers["getPerusalFiles"] = fault(
        "OperationNotAllowedFault", "The Operation is not allowed: Perusal not enabled for this job"
    )
    said = run("perusal", "--get", "-f", "out", job)
    assert (
        "\nError - WMProxy Server Error\nThe Operation is not allowed: Perusal not enabled for this job\n" in said.err
    )


@pytest.mark.parametrize(
    ("words", "state", "told"),
    [
        (("--set",), "Running", "--set needs --filename"),
        (("--get", "-f", "a", "-f", "b"), "Running", "--get takes one file"),
        (("--unset", "-f", "a"), "Running", "--unset takes no file"),
        (("--set", "--get", "-f", "a"), "Running", "exactly one of these options"),
        (("--set", "-f", "a"), "Aborted", "(un)setting Job file perusal not allowed\nCurrent Job Status is: Aborted"),
        (("--get", "-f", "a"), "Cleared", "Perusal not allowed\nCurrent Job Status is: Cleared"),
    ],
)
def test_perusal_that_is_refused(fake: Fake, run: Command, words: tuple[str, ...], state: str, told: str) -> None:
    said = run("perusal", *words, fake.job("AbCd", state))
    assert (said.code, told in said.err) == (1, True)
    compound = fake.job("top", jobtype="DAG")
    assert "Operation supported only by jobs" in run("perusal", "--unset", compound).err


@pytest.mark.parametrize("command", [output.COMMAND, info.COMMAND, perusal.COMMAND], ids=lambda one: one.name)
def test_ids_of_jobs_that_are_not_there(fake: Fake, run: Command, command: object) -> None:
    name = command.name.removeprefix("glite-wms-job-")  # type: ignore[attr-defined]
    more = {"info": ("-j",), "perusal": ("--unset",)}.get(name, ())
    said = run(name, *more, f"{fake.base}/nothing")
    told = "No such file or directory - no matching jobs found"
    assert (said.code, f"Unable to retrieve the status for: {fake.base}/nothing\n{told}" in said.err) == (1, True)
