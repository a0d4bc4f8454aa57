"""Parameter sweeps (GFD.149): a parametric job where that can say it, else a collection."""

from __future__ import annotations

import pytest

from gridwms.describe.compound import Compound, CompoundKind
from tests.describe.jdl.given import jobs_of
from tests.describe.jsdl.given import document, read

PROGRAM = "<p:Executable>/bin/echo</p:Executable><p:Argument>a</p:Argument><p:Argument>b</p:Argument>"
FUNCTIONS = "http://schemas.ogf.org/jsdl/2009/03/sweep/functions"


def swept(sweeps: str, program: str = PROGRAM) -> str:
    """A document with sweeps behind its JobDescription, in line 13."""
    text = document(program=program).replace("<JobDefinition ", f'<JobDefinition xmlns:f="{FUNCTIONS}" ', 1)
    return text.replace("</JobDescription>\n", f"</JobDescription>\n{sweeps}")


def assignment(path: str, values: str) -> str:
    return f"<w:Assignment><w:DocumentNode><w:Match>{path}</w:Match></w:DocumentNode>{values}</w:Assignment>"


def listed(*values: str) -> str:
    return f"<f:Values>{''.join(f'<f:Value>{value}</f:Value>' for value in values)}</f:Values>"


def loop(start: int, end: int, step: int = 1) -> str:
    return f'<f:LoopInteger start="{start}" end="{end}" step="{step}"/>'


def compound(sweeps: str, program: str = PROGRAM) -> Compound:
    reading = read(swept(sweeps, program))
    assert [str(problem) for problem in reading.errors] == []
    assert reading.compound is not None
    return reading.compound


def arguments(found: Compound) -> list[str]:
    return [job.arguments for job in jobs_of(found).values()]


SECOND = "//p:Argument[2]"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (listed("x", "y z"), ["a x", "a 'y z'"]),
        ('<f:LoopInteger start="1" end="5" step="2"/>', ["a 1", "a 3", "a 5"]),
        ('<f:LoopInteger start="3" end="1" step="-1"><f:Exception value="2"/></f:LoopInteger>', ["a 3", "a 1"]),
        ('<f:LoopDouble start="0.0" end="0.3" step="0.1"/>', ["a 0.0", "a 0.1", "a 0.2", "a 0.3"]),
    ],
)
def test_functions(values: str, expected: list[str]) -> None:
    assert arguments(compound(f"<w:Sweep>{assignment(SECOND, values)}</w:Sweep>")) == expected


def test_one_thing_that_is_swept_is_a_parametric_job() -> None:
    found = compound(f"<w:Sweep>{assignment(SECOND, loop(1, 50000))}</w:Sweep>")
    assert (found.kind, len(found.nodes), len(found.templates)) == (CompoundKind.PARAMETRIC, 50_000, 1)


def test_assignments_of_a_sweep_change_together() -> None:
    both = assignment("//p:Argument[1]", listed("1", "2")) + assignment(SECOND, listed("x", "y"))
    found = compound(f"<w:Sweep>{both}</w:Sweep>")
    assert found.kind is CompoundKind.COLLECTION
    assert arguments(found) == ["1 x", "2 y"]


def test_a_sweep_in_a_sweep_runs_for_each_value_of_the_outer() -> None:
    inner = f"<w:Sweep>{assignment(SECOND, listed('x', 'y'))}</w:Sweep>"
    found = compound(f"<w:Sweep>{assignment('//p:Argument[1]', listed('1', '2'))}{inner}</w:Sweep>")
    assert arguments(found) == ["1 x", "1 y", "2 x", "2 y"]


def test_sweeps_beside_each_other_run_one_after_the_other() -> None:
    first, second = assignment("//p:Argument[1]", listed("1", "2")), assignment(SECOND, listed("x", "y"))
    assert arguments(compound(f"<w:Sweep>{first}</w:Sweep><w:Sweep>{second}</w:Sweep>")) == ["1 b", "2 b", "a x", "a y"]


def test_a_path_with_a_binding_and_an_attribute() -> None:
    program = PROGRAM + '<p:Environment name="A">0</p:Environment><p:Environment name="B">0</p:Environment>'
    path = "/j:JobDefinition/j:JobDescription/j:Application//q:Environment[@name='B']/text()".replace("\\", "")
    bound = (
        '<w:NamespaceBinding ns="http://schemas.ggf.org/jsdl/2005/11/jsdl" prefix="j"/>'
        '<w:NamespaceBinding ns="http://schemas.ggf.org/jsdl/2005/11/jsdl-posix" prefix="q"/>'
    )
    node = f"<w:DocumentNode>{bound}<w:Match>{path}</w:Match></w:DocumentNode>"
    found = compound(f"<w:Sweep><w:Assignment>{node}{listed('7', '8')}</w:Assignment></w:Sweep>", program)
    assert [dict(job.environment)["B"] for job in jobs_of(found).values()] == ["7", "8"]
    assert {dict(job.environment)["A"] for job in jobs_of(found).values()} == {"0"}


def test_a_number_that_is_swept_makes_a_collection() -> None:
    program = f"{PROGRAM}<p:WallTimeLimit>60</p:WallTimeLimit>"
    found = compound(f"<w:Sweep>{assignment('//p:WallTimeLimit', listed('60', '120'))}</w:Sweep>", program)
    assert found.kind is CompoundKind.COLLECTION
    assert len(found.templates) == 2


@pytest.mark.parametrize(
    ("sweep", "code", "says"),
    [
        ("<w:Sweep/>", "missing", "there is no Assignment"),
        (f"<w:Sweep>{assignment(SECOND, '')}</w:Sweep>", "missing", "which values"),
        (f"<w:Sweep>{assignment(SECOND, '<f:Values/>')}</w:Sweep>", "empty_sweep", "is empty"),
        (f"<w:Sweep>{assignment('//p:Nothing', listed('1'))}</w:Sweep>", "unknown_element", "leads to nothing"),
        (f"<w:Sweep>{assignment('count(//x)', listed('1'))}</w:Sweep>", "unsupported", "is not read here"),
        (f"<w:Sweep>{assignment('//Application', listed('1'))}</w:Sweep>", "wrong_type", "holds elements"),
        (
            f"<w:Sweep>{assignment(SECOND, loop(0, 1, 0))}</w:Sweep>",
            "out_of_range",
            "not 0",
        ),
        (
            f"<w:Sweep>{assignment(SECOND, loop(0, 99999999))}</w:Sweep>",
            "too_many",
            "max_nodes",
        ),
        (
            f"<w:Sweep>{assignment(SECOND, listed('1'))}{assignment(SECOND, listed('1', '2'))}</w:Sweep>",
            "cardinality",
            "they change together",
        ),
    ],
)
def test_bad_sweeps(sweep: str, code: str, says: str) -> None:
    reading = read(swept(sweep))
    assert [(problem.code, problem.line) for problem in reading.errors] == [(code, 12)]
    assert says in reading.errors[0].message
