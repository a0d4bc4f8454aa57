"""docs/user/dialects.md: its examples are accepted and mean the same, and its tables name everything there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gridwms.describe.convert.dialects import ENDINGS, Dialect, guess, read
from gridwms.describe.description import Description
from gridwms.describe.jsdl.schema import ELEMENTS
from gridwms.describe.native.keys import KEYS, Kind
from gridwms.describe.submit_file.commands import REFUSED, UNDERSTOOD
from gridwms.describe.submit_file.expressions import NAMES
from tests.describe.convert.jobs import DEFAULTS, NOW, meaning

PAGE = (Path(__file__).parents[3] / "docs/user/dialects.md").read_text()
DIALECTS = {
    "yaml native": Dialect.NATIVE,
    "toml native": Dialect.NATIVE,
    "jdl same": Dialect.JDL,
    "xml jsdl": Dialect.JSDL,
    "ini submit": Dialect.SUBMIT,
}
BLOCKS = re.findall(r"^```([^\n]+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def described(text: str, dialect: Dialect) -> Description:
    reading = read(text, dialect, DEFAULTS, now=NOW)
    assert [problem for problem in reading.problems if problem.attribute != "NodeName"] == []
    assert reading.lost == ()
    assert reading.description is not None
    return reading.description


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, text in BLOCKS if kind != "python"])
def test_an_example_is_accepted_and_recognised(kind: str, text: str) -> None:
    described(text, DIALECTS[kind])
    assert guess(text) is DIALECTS[kind]


def test_the_first_two_mean_the_same() -> None:
    native, jdl = (described(text, DIALECTS[kind]) for kind, text in BLOCKS[:2])
    assert meaning(native) == meaning(jdl)


def test_the_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (program,) = (text for kind, text in BLOCKS if kind == "python")
    exec(compile(program, "dialects.md", "exec"), {})
    assert "Arguments = \"hello 'two words'\";" in capsys.readouterr().out


def test_everything_is_in_the_tables() -> None:
    keys = [f"`{name}`" for name, key in KEYS.items() if key.kind is not Kind.SECTION]
    wrappers = {"JobDefinition", "JobDescription", "JobIdentification", "HPCProfileApplication", "CPUArchitecture"}
    wrappers |= {"OperatingSystem", "OperatingSystemType", "LowerBound", "UpperBound"}
    limits = {name.split(":")[1] for name in ELEMENTS if name.endswith("Limit")}
    elements = [name.split(":")[1] for name in ELEMENTS]
    wanted = [*keys, *(set(elements) - wrappers - limits), *UNDERSTOOD, *NAMES]
    assert [name for name in wanted if name not in PAGE] == []
    assert "other universes, containers, machine_count, grid_resource" in PAGE
    assert REFUSED.keys() == {"docker_image", "container_image", "machine_count", "grid_resource"}
    assert [ending for ending in ENDINGS if f"`{ending}`" not in PAGE] == []
