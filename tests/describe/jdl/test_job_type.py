"""MPI, interactive and container jobs as JDL says them."""

from __future__ import annotations

import pytest

from gridwms.classad import unparse
from tests.describe.jdl.given import PLAIN, accepted, read, the_error


@pytest.mark.parametrize(
    ("word", "kind"),
    [("MPICH", "mpi"), ("mpi", "mpi"), ("OpenMPI", "openmpi"), ("MPICH2", "mpich"), ("Normal", "")],
)
def test_kinds_of_mpi(word: str, kind: str) -> None:
    job = accepted(PLAIN + f'JobType = "{word}"; CPUNumber = 4;')
    assert (job.mpi, job.cpus, job.interactive) == (kind, 4, False)


def test_an_mpi_job_prefers_free_processors_unless_it_says_otherwise() -> None:
    assert unparse(accepted(PLAIN + 'JobType = "MPICH";').rank) == "other.GlueCEStateFreeCPUs"
    assert unparse(accepted(PLAIN + 'JobType = "MPICH"; Rank = 7;').rank) == "7"


def test_hosts_and_whole_nodes_are_asked_for_without_a_warning() -> None:
    reading = read(PLAIN + "CPUNumber = 8; HostNumber = 2; WholeNodes = true; SMPGranularity = 4;")
    assert reading.problems == ()
    job = reading.description
    assert job is not None
    assert (job.hosts, job.smp_granularity, job.whole_nodes) == (2, 4, True)


def test_interactive_needs_a_way_out() -> None:
    job = accepted(PLAIN + 'JobType = "Interactive"; InteractiveTerminal = true;')
    assert (job.interactive, job.terminal) == (True, True)
    assert "GlueHostNetworkAdapterOutboundIP" in unparse(job.requirements)
    assert not accepted(PLAIN + 'JobType = "Interactive";').terminal


def test_a_terminal_alone_has_no_effect() -> None:
    reading = read(PLAIN + "InteractiveTerminal = true;")
    assert [problem.code for problem in reading.problems] == ["no_effect"]
    assert reading.description is not None
    assert not reading.description.terminal


def test_listeners_of_old_are_not_needed() -> None:
    reading = read(PLAIN + 'JobType = "Interactive"; ListenerHost = "ui.example.org"; ListenerPort = 4000;')
    assert {problem.code for problem in reading.problems} == {"no_effect"}
    assert reading.description is not None


def test_what_is_typed_and_a_file_exclude_each_other() -> None:
    assert "what is typed" in the_error(PLAIN + 'JobType = "Interactive"; StdInput = "/etc/motd";').message


@pytest.mark.parametrize("image", ["/images/sl6.sif", "docker://debian:12", "tools.sif"])
def test_images(image: str) -> None:
    assert accepted(PLAIN + f'ContainerImage = "{image}";').container == image


def test_a_bad_image() -> None:
    assert "blank" in the_error(PLAIN + 'ContainerImage = "docker://debian --privileged";').message
