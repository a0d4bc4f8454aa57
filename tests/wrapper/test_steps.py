"""Each step fails in its own way: exit status, reason, and nothing left behind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gridwms.jobs.reasons import KINDS
from gridwms.wrapper.task import Input
from tests.wrapper.conftest import TAG, Node


def outcome(node: Node) -> dict[str, str]:
    """The failure that was reported, without what differs from run to run."""
    finished = node.attempt.finished
    assert finished is not None, node.log
    assert finished.get("code") in KINDS
    return {name: value for name, value in finished.items() if name not in ("id", "time", "type")}


def test_missing_input(node: Node, transport: dict[str, str]) -> None:
    node.environment.update(transport)
    assert node.run(inputs=(Input(index=5, name="data"),)) == 13
    assert outcome(node) == {"code": "input_failed", "p.file": "data", "p.text": "HTTP 404"}
    assert node.attempt.instance == ""
    assert node.left() == []


def test_names_in_reports_are_those_of_the_user(dash_node: Node) -> None:
    name = "it's $(x)\n%41"
    assert dash_node.run(inputs=(Input(index=5, name=name),)) == 13
    assert outcome(dash_node)["p.file"] == name
    dash_node.attempt.events.clear()
    dash_node.service.break_down("PUT", "/output/", 413)
    assert dash_node.run("echo >'a b%'", outputs=("a b%",)) == 18
    assert outcome(dash_node)["p.file"] == "a b%"


def test_missing_file_of_the_node_as_input(node: Node) -> None:
    assert node.run(inputs=(Input(index=0, name="data", source="file:///no/such"),)) == 13
    assert outcome(node)["code"] == "input_failed"
    assert "No such file" in outcome(node)["p.text"]


def test_executable_that_is_not_in_the_sandbox(node: Node) -> None:
    assert node.run(executable="no'such", inputs=()) == 14
    assert outcome(node) == {"code": "executable_missing", "p.file": "no'such"}


def test_executable_that_is_not_on_the_node(node: Node) -> None:
    assert node.run(executable="/no/such/program") == 14
    assert outcome(node) == {"code": "executable_missing", "p.file": "/no/such/program"}


def test_executable_whose_path_has_a_variable(node: Node) -> None:
    assert node.run(executable="$TOOLS/no such", environment=(("TOOLS", "/bin"),)) == 14
    assert outcome(node) == {"code": "executable_missing", "p.file": "$TOOLS/no such"}
    node.attempt.events.clear()
    assert node.run(executable="${TOOLS}/true", prologue="$TOOLS/true", environment=(("TOOLS", "/bin"),)) == 0, node.log


@pytest.mark.parametrize("small_disk", ["size=4m,noexec"], indirect=True)
def test_a_home_where_nothing_can_be_run(dash_node: Node, small_disk: Path) -> None:
    task = dash_node.task("echo must not run")
    dash_node.directory.joinpath("x").write_text("")
    assert dash_node.finish(dash_node.start(task, cwd=small_disk)) == 12
    assert outcome(dash_node)["code"] == "work_dir"
    assert "noexec" in outcome(dash_node)["p.text"]
    assert dash_node.attempt.instance == "", "another site is tried as if it had not begun"
    assert list(small_disk.iterdir()) == []


def test_a_directory_is_no_executable(node: Node) -> None:
    assert node.run(executable="/tmp") == 14


def test_prologue_before_the_token(node: Node) -> None:
    node.attempt.inputs[:] = [b"#!/bin/sh\nexit 3\n"]
    status = node.run(prologue="before", inputs=(Input(index=0, name="before"),))
    assert status == 15
    assert outcome(node) == {"code": "prologue_failed", "p.status": "3"}
    assert node.attempt.instance == ""


def test_missing_prologue_and_epilogue(node: Node) -> None:
    assert node.run(prologue="before") == 15
    assert outcome(node) == {"code": "prologue_missing", "p.file": "before"}
    node.attempt.events.clear()
    assert node.run(epilogue="/no/such/after") == 17
    assert outcome(node)["code"] == "epilogue_missing"


def test_prologue_and_epilogue_run_around_the_payload_with_its_environment(node: Node) -> None:
    node.attempt.inputs[:] = [b'#!/bin/sh\necho "$0 $1 $COLOUR" >>trace; echo lost\n']
    status = node.run(
        executable="step",
        arguments="payload",
        prologue="step",
        prologue_arguments="'pro logue'",
        epilogue="step",
        epilogue_arguments="$COLOUR",
        environment=(("COLOUR", "deep red"),),
        inputs=(Input(index=0, name="step"),),
        outputs=("trace",),
    )
    assert status == 0, node.log
    lines = node.attempt.outputs[b"trace"].decode().splitlines()
    assert lines == ["./step pro logue deep red", "./step payload deep red", "./step deep deep red"]


def test_failing_epilogue_comes_with_the_exit_code(node: Node) -> None:
    assert node.run("exit 4", epilogue="/bin/false") == 17
    found = outcome(node)
    assert (found["exit_code"], found["code"], found["p.status"]) == ("4", "epilogue_failed", "1")


def test_standard_input_that_is_missing(node: Node) -> None:
    assert node.run(std_input="no such") == 13
    assert outcome(node)["p.file"] == "no such"


def test_token_of_another_instance(node: Node) -> None:
    node.attempt.instance = "another"
    assert node.run() == 16
    assert node.attempt.finished is None
    assert "token: stop" in node.log
    assert node.left() == []


def test_token_refused_otherwise(node: Node) -> None:
    node.service.break_down("POST", "/token", 403)
    assert node.run() == 16
    assert outcome(node)["code"] == "token_refused"


def test_output_that_the_service_will_not_take(node: Node, transport: dict[str, str]) -> None:
    node.environment.update(transport)
    node.service.break_down("PUT", "/output/b", 413)
    assert node.run("echo a >a; echo b >b; echo c >c", outputs=("a", "b", "c")) == 18
    found = outcome(node)
    assert (found["code"], found["p.file"], found["exit_code"]) == ("output_failed", "b", "0")
    assert set(node.attempt.outputs) == {b"a", b"c"}
    assert len(node.attempt.of_type("Finished")) == 1


def test_hook_of_the_site_that_fails(node: Node, tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "cp_1.sh").write_text("return 5\n")
    assert node.run(site_hooks=str(hooks)) == 11
    assert outcome(node) == {"code": "hook_failed", "p.hook": "cp_1.sh", "p.status": "5"}


def test_hook_that_exits(node: Node, tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    (hooks / "dteam").mkdir(parents=True)
    (hooks / "dteam" / "jobwrapper-hook.sh").write_text("exit 6\n")
    assert node.run(site_hooks=str(hooks)) == 11
    found = outcome(node)
    assert (found["code"], found["p.status"]) == ("hook_failed", "6")
    assert node.left() == []


def test_hooks_run_in_order_and_may_change_directory_and_environment(node: Node, tmp_path: Path) -> None:
    hooks, scratch, trace = tmp_path / "hooks", tmp_path / "scratch", tmp_path / "trace"
    (hooks / "dteam").mkdir(parents=True)
    scratch.mkdir()
    for name in ("cp_1.sh", "cp_1_5.sh", "cp_2.sh", "cp_3.sh", "dteam/jobwrapper-hook.sh"):
        (hooks / name).write_text(f"echo {name} >>{trace}\n")
    with (hooks / "cp_1.sh").open("a") as file:
        file.write(f"cd {scratch}; export FROM_HOOK=yes\n")
    node.environment["GLITE_LOCAL_CUSTOMIZATION_DIR"] = str(hooks)
    assert node.run('pwd >where; echo "$FROM_HOOK" >>where', outputs=("where",)) == 0, node.log
    where = node.attempt.outputs[b"where"].decode().splitlines()
    assert where[0].startswith(str(scratch))
    assert where[1] == "yes"
    assert trace.read_text().split() == ["cp_1.sh", "dteam/jobwrapper-hook.sh", "cp_1_5.sh", "cp_2.sh", "cp_3.sh"]
    assert os.listdir(scratch) == []


def test_a_hook_that_fails_after_the_start_is_a_notice(node: Node, tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "cp_2.sh").write_text("return 9\n")
    assert node.run(site_hooks=str(hooks)) == 0
    notice = node.attempt.of_type("Noticed")[0]
    assert (notice["code"], notice["p.hook"], notice["p.status"]) == ("hook_failed", "cp_2.sh", "9")


def test_directory_that_cannot_be_written(node: Node, tmp_path: Path) -> None:
    """Root writes everywhere, so the directory is one that was removed."""
    gone = tmp_path / "gone"
    gone.mkdir()
    node.environment["TMPDIR"] = str(tmp_path)
    process = node.start(node.task(), cwd=gone, preexec_fn=lambda: os.rmdir(gone))
    assert node.finish(process) == 12
    assert outcome(node)["code"] == "work_dir"
    assert not (tmp_path / TAG).exists()


def test_standard_output_that_cannot_be_made(node: Node) -> None:
    assert node.run(std_output="/proc/no/such") == 12
    assert outcome(node)["code"] == "work_dir"


def test_no_transport_leaves_its_words_for_the_site(node: Node, without_both: str) -> None:
    node.environment["PATH"] = without_both
    assert node.run() == 10
    lines = (node.directory / TAG / "events").read_text().splitlines()
    assert [line.split("&")[0] for line in lines] == ["type=Running", "type=Finished"]
    assert "code=no_transport" in lines[1]


@pytest.mark.parametrize(
    "name", ["-rf", "a b", "it's", 'quo"te', "new\nline", "$(touch pwned)", "*", "é\udcff", "{a,b}"]
)
def test_inputs_of_any_name(node: Node, name: str) -> None:
    node.attempt.inputs[:] = [b'#!/bin/sh\necho "$0" >out; ls >>out\n']
    status = node.run(executable=name, inputs=(Input(index=0, name=name),), outputs=("out", "pwned"))
    assert status == 0, node.log
    assert node.attempt.outputs[b"out"].startswith(b"./" + name.encode("utf-8", "surrogateescape"))
    assert b"pwned" not in node.attempt.outputs


def test_inputs_from_elsewhere_do_not_see_the_capability(node: Node, transport: dict[str, str], tmp_path: Path) -> None:
    node.environment.update(transport)
    node.service.foreign["/data/x y"] = b"never"
    node.service.foreign["/data/x%20y"] = b"from afar"
    (tmp_path / "near").write_bytes(b"from here")
    inputs = (
        Input(index=0, name="far", source=f"{node.service.url}/data/x y"),
        Input(index=1, name="near", source=f"file://{tmp_path}/near"),
    )
    assert node.run(inputs=inputs, outputs=("far", "near")) == 0, node.log
    assert node.attempt.outputs == {b"far": b"from afar", b"near": b"from here"}
    seen = [headers for path, headers in node.service.headers if path.startswith("/data")]
    assert seen
    assert all("Authorization" not in headers for headers in seen)
