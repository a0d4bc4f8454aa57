"""`gridwms.Job`: the same keys in Python, the same checks, the same JDL."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from datetime import UTC, datetime

import pytest

import gridwms
from gridwms.describe.native import read_native
from gridwms.describe.native.job import _KEYS
from gridwms.describe.native.keys import KEYS, Kind
from tests.describe.jdl.given import BARE, jobs_of
from tests.describe.native.given import DEFAULTS, NOW, read

JOB = gridwms.Job(
    "run.sh",
    ["a b", 3],
    environment={"A": 1},
    stdout="out",
    inputs=["run.sh", ("https://h/x", "y")],
    outputs=["out"],
    before=("/bin/a", ["b c"]),
    name="hello",
    cpus=4,
    memory="2 GiB",
    wall_time="90 min",
    software=["x"],
    where="other.A == 1",
    prefer="other.B",
    retry_deep=3,
    expires=datetime(2031, 1, 31, 12, tzinfo=UTC),
    peek="30 s",
    tags={"a": "no"},
    jdl={"Extra": "{1}"},
)
TEXT = """
name: hello
run: {executable: run.sh, arguments: [a b, 3], environment: {A: 1}, stdout: out}
files: {in: [run.sh, {from: 'https://h/x', as: y}], out: [out]}
before: {script: /bin/a, arguments: [b c]}
needs: {cpus: 4, memory: 2 GiB, wall_time: 90 min, software: [x], where: other.A == 1}
prefer: other.B
retry: {deep: 3}
expires: 2031-01-31T12:00:00Z
peek: 30 s
tags: {a: no}
jdl: {Extra: "{1}"}
"""


def test_a_job_is_what_the_same_text_is() -> None:
    assert JOB.check(DEFAULTS, now=NOW).description == read(TEXT).description
    assert read(TEXT).description is not None


def test_it_becomes_jdl_and_yaml() -> None:
    assert "Arguments = \"'a b' 3\"" in JOB.to_jdl()
    again = read(JOB.to_native()).description
    description = JOB.check(DEFAULTS, now=NOW).description
    assert again is not None
    assert description is not None
    assert (again.arguments, again.inputs, again.expires_at) == (
        description.arguments,
        description.inputs,
        description.expires_at,
    )


def test_every_key_has_a_field() -> None:
    both = (*dataclasses.fields(gridwms.Job), *dataclasses.fields(gridwms.Jobs))
    fields = {_KEYS.get(field.name, field.name) for field in both}
    assert fields == {
        name.partition(".")[0] if name.startswith("sweep.") else name
        for name, key in KEYS.items()
        if key.kind is not Kind.SECTION
    }


def test_many_jobs() -> None:
    node = gridwms.Job("/bin/echo", ["x"])
    dag = gridwms.Jobs({"a": node, "b": node, "c": node}, order=[("a", ["b", "c"])], max_running=2, retry_deep=1)
    compound = dag.check(BARE).compound
    assert compound is not None
    assert (compound.kind, compound.max_running, len(compound.templates)) == ("dag", 2, 1)
    assert [(edge.parent, edge.child) for edge in compound.edges] == [(0, 1), (0, 2)]
    assert {job.retry_count for job in jobs_of(compound).values()} == {1}
    again = read_native(dag.to_native(), BARE, now=0.0).compound
    assert again == compound
    plain = gridwms.Jobs([node, node]).check(BARE).compound
    assert plain is not None
    assert plain.kind == "collection"


@pytest.mark.parametrize(
    ("sweep", "expected"), [(2, ["0", "1"]), (range(1, 6, 2), ["1", "3", "5"]), (["a", 2, 0.5], ["a", "2", "0.5"])]
)
def test_sweeps(sweep: int | range | list[str | int | float], expected: list[str]) -> None:
    job = gridwms.Job("/bin/echo", ["_PARAM_"], sweep=sweep)
    compound = job.check(BARE).compound
    assert compound is not None
    assert [each.arguments for each in jobs_of(compound).values()] == [f"'{value}'" for value in expected]
    assert read_native(job.to_native(), BARE, now=0.0).compound == compound


def test_mistakes_are_told() -> None:
    with pytest.raises(gridwms.JobError, match=r"needs\.memory: found the text '3'; accepted: a size") as raised:
        gridwms.Job("/bin/ls", memory="3", where="1 +").to_jdl()
    assert [problem.attribute for problem in raised.value.problems] == ["needs.memory", "needs.where"]
    with pytest.raises(TypeError, match="set is no part of a job"):
        gridwms.Job("/bin/ls", {"a"}).to_jdl()  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="pairs of from and as"):
        gridwms.Job("/bin/ls", inputs=[("a", "b", "c")]).to_jdl()  # type: ignore[list-item]
    assert gridwms.Job("").check().description is None


def test_the_package_stays_light() -> None:
    program = "import gridwms, sys; assert 'yaml' not in sys.modules; gridwms.Job('/x'); " + (
        "assert not {'gridwms.' + name for name in ('store', 'api', 'flow', 'client')} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    with pytest.raises(AttributeError, match="no attribute 'Jobb'"):
        gridwms.Jobb  # type: ignore[attr-defined]  # noqa: B018
