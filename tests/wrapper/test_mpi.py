"""Jobs of several processors: the hosts a site gives, the sandbox on each of them, and real MPI programs."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gridwms.wrapper.task import Input
from tests.wrapper.conftest import TAG, Node
from tests.wrapper.test_steps import outcome

PROGRAM = r"""
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
int main(int count, char **words) {
  int rank, size, sum;
  char line[100] = "";
  MPI_Init(&count, &words);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  FILE *data = fopen("data", "r");
  if (data) fgets(line, sizeof line, data);
  printf("rank %d of %d, sum %d, %s, %s, %s, %s\n", rank, size, sum, words[1], getenv("COLOUR"), line,
         getenv("HOST_OF_TEST") ? getenv("HOST_OF_TEST") : "here");
  MPI_Finalize();
  return rank == 0 ? 0 : atoi(words[2]);
}
"""

OTHER_HOST = """#!/bin/sh
# Stands for ssh: runs the command where the node's home is another directory.
while :; do case $1 in -o) shift 2 ;; -*) shift ;; *) break ;; esac; done
printf '%s\\n' "$*" >>{log}
[ "$1" != refusing ] || {{ echo 'no route to that host' >&2; exit 255; }}
shift
HOST_OF_TEST=other exec bwrap --dev-bind / / --bind {other} {home} sh -c "$*"
"""


@functools.cache
def program() -> bytes:
    """A compiled MPI program; the tests that need it are skipped where none can be made."""
    if shutil.which("mpicc") is None or shutil.which("mpirun") is None:
        pytest.skip("no MPI here (openmpi-bin, libopenmpi-dev): real MPI programs were not run")
    made = subprocess.run(
        ["sh", "-c", 'd=$(mktemp -d) && mpicc -xc - -o "$d/p" && cat "$d/p" && rm -r "$d"'],
        input=PROGRAM.encode(),
        capture_output=True,
        check=True,
    )
    return made.stdout


def lines(node: Node) -> list[str]:
    return sorted(node.attempt.outputs[b"out"].decode().splitlines())


def run(node: Node, kind: str, environment: tuple[tuple[str, str], ...] = (), fails: int = 0) -> int:
    node.attempt.inputs[:] = [program(), b"given"]
    return node.run(
        executable="hello",
        arguments=f"'two words' {fails}",
        inputs=(Input(index=0, name="hello"), Input(index=1, name="data")),
        environment=(("COLOUR", "dark 'red'"), *environment),
        std_output="out",
        outputs=("out",),
        cpus=2,
        mpi=kind,
    )


@pytest.mark.parametrize("kind", ["mpi", "openmpi"])
def test_two_ranks(node: Node, kind: str) -> None:
    assert run(node, kind) == 0, node.log
    assert lines(node) == [f"rank {r} of 2, sum 1, two words, dark 'red', given, here" for r in (0, 1)], node.log
    assert node.left() == []


def test_ranks_in_an_image(dash_node: Node, tmp_path: Path) -> None:
    """The launcher stays outside, and each rank enters by itself; a program that stands for bubblewrap counts them."""
    root, stand = tmp_path / "root", tmp_path / "bwrap"
    root.mkdir()
    stand.write_text(f"""#!/bin/sh
case $* in *true) exit 0 ;; esac
echo in >>{tmp_path}/entered
while [ "$1" != ./hello ]; do shift; done
exec "$@"
""")
    stand.chmod(0o755)
    dash_node.environment["PATH"] = f"{tmp_path}:/usr/bin:/bin"
    dash_node.attempt.inputs[:] = [program(), b"given"]
    status = dash_node.run(
        executable="hello",
        arguments="x 0",
        inputs=(Input(index=0, name="hello"),),
        environment=(("COLOUR", "red"),),
        std_output="out",
        outputs=("out",),
        cpus=2,
        mpi="mpi",
        container=str(root),
    )
    assert status == 0, dash_node.log
    assert [line[:20] for line in lines(dash_node)] == ["rank 0 of 2, sum 1, ", "rank 1 of 2, sum 1, "], dash_node.log
    assert (tmp_path / "entered").read_text() == "in\nin\n"


def test_the_exit_code_is_that_of_the_program(dash_node: Node) -> None:
    assert run(dash_node, "mpi", fails=7) == 0
    assert dash_node.attempt.finished is not None
    assert dash_node.attempt.finished["exit_code"] == "7"


def test_a_kind_of_mpi_that_is_not_there(dash_node: Node, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("mpirun", "mpiexec", "mpiexec.hydra", "mpirun.mpich"):  # Open MPI under every name
        (tools / name).write_text("#!/bin/sh\necho 'mpirun (Open MPI) 4.1.4'\n")
        (tools / name).chmod(0o755)
    dash_node.environment["PATH"] = f"{tools}:/usr/bin:/bin"
    assert dash_node.run("true", cpus=2, mpi="mpich") == 14
    assert outcome(dash_node) == {"code": "mpi_missing", "p.kind": "mpich"}
    assert dash_node.attempt.instance == "", "another site is tried as if it had not begun"


def test_mpich_and_slurm_are_started_in_their_own_words(dash_node: Node, tmp_path: Path) -> None:
    """What the launchers are told, by programs that stand for them."""
    tools = tmp_path / "tools"
    tools.mkdir()
    said = tmp_path / "said"
    (tools / "mpirun.mpich").write_text(
        "#!/bin/sh\n[ $1 = --version ] && echo 'HYDRA build details:' && exit\n"
        f"echo $* >{said}; cat ../hostfile >>{said}\n"
    )
    (tools / "mpirun.mpich").chmod(0o755)
    dash_node.environment["PATH"] = f"{tools}:/usr/bin:/bin"
    assert dash_node.run("true", cpus=3, mpi="mpich") == 0, dash_node.log
    assert said.read_text() == f"-np 3 -machinefile ../hostfile ./run\n{os.uname().nodename}:3\n"
    (tools / "mpirun.mpich").unlink()
    (tools / "srun").write_text(f"#!/bin/sh\necho srun $* >{said}\n")
    (tools / "srun").chmod(0o755)
    dash_node.environment["SLURM_JOB_ID"] = "77"
    dash_node.attempt.instance = ""
    assert dash_node.run("true", cpus=3, mpi="mpich") == 0, dash_node.log
    assert said.read_text() == "srun -n 3 ./run\n"


def other_host(node: Node, tmp_path: Path) -> Path:
    """Makes hosts that are reached by a remote shell and do not see the node's home; its own home is returned."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed here: no second host for MPI programs")
    other = tmp_path / "other"
    other.mkdir()
    shell = tmp_path / "remote-shell"
    shell.write_text(OTHER_HOST.format(log=tmp_path / "remote-log", other=other, home=node.directory))
    shell.chmod(0o755)
    node.environment["GRIDWMS_REMOTE_SHELL"] = str(shell)
    return other


def hosts(node: Node, tmp_path: Path, *names: str) -> None:
    (tmp_path / "nodefile").write_text("".join(f"{name}\n" for name in names))
    node.environment["PBS_NODEFILE"] = str(tmp_path / "nodefile")


def test_two_hosts_without_a_file_system_in_common(dash_node: Node, tmp_path: Path) -> None:
    other = other_host(dash_node, tmp_path)
    hosts(dash_node, tmp_path, os.uname().nodename, "elsewhere")
    assert run(dash_node, "openmpi") == 0, dash_node.log
    assert lines(dash_node) == [
        f"rank {r} of 2, sum 1, two words, dark 'red', given, {host}" for r, host in enumerate(("here", "other"))
    ], dash_node.log
    assert list(other.iterdir()) == [], "the copy is gone from the other host"
    assert dash_node.left() == []


def test_a_file_system_in_common_is_not_copied_to_itself(dash_node: Node, tmp_path: Path) -> None:
    shell = tmp_path / "remote-shell"
    shell.write_text(
        f'#!/bin/sh\nwhile [ "$1" = -o ]; do shift 2; done\necho "$1" >>{tmp_path}/hosts\nexec sh -c "$2"\n'
    )
    shell.chmod(0o755)
    dash_node.environment["GRIDWMS_REMOTE_SHELL"] = str(shell)
    hosts(dash_node, tmp_path, "elsewhere", "elsewhere", os.uname().nodename)
    script = 'cat "$GRIDWMS_MACHINEFILE"; ls; echo $GRIDWMS_CPUS'
    assert dash_node.run(script, cpus=3, std_output="out", outputs=("out",)) == 0, dash_node.log
    expected = f"elsewhere\nelsewhere\n{os.uname().nodename}\nout\nrun\n3\n"
    assert dash_node.attempt.outputs[b"out"].decode() == expected
    assert (tmp_path / "hosts").read_text() == "elsewhere\nelsewhere\n", "asked once before and once after"


def test_a_host_that_is_not_reached(dash_node: Node, tmp_path: Path) -> None:
    other_host(dash_node, tmp_path)
    hosts(dash_node, tmp_path, "refusing", os.uname().nodename)
    assert run(dash_node, "openmpi") == 13
    expected = {"code": "spread_failed", "p.host": "refusing", "p.text": "no route to that host"}
    assert outcome(dash_node) == expected
    assert dash_node.attempt.instance == ""


def test_a_launcher_of_the_users_own_may_reach_it_otherwise(dash_node: Node, tmp_path: Path) -> None:
    other_host(dash_node, tmp_path)
    hosts(dash_node, tmp_path, "refusing", os.uname().nodename)
    assert dash_node.run("exit 3", cpus=2) == 0
    assert [notice["code"] for notice in dash_node.attempt.of_type("Noticed")] == ["spread_failed"]
    assert dash_node.attempt.finished is not None
    assert dash_node.attempt.finished["exit_code"] == "3"


@pytest.mark.parametrize(
    ("told", "files"),
    [
        ({"LSB_HOSTS": "a a b"}, {}),
        ({"LSB_DJOB_HOSTFILE": "{d}/f"}, {"f": "a\na\nb\n"}),
        ({"PE_HOSTFILE": "{d}/f"}, {"f": "a 2 all.q@a UNDEFINED\nb 1 all.q@b UNDEFINED\n"}),
        ({"OAR_NODEFILE": "{d}/f"}, {"f": "a\na\nb\n"}),
        ({"SLURM_JOB_NODELIST": "[a-b]", "SLURM_TASKS_PER_NODE": "2,1"}, {}),
        ({"SLURM_JOB_NODELIST": "[a-b]", "SLURM_TASKS_PER_NODE": "2(x2)"}, {}),
    ],
    ids=["lsf", "lsf-file", "grid-engine", "oar", "slurm", "slurm-equal"],
)
def test_hosts_as_batch_systems_tell_them(
    dash_node: Node, tmp_path: Path, told: dict[str, str], files: dict[str, str]
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, text in {"scontrol": "printf 'a\\nb\\n'", "ssh": "exit 1"}.items():
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    dash_node.environment |= {name: value.format(d=tmp_path) for name, value in told.items()}
    dash_node.environment["PATH"] = f"{tools}:/usr/bin:/bin"
    assert dash_node.run('cp "$GRIDWMS_MACHINEFILE" out', cpus=3, outputs=("out",)) == 0, dash_node.log
    equal = told.get("SLURM_TASKS_PER_NODE") == "2(x2)"
    assert lines(dash_node) == ["a", "a", "b", *["b"] * equal]
    assert TAG not in " ".join(dash_node.left())
