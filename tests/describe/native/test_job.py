"""`gridwms.Job`: the same keys in Python, the same checks, the same JDL."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from datetime import UTC, datetime

import pytest

import gridwms
from gridwms.describe.native.job import _KEYS
from gridwms.describe.native.keys import KEYS, Kind
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
    fields = {_KEYS.get(field.name, field.name) for field in dataclasses.fields(gridwms.Job)}
    assert fields == {name for name, key in KEYS.items() if key.kind is not Kind.SECTION}


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
