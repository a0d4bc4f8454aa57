"""The MPI job of the manual, on two ranks at the local site."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.end_to_end.conftest import User
from tests.wrapper.test_mpi import program

PAGE = Path(__file__).parents[2] / "docs/user/mpi.md"


def test_two_ranks(user: User, tmp_path: Path) -> None:
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("this machine has one processor: the MPI job of the manual was not run")
    (tmp_path / "hello").write_bytes(program())
    text = re.findall(r"^```jdl\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)[0]
    text = text.replace("CPUNumber ", 'Arguments = "x 0"; Environment = {"COLOUR=red"}; CPUNumber ')
    said = user("submit", "--wait", "--json", user.write("mpi.jdl", text))
    assert said.status == 0, said.err + said.out
    (job,) = said.json["jobs"]
    assert user("output", "--dir", str(tmp_path / "out"), job["id"]).status == 0
    lines = sorted((tmp_path / "out" / "hello.out").read_text().splitlines())
    assert [line[:19] for line in lines] == ["rank 0 of 2, sum 1,", "rank 1 of 2, sum 1,"]
