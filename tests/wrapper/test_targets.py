"""Output files that go elsewhere: by PUT and to paths of the node, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridwms.wrapper.render import render
from gridwms.wrapper.task import Target
from tests.wrapper.conftest import Node
from tests.wrapper.test_render import PLAIN
from tests.wrapper.test_steps import outcome


def test_by_put_and_to_a_path(node: Node, transport: dict[str, str], tmp_path: Path) -> None:
    node.environment.update(transport)
    url, store = node.service.url, tmp_path / "a place"
    status = node.run(
        "echo one >one; echo two >'t w%o'; mkdir d; echo three >d/three.dat; echo four >four.dat; echo five >five",
        outputs=("five",),
        targets=(
            Target(name="one", url=f"{url}/store/one?sign=s3cret"),
            Target(name="t w%o", url=f"file://{str(store).replace(' ', '%20')}/deep/two"),
            Target(name="*.dat", url=f"{url}/store/all/"),
            Target(name="d/*.dat", url=f"file://{store}/"),
        ),
    )
    assert status == 0, node.log
    assert node.service.stored == {"/store/one?sign=s3cret": b"one\n", "/store/all/four.dat": b"four\n"}
    assert (store / "deep" / "two").read_text() == "two\n"
    assert (store / "three.dat").read_text() == "three\n"
    assert sorted(path.name for path in store.rglob("*")) == ["deep", "three.dat", "two"]
    assert node.attempt.outputs == {b"five": b"five\n"}
    assert "s3cret" not in node.log
    assert node.left() == []


def test_a_place_that_is_away_for_a_while(dash_node: Node) -> None:
    dash_node.service.break_down("PUT", "/store/", 503, times=2)
    target = Target(name="one", url=f"{dash_node.service.url}/store/one")
    assert dash_node.run("echo one >one", targets=(target,)) == 0, dash_node.log
    assert dash_node.service.stored == {"/store/one": b"one\n"}


@pytest.mark.parametrize("how", ["http", "file"])
def test_what_cannot_be_sent_comes_to_the_service(node: Node, how: str) -> None:
    url = f"{node.service.url}/store/one?sign=s3cret" if how == "http" else "file:///proc/no/such/one"
    node.service.break_down("PUT", "/store/", 403)
    assert (
        node.run("echo one >one; echo two >two; exit 3", targets=(Target(name="one", url=url),), outputs=("two",)) == 18
    )
    told = outcome(node)
    assert (told["code"], told["p.file"], told["exit_code"]) == ("target_failed", "one", "3")
    assert "s3cret" not in str(told)
    assert told["p.text"] == "HTTP 403" if how == "http" else told["p.text"]
    assert node.attempt.outputs == {b"one": b"one\n", b"two": b"two\n"}


def test_a_missing_file_is_noticed(dash_node: Node) -> None:
    target = Target(name="never", url=f"{dash_node.service.url}/store/never")
    assert dash_node.run("true", targets=(target,)) == 0
    assert [notice["p.file"] for notice in dash_node.attempt.of_type("Noticed")] == ["never"]


def test_other_schemes_are_refused_by_name() -> None:
    from dataclasses import replace

    with pytest.raises(ValueError, match="gsiftp"):
        render(replace(PLAIN, targets=(Target(name="x", url="gsiftp://se.example.org/x"),)))
