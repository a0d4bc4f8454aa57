"""Worker nodes that are set up badly, and payloads that misbehave: what can go well does, what cannot is said."""

from __future__ import annotations

import os
import resource
import shutil
from pathlib import Path

import pytest

from tests.wrapper.conftest import RARE_SHELLS, TAG, Node
from tests.wrapper.test_steps import outcome

OF_SITES = {
    "CDPATH": "/usr:/",
    "LD_PRELOAD": "/no/such/library.so",
    "LC_ALL": "xx_XX.UTF-8",
    "TMPDIR": "/no/such place",
    "BASH_ENV": "/no/such",
    "ENV": "/no/such",
    "IFS": "/e",
    "POSIXLY_CORRECT": "1",
    "PERL5LIB": "/no/such",
    "BASH_FUNC_module%%": "() { eval true; }",
    "dotted.name": "x",
    "LARGE": "x" * 100_000,
}


def test_what_sites_export(node: Node) -> None:
    node.environment |= OF_SITES
    del node.environment["HOME"]
    assert node.run("echo $LARGE | wc -c >out", outputs=("out",)) == 0, node.log
    assert node.attempt.outputs == {b"out": b"100001\n"}
    assert node.left() == []


@pytest.mark.parametrize("path", ["", "/no/such"])
def test_a_path_that_leads_nowhere(node: Node, path: str) -> None:
    node.environment["PATH"] = path
    assert node.run("ls >out", outputs=("out",)) == 0, node.log
    assert node.attempt.outputs == {b"out": b"out\nrun\n"}


def test_the_noise_of_the_loader_is_no_cause(dash_node: Node, without_bash: str) -> None:
    dash_node.environment |= {"LD_PRELOAD": "/no/such/library.so", "GRIDWMS_PATIENCE": "0", "PATH": without_bash}
    dash_node.service.break_down("GET", "/input/0", "drop", times=99)
    assert dash_node.run("true") == 13
    assert "Empty reply" in outcome(dash_node)["p.text"]


def test_a_curl_whose_libraries_are_hidden(dash_node: Node, without_bash: str, tmp_path: Path) -> None:
    """What a site's modules put into LD_LIBRARY_PATH breaks curl more often than anything else of the node."""
    (tmp_path / "libcurl.so.4").write_text("not a library\n")
    dash_node.environment |= {"LD_LIBRARY_PATH": str(tmp_path), "PATH": without_bash}
    assert dash_node.run("echo ok >out", outputs=("out",)) == 0, dash_node.log
    assert dash_node.attempt.outputs == {b"out": b"ok\n"}


@pytest.mark.parametrize("name", list(RARE_SHELLS))
def test_other_shells(dash_node: Node, name: str) -> None:
    program, *options = RARE_SHELLS[name]
    if shutil.which(program) is None:
        pytest.skip(f"{name} is not installed here: the wrapper was not run under it")
    dash_node.shell = [shutil.which(program) or program, *options]
    dash_node.service.break_down("PUT", "/output/out", 503)
    status = dash_node.run("echo $LINES >out; kill -9 $$", environment=(("LINES", "a b"),), outputs=("out",))
    assert status == 0, dash_node.log
    assert dash_node.attempt.outputs == {b"out": b"a b\n"}
    assert dash_node.attempt.finished is not None
    assert dash_node.attempt.finished["exit_code"] == "137"
    assert float(dash_node.attempt.finished["time"]) > 1e9


@pytest.mark.parametrize("what", ["rm -rf $PWD", "rm -rf ${PWD%/*}", "mv $PWD ../away", "rm out; mkfifo out"])
def test_a_payload_that_takes_its_directory_away(node: Node, tmp_path: Path, what: str) -> None:
    (tmp_path / "kept").write_text("x")
    assert node.run(f"echo x >out; {what}", outputs=("out", f"{tmp_path}/kept"), epilogue="/bin/true") == 0, node.log
    assert [event["p.file"] for event in node.attempt.of_type("Noticed")] == ["out"]
    assert node.attempt.outputs == {b"kept": b"x"}
    assert node.attempt.finished is not None
    assert node.attempt.finished["exit_code"] == "0"
    assert node.left() == []


def test_an_output_that_vanishes_while_it_waits(dash_node: Node, transport: dict[str, str]) -> None:
    node = dash_node
    node.environment.update(transport)
    node.service.break_down("PUT", "/output/a", 503, times=999)
    process = node.start(node.task("echo a >a; echo b >b", outputs=("a", "b")))
    node.service.wait_for(lambda: any(line.startswith("PUT") for line in node.service.requests))
    next(node.directory.glob("gw-*")).joinpath("work", "a").unlink()
    assert node.finish(process) == 0, node.log
    assert node.attempt.outputs == {b"b": b"b\n"}
    assert [(event["code"], event["p.file"]) for event in node.attempt.of_type("Noticed")] == [("output_missing", "a")]
    assert node.attempt.finished is not None
    assert "code" not in node.attempt.finished


@pytest.mark.long
def test_a_node_that_reaches_nobody_does_not_keep_its_slot(dash_node: Node) -> None:
    """Before the payload there is nothing of the user's to be brought home."""
    del dash_node.environment["GRIDWMS_PATIENCE"]
    dash_node.environment["GLITE_LOCAL_COPY_RETRY_COUNT_ISB"] = "0"
    dash_node.service.down()
    process = dash_node.start(dash_node.task("true"))
    assert dash_node.finish(process, seconds=110) == 13
    assert "code=input_failed" in (dash_node.directory / TAG / "events").read_text()


def test_a_payload_that_locks_its_directory(common_node: Node) -> None:
    task = common_node.task("echo x >out; chmod 0 $PWD ${PWD%/*}", outputs=("out",))
    assert common_node.finish(common_node.start(task, user=65534)) == 0, common_node.log
    assert common_node.attempt.outputs == {b"out": b"x\n"}
    assert common_node.left() == []


def test_a_node_that_lets_no_process_start(common_node: Node) -> None:
    work = common_node.directory / "ours" / "work"
    work.mkdir(parents=True)
    for path in (work, work.parent):
        os.chown(path, 65534, 65534)
    common_node.environment["GRIDWMS_SITE_DIR"] = str(work.parent)

    def few() -> None:
        os.setuid(65534)
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))

    process = common_node.start(common_node.task("true"), preexec_fn=few)
    assert common_node.finish(process) != 0
    assert "code=shell_failed&p.status=2" in (work.parent / "events").read_text()
    assert TAG in common_node.log


@pytest.mark.parametrize("small_disk", ["size=1m"], indirect=True)
def test_a_payload_that_fills_the_disk(dash_node: Node, small_disk: Path) -> None:
    task = dash_node.task("cat /dev/zero >big; until ! echo . >>more; do :; done; exit 3", outputs=("more",))
    assert dash_node.finish(dash_node.start(task, cwd=small_disk)) == 0, dash_node.log
    assert dash_node.attempt.finished is not None
    assert dash_node.attempt.finished["exit_code"] == "3"
    assert list(small_disk.iterdir()) == []
