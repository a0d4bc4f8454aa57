"""`glite-wms-job-status` and `glite-wms-job-logging-info`: their texts to the letter (gLite reference §8.5, §8.6)."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from gridwms.glite.status_text import Shown, job_block
from tests.glite.conftest import Command
from tests.glite.fake import Fake

RULE = "=" * 74
SUBMITTED = "Tue Mar  3 09:02:11 2009 UTC"
BANNER = "\n======================= glite-wms-job-status Success =====================\nBOOKKEEPING INFORMATION:\n\n"


def done(fake: Fake, unique: str = "XXXX", **more: Any) -> str:
    facts = {
        "text": "Done (Success)",
        "done_code": "OK",
        "reason": "Job terminated successfully",
        "destination": "ce/q",
    }
    return fake.job(unique, "Done", **facts | more)


def event(kind: str, source: str = "LogMonitor", **data: Any) -> dict[str, Any]:
    common = {"timestamp": 1236070931.0, "arrived": 1236070932.0, "host": "h", "level": "SYSTEM", "priority": 0}
    return common | {
        "type": kind,
        "source": source,
        "seqcode": "UI=1",
        "user": "/CN=u",
        "src_instance": "",
        "data": data,
    }


def test_level_1(fake: Fake, run: Command) -> None:
    job = done(fake, parent_job="https://lb.example.org:9000/PPPP")
    fake.events[job] = [event("Done", reason="first"), event("Done", reason="Job terminated successfully")]
    said = run("status", job)
    assert said.out == (
        f"\n{BANNER}Status info for the Job : {job}\nCurrent Status:     Done (Success)\n"
        "Logged Reason(s):\n    - first\n    - Job terminated successfully\nExit code:          0\n"
        "Status Reason:      Job terminated successfully\nDestination:        ce/q\n"
        f"Submitted:          {SUBMITTED}\nParent Job:         https://lb.example.org:9000/PPPP\n{RULE}\n\n"
    )
    assert (said.code, said.err) == (0, "")


def test_reasons_are_told_when_they_say_something(fake: Fake, run: Command) -> None:
    job = done(fake)
    fake.events[job] = [event("Done", reason="only one")]
    assert "Logged Reason(s)" not in run("status", job).out
    aborted = fake.job("a", "Aborted")
    fake.events[aborted] = [event("Done", reason="it failed")]
    assert "Logged Reason(s):\n    - it failed\n" in run("status", aborted).out
    odd = done(fake, "odd", text="Done (Exit Code !=0)", exit_code=3)
    fake.events[odd] = [event("Done", reason="a"), event("Done", reason="b")]
    said = run("status", odd).out
    assert "Logged" not in said
    assert "Current Status:     Done (Exit Code !=0)\nExit code:          3\n" in said


def test_level_0(fake: Fake, run: Command) -> None:
    one, two = fake.job("one"), fake.job("two", "Cleared")
    said = run("status", "-v", 0, one, two, typed="a\n")
    blocks = "".join(
        f"{BANNER}Status info for the Job : {job}\nCurrent Status:     {state}\n"
        for job, state in ((one, "Running"), (two, "Cleared"))
    )
    assert said.out.endswith(f"{blocks}{RULE}\n\n")


def test_level_3() -> None:
    data = {
        "jobId": "https://lb.example.org:9000/XXXX",
        "state": "Running",
        "reason": "Job successfully submitted to Globus",
        "destination": "ce/q",
        "cancelling": False,
        "ce_node": "wn1.example.org",
        "children_num": 0,
        "jobtype": "COLLECTION",
        "jw_status": "PAYLOAD_RUNNING",
        "owner": "/C=XX/CN=User",
        "possible_destinations": ["a/q", "ce/q"],
        "user_tags": {"a": "1", "b": "2"},
        "stateEnterTime": 1236071140.0,
        "stateEnterTimes": {"Submitted": 1236070931, "Waiting": 1236070934},
        "jdl": '[ Executable = "/bin/hostname"; RetryCount = 3 ]',
    }
    expected = [
        *BANNER.splitlines(),
        "Status info for the Job : https://lb.example.org:9000/XXXX",
        "Current Status:     Running",
        "Status Reason:      Job successfully submitted to Globus",
        "Destination:        ce/q",
        f"Submitted:          {SUBMITTED}",
        "---",
        "",
        "- Cancelling                 =    0",
        "- Ce node                    =    wn1.example.org",
        "- Children num               =    0",
        "- Destination                =    ce/q",
        "- Jobtype                    =    4",
        "- Owner                      =    /C=XX/CN=User",
        "- Possible destinations      =    a/q, ce/q",
        "- Stateentertime             =    Tue Mar  3 09:05:40 2009 UTC",
        "- User tags                  =    a=1;b=2;",
        "- Jw status                  =    2",
        "---",
        "- Jdl             =   ",
        "      ",
        "       [",
        '        Executable = "/bin/hostname"; ',
        "        RetryCount = 3",
        "       ]",
        "- Stateentertimes =   ",
        f"      Submitted        : {SUBMITTED}",
        "      Waiting          : Tue Mar  3 09:02:14 2009 UTC",
        *(
            f"      {state.ljust(16)} : \t\t---"
            for state in [
                "Ready",
                "Scheduled",
                "Running",
                "Done",
                "Cleared",
                "Aborted",
                "Cancelled",
                "Unknown",
                "Purged",
            ]
        ),
        "",
        RULE,
        "",
    ]
    assert job_block(Shown(data), 3).split("\n")[:-1] == expected
    assert "Jdl" not in job_block(Shown(data), 2)


def test_nodes(fake: Fake, run: Command) -> None:
    nodes = [fake.job(f"n{at}", parent_job=f"{fake.base}/top", jdl=f'[NodeName = "name{at}"]') for at in range(2)]
    top = fake.job("top", jobtype="DAG", children_states=[fake.jobs[node] for node in nodes])
    parent = f"Status info for the Job : {top}\nCurrent Status:     Running\nSubmitted:          {SUBMITTED}\n{RULE}\n"
    below = "".join(
        f"    Status info for the Job : {node}\n    Current Status:     Running\n    Submitted:          {SUBMITTED}\n"
        f"    Node Name:          name{at}\n{RULE}\n\n"
        for at, node in enumerate(nodes)
    )
    assert run("status", top).out == f"\n{BANNER}{parent}\n- Nodes information for: \n{below}\n"
    assert run("status", "--nonodes", top).out == f"\n{BANNER}{parent}\n"
    said = run("status", "-v", 3, top).out
    assert f"\n- Nodes information for: {top}:\n" in said
    assert f"    Parent Job:         {top}\n    Node Name:          name0\n    ---\n" in said
    found = json.loads(run("status", "--json", top).out)
    assert set(found) == {"result", top, *nodes}
    assert found[nodes[1]]["Node Name"] == "name1"


def test_json(fake: Fake, run: Command) -> None:
    job = done(fake)
    fake.events[job] = [event("Done", reason="a"), event("Done", reason="b")]
    wrong, gone, closed = "foo", f"{fake.base}/gone", "https://127.0.0.1:1/x"
    said = run("status", "--json", job, wrong, gone, closed)
    entry = {
        "Current Status": "Done(Success)",
        "Logged Reason": {"0": "a", "1": "b"},
        "Exit code": "0",
        "Status Reason": "Job terminated successfully",
        "Destination": "ce/q",
        "Submitted": SUBMITTED,
        "Done": "1236070940",
    }
    assert said.out.startswith(f'{{ "result": "success" , "{job}": {json.dumps(entry)} , ')
    found = json.loads(said.out)
    assert found[wrong] == "JOBID CONTAINS WRONG FORMAT: SHOULD BE https://<host>:<tcpport>/<ID>"
    assert found[gone] == "JOB NOT FOUND"
    unreachable = "JOBID CONTAINS WRONG ENDPOINT OR ENDPOINT CANNOT BE CONTACTED (CONNECTION REFUSED)"
    assert found[closed] == unreachable
    assert said.code == 0
    said = run("status", "--json", gone)
    assert (said.code, json.loads(said.out)) == (1, {"result": "failure", gone: "JOB NOT FOUND"})
    for level in range(4):
        for state in ("Running", "Cancelled", "Waiting"):
            json.loads(run("status", "--json", "-v", level, fake.job("any", state)).out)


def test_ids_that_are_of_no_use(fake: Fake, run: Command) -> None:
    job = done(fake)
    said = run("status", job, "foo", job)
    assert said.code == 255
    assert '**** Warning: UI_WRONG_JOBID_FORMAT ****  \nThe "foo" jobID is not in a valid format\n' in said.err
    assert f'**** Warning: UI_JOBID_REPEAT ****  \nThe jobID "{job}" has been already specified' in said.err
    said = run("status", "foo", "bar")
    assert (said.code, said.err.endswith("**** Error: UI_WRONG_JOBID_ALL ****  \nAll jobID are in wrong format\n")) == (
        1,
        True,
    )
    gone = f"{fake.base}/gone"
    said = run("status", gone)
    reason = "No such file or directory - no matching jobs found"
    told = f"*** Warning: Unable to retrieve the status for: {gone}\n\n{reason}\n"
    assert (said.code, told in said.out) == (1, True)
    assert run("status", job, gone, typed="a\n").code == 255


def test_without_an_lb_server_the_services_are_asked(fake: Fake, run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.found = [{"id": done(fake), "parent": None}]
    monkeypatch.setenv("GLITE_WMS_WMPROXY_ENDPOINT", fake.url)
    assert f"LB server {fake.base.removeprefix('https://')}\n" in run("status", "--all").out


def test_questions_to_the_server(fake: Fake, run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    job = done(fake)
    fake.found = [{"id": job, "parent": None}]
    server = fake.base.removeprefix("https://")
    assert "LB_API_OPEN_ALL" in run("status", "--all").err
    monkeypatch.setenv("GLITE_WMS_QUERY_SERVER", server)
    said = run("status", "--all", "--from", "01:01:00:00:2009", "-s", "done", "-s", "7", "--user-tag", "a=b c")
    head = (
        f"\n\n*** LB APPROACH\n\nRetrieving Information from LB server {server}\n"
        "Please wait: this operation could take some seconds.\n"
    )
    assert said.out.startswith(f"{head}{BANNER}Status info for the Job : {job}\n")
    asked = next(path for path in fake.asked if "/query" in path)
    for part in ("status%3Ddone%7C%3Dcleared", "time%28submitted%29%3E1230768000", "usertag%28a%29%3Db%2520c"):
        assert part in asked
    said = run("status", "-e", "Aborted", job, f"{fake.base}/other", typed="a\n")
    assert f"Warning: no matching information for job id: {fake.base}/other\n" in said.out
    fake.found = []
    said = run("status", "--all")
    assert (said.code, "UI_NO_JOBID" in said.err) == (1, True)


def test_results_in_files(fake: Fake, run: Command, user: Path) -> None:
    job = done(fake)
    said = run("status", "-o", "kept", "--logfile", "log", job)
    assert (user / "kept").read_text().startswith(BANNER)
    banner = "======================== glite-wms-job-status success ========================"
    told = f"\n{banner}\n Bookkeeping information has been found and stored in the file:\n {user / 'kept'}\n{RULE}\n"
    last = "Possible Errors and Debug messages have been printed in the following file:"
    assert said.out == f"\n{told}\n{' ' * 27}*** Log file created ***\n{last}\n{user / 'log'}\n"
    said = run("status", "-o", "kept", job, typed="n\n")
    assert '**** Warning: UI_FILE_EXISTS ****  \n"kept" file already exists.\n' in said.err
    assert "Do you want to overwrite? [y/n]n :" in said.out


def test_logs_of_our_own(fake: Fake, run: Command, user: Path) -> None:
    old, new = (user / f"glite-wms-job-status_{os.getuid()}_{name}.log" for name in ("1_1", "2_2"))
    old.touch()
    new.touch()
    os.utime(old, (time.time() - 4000,) * 2)
    run("status", "--noint", done(fake))
    said = run("status", "--noint", done(fake))
    assert not old.exists()
    assert len(list(user.glob("*.log"))) == 3
    assert new.exists()
    assert not said.out.startswith("\n\n")
    assert f"{user}/glite-wms-job-status_{os.getuid()}_{os.getpid()}_" in said.out


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("--nothing", "x"), "UI_WRONG_OPT", 'Option "--nothing" not allowed'),
        (("--all=1",), "UI_WRONG_OPT", 'Option "--all=1" not allowed'),
        (("-i",), "UI_ARG_MISS", 'Argument is missing for the "-i" option'),
        (("https://h:9000/u", "--all"), "UI_OPT_POS", 'Option "--all" cannot not be specified after the command'),
        (("-v", "x", "https://h:9000/u"), "UI_ARG_MISMATCH", 'Not a valid value for the "verbosity" option'),
        (("-v", "4", "https://h:9000/u"), "UI_ARG_OUT_OF_LIMIT", 'Argument "verbosity" is out of limit'),
        (
            ("-s", "done", "-e", "done"),
            "UI_ARG_EXCLUSIVE",
            'Argument "status" cannot be specified with argument "exclude"',
        ),
        (("-s", "nothing", "https://h:9000/u"), "UI_ARG_MISMATCH", '"status"'),
        (("-v", "1", "-v", "1", "x"), "UI_REPEATED_OPT", 'Option "-v" has been specified more than once'),
        (("--all", "x"), "UI_TOO_MANY_ARGS", "Too many arguments specified"),
        (("-i", "none"), "UI_FILE_NOT_FOUND", 'Unable to find the file "none"'),
        (("-c", "none", "x"), "UI_FILE_NOT_FOUND", 'Unable to find the file "none"'),
        (("--from", "soon", "--all"), "UI_ARG_MISMATCH", '"from"'),
        (("foo",), "UI_WRONG_JOBID_FORMAT", 'The "foo" jobID is not in a valid format'),
    ],
)
def test_what_is_refused(
    run: Command, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: str, text: str
) -> None:
    monkeypatch.setenv("GLITE_WMS_QUERY_SERVER", "127.0.0.1:1")
    said = run("status", *words)
    assert said.code == 1
    assert said.err.startswith(f"**** Error: {code} ****  \n")
    assert text in said.err


def test_help_and_version(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("status", "logging-info"):
        said = run(name, "-nothing", "--help")
        assert (said.code, said.err) == (0, "")
        assert f"Usage: glite-wms-job-{name} [options] <job id> ..." in said.out
        said = run(name, "--version")
        assert (said.code, said.out.startswith("Job Submission User Interface version ")) == (0, True)
        said = run(name)
        assert (said.code, said.out, said.err.startswith("Usage:")) == (1, "", True)


def test_long_options_with_one_dash(fake: Fake, run: Command) -> None:
    assert run("status", "-noint", "-nonodes", done(fake)).code == 0


def test_proxies(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X509_USER_PROXY", "/nonexistent")
    said = run("status", "https://h:9000/u")
    assert said.err == "**** Error: UI_PROXY_NOT_FOUND ****  \nProxy certificate not found.\n"


def test_logging_info(fake: Fake, run: Command) -> None:
    job = fake.job("XXXX")
    transfer = {"destination": "WorkloadManager", "result": "OK", "dest_jobid": "7", "job": "[ A = 1 ]"}
    fake.events[job] = [event("RegJob", "NetworkServer", ns="wms"), event("Transfer", "NetworkServer", **transfer)]
    banner = "===================== glite-wms-job-logging-info Success ====================="
    head = f"\n{banner}\n\nLOGGING INFORMATION:\n\nPrinting info for the Job : {job}\n \n"
    when = f"- Timestamp                  =    {SUBMITTED}\n"
    source = "- Source                     =    NetworkServer\n"
    said = run("logging-info", job)
    assert said.out == (
        f"{head}\t---\nEvent: RegJob\n{source}{when}\t---\nEvent: Transfer\n"
        "- Destination                =    WorkloadManager\n- Result                     =    OK\n"
        f"{source}{when}{RULE}\n\n"
    )
    assert run("logging-info", "-v", 0, job).out == f"{head} - RegJob\n - Transfer\n{RULE}\n\n"
    two = run("logging-info", "-v", 2, job).out
    assert (
        "- Arrived                    =    Tue Mar  3 09:02:12 2009 UTC\n- Dest jobid                 =    7\n" in two
    )
    assert "Seqcode" not in two
    three = run("logging-info", "-v", 3, job).out
    assert "- Priority                   =    asynchronous\n" in three
    assert "- Seqcode                    =    UI=1\n" in three
    assert "- Job            =   \n      \n       [\n        A = 1\n       ]\n" in three
    found = json.loads(run("logging-info", "--json", job).out)
    first = {"EventName": "RegJob", "Source": "NetworkServer", "Timestamp": "1236070931"}
    assert found[0]["JobID"] == job
    assert found[0]["Events"][0] == first


def test_which_events(fake: Fake, run: Command) -> None:
    job = fake.job("XXXX")
    tag = event("UserTag", name="a", value="b")
    fake.events[job] = [event("RegJob"), tag, event("Done", status_code="FAILED")]

    def told(*words: object) -> list[str]:
        lines = run("logging-info", "-v", 0, *words, job).out.splitlines()
        return [line[3:] for line in lines if line.startswith(" - ")]

    assert told("--event", "REGJOB", "--event", "6") == ["RegJob"]
    assert told("-e", "done", "-e", "RegJob") == ["UserTag"]
    assert told("--user-tag", "a=b") == ["UserTag"]
    assert told("--from", "01:01:00:00:2010") == []
    assert told("--to", "01:01:00:00:2010") == ["RegJob", "UserTag", "Done"]
    assert "UI_ARG_MISMATCH" in run("logging-info", "--event", "nothing", job).err
    assert "UI_WRONG_OPT" in run("logging-info", "--vo", "x", job).err
    assert "UI_TOO_MANY_ARGS" in run("logging-info", "-i", "x", job).err
    gone = f"{fake.base}/gone"
    said = run("logging-info", gone)
    assert said.code == 1
    text = f'Error retrieving information on JobID "{gone}".\nError description: Unable to retrieve the Job Events for:'
    assert said.err.startswith(f"**** Error: UI_GENERIC_ERROR_ON_JOB_ID ****  \n{text} {gone}\n")
