"""Archives of the input sandbox are unpacked, links and all."""

from __future__ import annotations

import io
import tarfile

import pytest

from gridwms.wrapper.task import Input
from tests.wrapper.conftest import Node
from tests.wrapper.test_steps import outcome


def archive(mode: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as target:  # type: ignore[call-overload]
        for name, content, rights in (
            ("run", b"#!/bin/sh\ncat d/link; readlink d/link; ls\n", 0o755),
            ("data", b"given\n", 0o644),
        ):
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.uid = len(content), rights, 4242
            target.addfile(member, io.BytesIO(content))
        folder = tarfile.TarInfo("d")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        target.addfile(folder)
        link = tarfile.TarInfo("d/link")
        link.type, link.linkname = tarfile.SYMTYPE, "../data"
        target.addfile(link)
    return made.getvalue()


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_unpacked(node: Node, mode: str) -> None:
    node.attempt.inputs[:] = [archive(mode)]
    inputs = (Input(index=0, name="ISBfiles_1_0.tar.gz", archive=True),)
    assert node.run(executable="run", inputs=inputs, std_output="out", outputs=("out",)) == 0, node.log
    assert node.attempt.outputs[b"out"] == b"given\n../data\nd\ndata\nout\nrun\n"


def test_by_the_tools_of_busybox(dash_node: Node, busybox_alone: str) -> None:
    dash_node.environment["PATH"] = busybox_alone
    dash_node.attempt.inputs[:] = [archive("w:gz")]
    inputs = (Input(index=0, name="a b.tgz", archive=True),)
    assert dash_node.run(executable="run", inputs=inputs, std_output="out", outputs=("out",)) == 0, dash_node.log
    assert b"given" in dash_node.attempt.outputs[b"out"]


def test_a_damaged_one_fails_before_the_payload(node: Node) -> None:
    node.attempt.inputs[:] = [archive("w:gz")[:60]]
    inputs = (Input(index=0, name="a.tgz", archive=True),)
    assert node.run(executable="run", inputs=inputs) == 13
    assert outcome(node)["p.file"] == "a.tgz"
    assert node.attempt.instance == ""
