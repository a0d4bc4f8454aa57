"""OutputData: stored when the payload ended with 0, each told of, and the file DSUpload_<job>.out."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from gridwms.wrapper.task import Stored
from tests.wrapper.conftest import TAG, Node

REPORT = "DSUpload_*.out"
KEY = TAG[3:-2]


def report(node: Node) -> list[str]:
    (name,) = (name for name in node.attempt.outputs if name.startswith(b"DSUpload_"))
    assert name == f"DSUpload_{KEY}.out".encode()
    return [line for line in node.attempt.outputs[name].decode().splitlines() if not line.startswith("#")]


def test_by_http_and_to_a_path(node: Node, transport: dict[str, str], tmp_path: Path) -> None:
    node.environment.update(transport)
    url = node.service.url
    status = node.run(
        "echo one >one; mkdir d; echo two >'d/t w%o'; echo three >'th ree'",
        outputs=(REPORT,),
        stored=(
            Stored(path="one", way="put", url=f"{url}/store/atlas/new1", name="lfn:atlas:new1"),
            Stored(path="d/t w%o", way="put", url=f"{url}/store/"),
            Stored(path="th ree", way="file", url=f"file://{tmp_path}/deep/"),
            Stored(path="never", way="file", url=f"file://{tmp_path}/deep/"),
        ),
    )
    assert status == 0, node.log
    assert node.service.stored == {"/store/atlas/new1": b"one\n", f"/store/{KEY}/%74%20%77%25%6f": b"two\n"}
    assert (tmp_path / "deep" / KEY / "th ree").read_text() == "three\n"
    assert report(node) == [
        "one lfn:atlas:new1",
        f"d/t w%o {url}/store/{KEY}/%74%20%77%25%6f",
        f"th ree {tmp_path}/deep/{KEY}/th ree",
        "never Error: there is no such file",
    ]
    notices = {notice["p.file"]: notice for notice in node.attempt.of_type("Noticed")}
    assert notices["never"]["code"] == "data_not_stored"
    assert (notices["one"]["code"], notices["one"]["p.size"]) == ("data_stored", "4")
    assert notices["one"]["p.checksum"] == f"md5:{hashlib.md5(b'one' + bytes([10])).hexdigest()}"
    assert node.left() == []


def test_nothing_is_stored_of_a_payload_that_failed(dash_node: Node, tmp_path: Path) -> None:
    stored = (Stored(path="one", way="file", url=f"file://{tmp_path}/one"),)
    assert dash_node.run("echo one >one; exit 3", outputs=(REPORT,), stored=stored) == 0
    assert not (tmp_path / "one").exists()
    assert dash_node.attempt.outputs == {}


def test_an_element_that_refuses_is_told_and_the_job_goes_on(node: Node) -> None:
    node.service.break_down("PUT", "/store/", 403)
    stored = (Stored(path="one", way="put", url=f"{node.service.url}/store/one"),)
    assert node.run("echo one >one; echo out", std_output="out", outputs=("out", REPORT), stored=stored) == 0
    assert report(node) == ["one Error: HTTP 403"]
    assert node.attempt.outputs[b"out"] == b"out\n"


@pytest.mark.parametrize(("way", "program", "said"), [("xrdcp", "xrdcp", "-f -s -p"), ("gfal", "gfal-copy", "-f -p")])
@pytest.mark.parametrize("how", ["missing", "well", "badly"])
def test_by_the_programs_of_the_node(
    dash_node: Node, tmp_path: Path, way: str, program: str, said: str, how: str
) -> None:
    url = "root://se.example.org//atlas/one"
    lines = ["#!/bin/sh", f'echo "$*" >{tmp_path}/called', *(["echo no space; exit 5"] if how == "badly" else [])]
    if how != "missing":
        (tmp_path / program).write_text("\n".join((*lines, "")))
        (tmp_path / program).chmod(0o755)
        dash_node.environment["PATH"] = f"{tmp_path}:{dash_node.environment['PATH']}"
    assert dash_node.run("echo one >one", outputs=(REPORT,), stored=(Stored(path="one", way=way, url=url),)) == 0
    ends = {"missing": f"Error: this node has no {program}", "well": url, "badly": "Error: no space"}
    assert report(dash_node) == [f"one {ends[how]}"]
    if how != "missing":
        *options, source, target = (tmp_path / "called").read_text().split()
        assert (" ".join(options), target) == (said, url)
        assert source.startswith("file://" if way == "gfal" else "/") and source.endswith("/one")
