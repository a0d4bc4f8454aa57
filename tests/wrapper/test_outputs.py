"""The output sandbox: wildcards, the size limit, missing files, names of every kind."""

from __future__ import annotations

import shutil

import pytest

from tests.wrapper.conftest import Node

Sizes = dict[str, int]


def made(sizes: Sizes) -> str:
    return "\n".join(f"head -c {size} /dev/zero | tr '\\0' {name[-1]} >{name}" for name, size in sizes.items())


@pytest.mark.parametrize(
    ("limit", "sizes", "expected"),
    [
        # regression 27215 of gLite: two files, the second is cut to what the first leaves
        (100, {"out2": 70, "out1": 200}, {"out2": 70, "out1.tail": 30}),
        # regression 38359: one of half the limit, an empty one, one that is cut
        (100, {"a": 50, "b": 0, "c": 500}, {"a": 50, "b": 0, "c.tail": 50}),
        # the first beyond the limit shares the room with those that follow
        (100, {"a": 200, "b": 70}, {"a.tail": 50, "b.tail": 50}),
        (100, {"a": 200, "b": 20, "c": 10}, {"a.tail": 33, "b": 20, "c": 10}),
        (100, {"a": 1000, "b": 1000, "c": 1000}, {"a.tail": 33, "b.tail": 33, "c.tail": 34}),
        (100, {"a": 100}, {"a": 100}),
        (100, {"a": 101}, {"a.tail": 100}),
        (0, {"a": 0, "b": 5}, {"a": 0, "b.tail": 0}),
        (-1, {"a": 5000, "b": 5000}, {"a": 5000, "b": 5000}),
    ],
)
def test_size_limit(dash_node: Node, limit: int, sizes: Sizes, expected: Sizes) -> None:
    status = dash_node.run(made(sizes), outputs=tuple(sizes), max_output_bytes=limit)
    assert status == 0, dash_node.log
    assert {name.decode(): len(data) for name, data in dash_node.attempt.outputs.items()} == expected
    notices = dash_node.attempt.of_type("Noticed")
    cut = {name.removesuffix(".tail"): size for name, size in expected.items() if name.endswith(".tail")}
    assert {notice["p.file"]: int(notice["p.sent"]) for notice in notices} == cut
    assert all(int(notice["p.size"]) == sizes[notice["p.file"]] for notice in notices)


def test_the_tail_is_the_last_bytes_under_every_shell(node: Node) -> None:
    node.run("printf 0123456789 >a", outputs=("a",), max_output_bytes=4)
    assert node.attempt.outputs == {b"a.tail": b"6789"}


def test_missing_files_take_no_room(dash_node: Node) -> None:
    dash_node.run(made({"b": 200}), outputs=("a", "b", "c"), max_output_bytes=90)
    assert {name: len(data) for name, data in dash_node.attempt.outputs.items()} == {b"b.tail": 90}


def test_the_site_may_lower_the_limit(dash_node: Node) -> None:
    dash_node.environment["GLITE_LOCAL_MAX_OSB_SIZE"] = "10"
    dash_node.run(made({"a": 20}), outputs=("a",), max_output_bytes=50)
    assert {name: len(data) for name, data in dash_node.attempt.outputs.items()} == {b"a.tail": 10}


@pytest.mark.parametrize("nonsense", ["", "much", "-5", "99999999999999999999"])
def test_the_site_may_not_raise_it(dash_node: Node, nonsense: str) -> None:
    dash_node.environment["GLITE_LOCAL_MAX_OSB_SIZE"] = nonsense
    dash_node.run(made({"a": 80}), outputs=("a",), max_output_bytes=50)
    assert {name: len(data) for name, data in dash_node.attempt.outputs.items()} == {b"a.tail": 50}


def test_wildcards_are_expanded_on_the_node(node: Node) -> None:
    script = "mkdir d; echo 1 >a.txt; echo 2 >'b c.txt'; echo 3 >d/x.txt; echo 4 >.hidden.txt; mkdir dir.txt"
    assert node.run(script, outputs=("*.txt", "d/?.txt", "a.txt", "none*")) == 0, node.log
    assert node.attempt.outputs == {b"a.txt": b"1\n", b"b c.txt": b"2\n", b"x.txt": b"3\n"}
    assert [notice["p.file"] for notice in node.attempt.of_type("Noticed")] == ["none*"]


def test_absolute_paths_keep_their_leaf(node: Node) -> None:
    node.run(f"echo far >{node.directory}/far.out", outputs=(f"{node.directory}/far.out",))
    assert node.attempt.outputs == {b"far.out": b"far\n"}


def test_missing_file_is_noticed_and_no_failure(node: Node) -> None:
    assert node.run("mkdir folder", outputs=("never", "folder")) == 0
    notices = node.attempt.of_type("Noticed")
    assert [(notice["code"], notice["p.file"]) for notice in notices] == [
        ("output_missing", "never"),
        ("output_missing", "folder"),
    ]
    assert node.attempt.finished is not None
    assert "code" not in node.attempt.finished


HOSTILE = [
    "a b", "it's", 'quo"te', "new\nline", "-rf", "--", "$(touch pwned)", "`x`", "back\\slash", "%41", "é", "\udcff",
    "{a,b}", "[x]", "?q&a=b#c", "...", "a;b", "\t", "*",
]  # fmt: skip


@pytest.mark.parametrize("limit", [-1, 5])
def test_files_of_any_name(node: Node, limit: int) -> None:
    script = "\n".join(f"printf 0123456789 >./{_quoted(name)}" for name in HOSTILE)
    node.attempt.inputs.clear()
    task = node.task("placeholder", outputs=tuple(HOSTILE), max_output_bytes=limit)
    node.attempt.inputs[:] = [f"#!/bin/sh\n{script}\n".encode("utf-8", "surrogateescape")]
    assert node.finish(node.start(task)) == 0, node.log
    suffix = b"" if limit < 0 else b".tail"
    assert set(node.attempt.outputs) == {name.encode("utf-8", "surrogateescape") + suffix for name in HOSTILE}
    if limit < 0:
        assert set(node.attempt.outputs.values()) == {b"0123456789"}
    assert node.left() == []


@pytest.mark.parametrize("limit", [-1, 30])
def test_with_the_tools_of_busybox(dash_node: Node, busybox_alone: str, limit: int) -> None:
    dash_node.shell = [shutil.which("busybox") or "", "sh"]
    dash_node.environment["PATH"] = busybox_alone
    dash_node.environment["GRIDWMS_PEEK_PAUSE"] = "20"
    dash_node.attempt.watched = ["-a b"]
    script = "printf '%s' 0123456789 >'./-a b'; printf '%s' abcdefghijklmnopqrstuvwxyz >\"q'\"; sleep 0.1"
    status = dash_node.run(
        script, outputs=("-a b", "q*"), max_output_bytes=limit, peek_seconds=1, epilogue="/bin/true", std_output="x/y"
    )
    assert status == 0, dash_node.log
    cut = {b"q'": b"abcdefghijklmnopqrstuvwxyz"} if limit < 0 else {b"q'.tail": b"ghijklmnopqrstuvwxyz"}
    assert dash_node.attempt.outputs == {b"-a b": b"0123456789", **cut}
    assert dash_node.attempt.peeked == {"-a b": b"0123456789"}
    assert dash_node.left() == []


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "'\\''") + "'"


def test_very_many_files(dash_node: Node) -> None:
    script = 'i=0; while [ $i -lt 300 ]; do echo $i >"f$i"; i=$((i+1)); done'
    assert dash_node.run(script, outputs=("f*",)) == 0, dash_node.log
    assert len(dash_node.attempt.outputs) == 300
