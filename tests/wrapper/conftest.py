"""The real wrapper, run by each shell and with each transport there is, against a real server."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gridwms.wrapper.render import render
from gridwms.wrapper.task import Input, Task
from tests.wrapper.service import Attempt, Service

SHELLS = {
    name: [shutil.which(name) or name, *options]
    for name, options in {"dash": [], "bash": ["--posix"], "busybox": ["sh"]}.items()
}
RARE_SHELLS = {"ksh93": ["ksh93"], "mksh": ["mksh", "-o", "posix"], "zsh": ["zsh", "--emulate", "sh"]}
"""Not /bin/sh of anything common; one life each."""
TAG = "gw-0123456789abcdefghijkl-1"
CAPABILITY = "s3cret-c4pability"


@pytest.fixture(params=list(SHELLS))
def shell(request: pytest.FixtureRequest) -> list[str]:
    """A shell to run the wrapper with."""
    if shutil.which(SHELLS[request.param][0]) is None:
        pytest.skip(f"{request.param} is not installed here: the wrapper was not run under it")
    return SHELLS[request.param]


@pytest.fixture(scope="session")
def without_curl(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH that leaves python3 alone to speak HTTP."""
    return _path_without(tmp_path_factory.mktemp("without-curl"), {"curl", "bash"})


@pytest.fixture(scope="session")
def without_bash(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH that makes the wrapper take curl, also to a service on this machine."""
    return _path_without(tmp_path_factory.mktemp("without-bash"), {"bash"})


@pytest.fixture(scope="session")
def without_both(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with neither curl nor python3."""
    return _path_without(tmp_path_factory.mktemp("without-both"), {"curl", "python3"})


@pytest.fixture(scope="session")
def busybox_alone(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with busybox for everything but curl: a node without coreutils and util-linux."""
    busybox = shutil.which("busybox")
    if busybox is None:
        pytest.skip("busybox is not installed here: the wrapper was not run with its tools")
    folder = tmp_path_factory.mktemp("busybox")
    for applet in subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split():
        (folder / applet).symlink_to(busybox)
    (folder / "curl").symlink_to(shutil.which("curl") or "/usr/bin/curl")
    return str(folder)


def _path_without(folder: Path, names: set[str]) -> str:
    for place in ("/usr/bin", "/bin", "/usr/sbin"):
        for program in os.scandir(place):
            target = folder / program.name
            if program.name not in names and not target.exists():
                target.symlink_to(os.path.realpath(program.path) if program.name != "busybox" else program.path)
    return str(folder)


@pytest.fixture(params=["curl", "python3", "bash"])
def transport(request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment that makes the wrapper take this transport."""
    paths = {"curl": "without_bash", "python3": "without_curl"}
    path = request.getfixturevalue(paths[request.param]) if request.param in paths else "/usr/bin:/bin"
    return {"PATH": path}


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as running:
        yield running


class Node:
    """A worker node: runs wrappers of tasks in a directory, with an environment of its own."""

    def __init__(self, service: Service, directory: Path, shell: list[str]) -> None:
        self.service = service
        self.directory = directory
        self.shell = shell
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(directory),
            "GRIDWMS_FIRST_PAUSE": "20",
            "GRIDWMS_PATIENCE": "20",
            "GRIDWMS_GRACE": "2",
        }
        self.attempt = Attempt(CAPABILITY)
        service.attempts[TAG] = self.attempt
        self.log = ""
        self.started: list[subprocess.Popen[bytes]] = []

    def task(self, script: str = "", **changes: Any) -> Task:
        """A task; `script` is the text of an executable `run` that travels in the sandbox."""
        task = Task(
            tag=TAG,
            job_id="https://localhost:8443/jobs/0123456789abcdefghijkl",
            attempt=1,
            service=self.service.url,
            capability=CAPABILITY,
            vo="dteam",
            executable="run" if script else "/bin/true",
        )
        if script:
            self.attempt.inputs.insert(0, f"#!/bin/sh\n{script}\n".encode())
            task = replace(task, inputs=(Input(index=0, name="run"),))
        return replace(task, **changes)

    def start(self, task: Task, **popen: Any) -> subprocess.Popen[bytes]:
        script = self.directory / "wrapper"
        script.write_bytes(render(task).encode("utf-8", "surrogateescape"))
        script.chmod(0o600)
        process = subprocess.Popen(
            [*self.shell, str(script)],
            cwd=popen.pop("cwd", self.directory),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **popen,
        )
        self.started.append(process)
        return process

    def sweep(self) -> None:
        """Whatever a failed test has left running."""
        for process in self.started:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()

    def finish(self, process: subprocess.Popen[bytes], seconds: float = 30) -> int:
        """Wait for a wrapper; its exit status. Its words are in `log`."""
        try:
            out, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            print((error.output or b"").decode(errors="replace"))
            subprocess.run(["ps", "-o", "pid,ppid,pgid,stat,wchan,args", "-g", str(process.pid)], check=False)
            raise
        self.log = out.decode(errors="replace")
        return process.returncode

    def run(self, script: str = "", **changes: Any) -> int:
        """Start a wrapper and wait for it."""
        return self.finish(self.start(self.task(script, **changes)))

    def left(self) -> list[str]:
        """What stands in the node's directory besides the script."""
        return sorted(name for name in os.listdir(self.directory) if name != "wrapper")


@pytest.fixture
def node(service: Service, tmp_path: Path, shell: list[str]) -> Iterator[Node]:
    """A node with every shell in turn."""
    home = tmp_path / "home"
    home.mkdir()
    made = Node(service, home, shell)
    yield made
    made.sweep()


@pytest.fixture
def dash_node(service: Service, tmp_path: Path) -> Iterator[Node]:
    """A node with dash alone, for what does not depend on the shell."""
    home = tmp_path / "home"
    home.mkdir()
    made = Node(service, home, SHELLS["dash"] if shutil.which("dash") else SHELLS["bash"])
    yield made
    made.sweep()


@pytest.fixture
def common_node(dash_node: Node) -> Iterator[Node]:
    """A node where jobs run under an account without rights."""
    if os.geteuid() != 0:
        pytest.skip("not root: no job was run under another account")
    folder = Path(tempfile.mkdtemp(prefix="gw-node-"))
    folder.chmod(0o755)
    dash_node.directory = folder / "home"
    dash_node.directory.mkdir()
    (dash_node.directory / "wrapper").touch()
    for path in (dash_node.directory, dash_node.directory / "wrapper"):
        os.chown(path, 65534, 65534)
    yield dash_node
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def ends(pid: int) -> bool:
    """Whether it has ended, or does so at once: a process that was killed dies when its turn comes."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], 10)[0])
    finally:
        os.close(watched)
