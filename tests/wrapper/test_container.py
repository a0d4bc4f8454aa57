"""The payload in an image: by the real bubblewrap, and by programs that stand for the others."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.wrapper.conftest import Node
from tests.wrapper.test_steps import outcome


@functools.cache
def _libraries(program: str) -> tuple[str, ...]:
    told = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return tuple(re.findall(r"(/\S+) \(0x", told))


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A root file system with busybox alone, and a mark."""
    busybox = shutil.which("busybox")
    if shutil.which("bwrap") is None or busybox is None:
        pytest.skip("bubblewrap or busybox is not installed here: no payload was run in an image")
    root = tmp_path / "an 'odd' image"
    for source in (busybox, *_libraries(busybox)):
        target = root / source.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    (root / "bin").mkdir(exist_ok=True)
    for name in ("sh", "cat", "ls", "echo", "false"):
        (root / "bin" / name).symlink_to(busybox)
    (root / "mark").write_text("inside\n")
    (root / "link").symlink_to("/mark")
    return root


def test_in_a_directory(node: Node, image: Path) -> None:
    script = 'cat /link; pwd; ls; echo written >new; echo "$COLOUR $1"; [ -e /etc/passwd ] || echo alone; exit 4'
    status = node.run(
        script,
        arguments="'two words'",
        environment=(("COLOUR", "red"), ("PATH", "/bin")),
        std_output="out",
        outputs=("out", "new"),
        container=str(image),
    )
    assert status == 0, node.log
    assert node.attempt.outputs[b"out"].decode() == "inside\n/gridwms/work\nout\nrun\nred two words\nalone\n"
    assert node.attempt.outputs[b"new"] == b"written\n"
    assert node.attempt.finished is not None
    assert node.attempt.finished["exit_code"] == "4"


def test_a_program_of_the_image(dash_node: Node, image: Path) -> None:
    status = dash_node.run(
        executable="/bin/cat", arguments="/mark", std_output="out", outputs=("out",), container=str(image)
    )
    assert status == 0, dash_node.log
    assert dash_node.attempt.outputs == {b"out": b"inside\n"}


def test_a_missing_image_fails_before_the_payload(node: Node) -> None:
    assert node.run("echo must not run", container="/no/such/image.sif") == 14
    assert outcome(node) == {"code": "image_missing", "p.image": "/no/such/image.sif"}
    assert node.attempt.instance == ""


def test_nothing_that_runs_it(dash_node: Node, tmp_path: Path, without_bash: str) -> None:
    image = tmp_path / "image.sif"
    image.write_bytes(b"x")
    assert dash_node.run("echo must not run", container=str(image)) == 14
    assert outcome(dash_node)["code"] == "no_container_runtime"
    assert dash_node.attempt.instance == ""


STANDS = """#!/bin/sh
printf '%s|' "$@" >>{said}
echo >>{said}
case $* in
  *forbidden*) echo denied >&2; exit 125 ;;
  *folded*true) case $* in *--unsquash*) exit 0 ;; *) echo 'no FUSE here' >&2; exit 255 ;; esac ;;
  *pull* | *true | ps*) exit 0 ;;
esac
while [ "$1" != ./run ]; do shift; done
exec "$@"
"""


@pytest.mark.parametrize(
    ("program", "image", "calls"),
    [
        ("apptainer", "docker://debian:12", ["pull|image.sif|docker://debian:12|", *["-s|exec|--no-home|--pwd|"] * 2]),
        (
            "podman",
            "docker://debian:12",
            ["pull|-q|debian:12|", *["run|--rm|-i|--env-host|--network|host|--label|"] * 2, "ps|-q|--filter|label="],
        ),
        ("singularity", "IMAGE", ["-s|exec|--no-home|--pwd|/gridwms/work|-B|"] * 2),
        ("apptainer", "FOLDED", ["-s|exec|--no-home|", *["-s|exec|--unsquash|--no-home|"] * 2]),
    ],
)
def test_the_words_of_the_others(dash_node: Node, tmp_path: Path, program: str, image: str, calls: list[str]) -> None:
    said = tmp_path / "said"
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / program).write_text(STANDS.format(said=said))
    (tmp_path / "tools" / program).chmod(0o755)
    for name in ("image.sif", "folded.sif"):
        (tmp_path / name).write_bytes(b"x")
    dash_node.environment["PATH"] = f"{tmp_path}/tools:/usr/bin:/bin"
    image = image.replace("IMAGE", str(tmp_path / "image.sif")).replace("FOLDED", str(tmp_path / "folded.sif"))
    assert dash_node.run("exit 6", container=image) == 0, dash_node.log
    assert dash_node.attempt.finished is not None
    assert dash_node.attempt.finished["exit_code"] == "6"
    lines = said.read_text().splitlines()
    assert len(lines) == len(calls)
    assert all(line.startswith(call) for line, call in zip(lines, calls, strict=True)), lines
    assert dash_node.left() == []


def test_an_image_that_cannot_be_fetched(dash_node: Node, tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "podman").write_text(STANDS.format(said=tmp_path / "said"))
    (tmp_path / "tools" / "podman").chmod(0o755)
    dash_node.environment["PATH"] = f"{tmp_path}/tools:/usr/bin:/bin"
    assert dash_node.run("true", container="docker://forbidden:1") == 14
    assert outcome(dash_node) == {"code": "image_failed", "p.image": "forbidden:1", "p.text": "denied"}


@pytest.mark.parametrize(("program", "status"), [("apptainer", 255), ("bwrap", 1)])
def test_an_image_that_does_not_start(dash_node: Node, tmp_path: Path, program: str, status: int) -> None:
    """No image, or a kernel without name spaces: seen before the token, and not taken for the payload's end."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / program).write_text(f'#!/bin/sh\necho "$0: no name spaces here" >&2\nexit {status}\n')
    (tmp_path / "tools" / program).chmod(0o755)
    image = tmp_path / "image"
    if program == "bwrap":
        image.mkdir()
    else:
        image.write_bytes(b"x")
    dash_node.environment["PATH"] = f"{tmp_path}/tools:/usr/bin:/bin"
    assert dash_node.run("true", container=str(image)) == 14
    assert outcome(dash_node)["code"] == "image_failed"
    assert "no name spaces here" in outcome(dash_node)["p.text"]
    assert dash_node.attempt.instance == ""


def test_an_image_without_true(node: Node, image: Path) -> None:
    """What every image has is not known."""
    assert not (image / "bin" / "true").exists()
    assert node.run("exit 3", container=str(image), environment=(("PATH", "/bin"),)) == 0, node.log
    assert node.attempt.finished is not None
    assert node.attempt.finished["exit_code"] == "3"


@pytest.mark.parametrize("form", ["directory", "file"])
def test_with_the_real_apptainer(common_node: Node, image: Path, form: str) -> None:
    if shutil.which("apptainer") is None:
        pytest.skip("Apptainer is not installed here: no payload was run by it")
    home = common_node.directory
    place = home.parent / "image"
    shutil.copytree(image, place, symlinks=True)
    for name in ("dev", "proc", "sys", "tmp", "var/tmp", "etc", "root", "home"):
        (place / name).mkdir(parents=True, exist_ok=True)
    for name in ("passwd", "group", "hosts", "resolv.conf"):
        (place / "etc" / name).touch()
    common_node.environment["PATH"] = f"{Path(shutil.which('apptainer') or '').parent}:/usr/bin:/bin"
    if form == "file":
        build = ["apptainer", "-q", "build", str(home / "image.sif"), str(place)]
        subprocess.run(build, user=65534, env=common_node.environment, check=True, capture_output=True)
        place = home / "image.sif"
    script = 'cat /mark; echo "$COLOUR"; echo written >new; kill -9 $$'
    task = common_node.task(
        script, environment=(("COLOUR", "red"),), std_output="out", outputs=("out", "new"), container=str(place)
    )
    assert common_node.finish(common_node.start(task, user=65534)) == 0, common_node.log
    assert common_node.attempt.outputs == {b"out": b"inside\nred\n", b"new": b"written\n"}
    assert common_node.attempt.finished is not None
    assert common_node.attempt.finished["exit_code"] == "137"
