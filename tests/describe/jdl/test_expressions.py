from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridwms.classad import Literal, parse_expression, unparse
from gridwms.describe.jdl import JdlDefaults
from gridwms.describe.jdl.expressions import join
from tests.describe.jdl.given import BARE, PLAIN, accepted, read, the_error, the_warning

DEFAULT = 'other.GlueCEStateStatus == "Production"'
ONLY_DEFAULT = JdlDefaults()


def requirements(text: str, defaults: JdlDefaults = ONLY_DEFAULT) -> str:
    return unparse(accepted(PLAIN + text, defaults).requirements)


def test_without_requirements_the_default_stands_alone() -> None:
    assert requirements("") == DEFAULT


def test_requirements_of_the_user_come_first() -> None:
    assert requirements("Requirements = other.a > 1;") == f"(other.a > 1) && ({DEFAULT})"
    assert requirements("requirements = true;") == f"(true) && ({DEFAULT})"
    assert requirements("Requirements = other.a || other.b;") == f"(other.a || other.b) && ({DEFAULT})"


def test_a_clause_that_is_there_already_is_not_added_again() -> None:
    assert requirements(f"Requirements = other.a > 1 && {DEFAULT};") == f"other.a > 1 && {DEFAULT}"


def test_nothing_at_all_is_true() -> None:
    assert accepted(PLAIN, BARE).requirements == Literal(True)


def test_joining_twice_changes_nothing() -> None:
    clauses = [parse_expression(text) for text in ("other.a", "other.b ? other.c : true", "other.d && other.e")]
    once = join(parse_expression("other.x || other.y"), clauses)
    assert join(once, clauses) == once
    assert unparse(once) == ("(other.x || other.y) && (other.a) && (other.b ? other.c : true) && (other.d && other.e)")


def test_policies_of_the_service_are_no_part_of_the_job() -> None:
    assert requirements("", JdlDefaults()) == DEFAULT


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ("CPUNumber = 4;", "other.GlueCEInfoTotalCPUs >= 4"),
        ("CpuNumber = 1;", "other.GlueCEInfoTotalCPUs >= 1"),
        ("SMPGranularity = 8;", "other.GlueHostArchitectureSMPSize >= 8"),
        (
            "CPUNumber = 7; HostNumber = 2;",
            "(other.GlueCEInfoTotalCPUs >= 7) && (other.GlueHostArchitectureSMPSize >= 4)",
        ),
        (
            "CPUNumber = 8; HostNumber = 2; SMPGranularity = 3; WholeNodes = true;",
            "(other.GlueCEInfoTotalCPUs >= 8) && (other.GlueHostArchitectureSMPSize >= 3)",
        ),
    ],
)
def test_what_other_attributes_add(text: str, added: str) -> None:
    assert requirements(text, BARE) == added


def test_processors() -> None:
    assert accepted(PLAIN).cpus == 1
    assert accepted(PLAIN + "CPUNumber = 4;").cpus == 4
    assert accepted(PLAIN + "NodeNumber = 4;").cpus == 4
    assert the_warning(PLAIN + "NodeNumber = 4;").code == "deprecated"
    assert the_error(PLAIN + "NodeNumber = 4; CPUNumber = 3;").code == "exclusive"
    assert the_error(PLAIN + "CPUNumber = 1000001;").code == "out_of_range"


def test_granularity_and_hosts_exclude_each_other_in_the_known_words() -> None:
    error = the_error(PLAIN + "SMPGranularity = 2; HostNumber = 1;")
    assert (
        "SMPGranularity and HostNumber are mutually exclusive when WholeNodes allocation is not requested: "
        "wrong combination of values" in error.message
    )


def test_rank() -> None:
    assert unparse(accepted(PLAIN).rank) == "-other.GlueCEStateEstimatedResponseTime"
    assert unparse(accepted(PLAIN + "rank = other.x;").rank) == "other.x"
    assert accepted(PLAIN + "rank = 1;").rank == Literal(1)


@pytest.mark.parametrize("rank", ['"fast"', "true", "{1}", "undefined", "1 + true + {}", "[a = 1]"])
def test_a_rank_that_is_no_number_is_refused(rank: str) -> None:
    error = the_error(PLAIN + f"Rank = {rank};")
    assert (error.code, error.attribute, error.line) == ("wrong_type", "Rank", 2)


@pytest.mark.parametrize("text", ["3", '"yes"', "{}", "[a = 1]", 'other.x > 1 && "yes"'])
def test_requirements_that_are_no_condition_are_refused(text: str) -> None:
    error = the_error(PLAIN + f"Requirements = {text};")
    assert (error.code, error.attribute, error.line) == ("wrong_type", "Requirements", 2)


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("false", "false"),
        ("other.x > 1 && 1 > 2", "1 > 2"),
        ("Memory > 2000 && other.x", "Memory > 2000"),
        ('other.x && "1" > 2', '"1" > 2'),
    ],
)
def test_requirements_that_nothing_can_meet_are_told(text: str, clause: str) -> None:
    warnings = [w for w in read(PLAIN + f"Requirements = {text};").warnings if w.code == "never_true"]
    assert [warning.found for warning in warnings] == [clause]


def test_a_glue_name_without_other_is_told() -> None:
    reading = read(PLAIN + "Requirements = GlueCEInfoTotalCPUs > 2;")
    (first, *_) = [w for w in reading.warnings if w.code == "undefined_name"]
    assert "write other.GlueCEInfoTotalCPUs" in first.message
    assert (first.line, first.column) == (2, 16)


def test_a_misspelt_name_of_the_own_ad_is_told() -> None:
    reading = read(PLAIN + "Memory = 5; Requirements = other.x > Memry;")
    assert "did you mean Memory?" in reading.warnings[0].message


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ('Requirements = membr("a", other.x);', (2, 16), "did you mean member?"),
        ('Rank = RegExpp("a", other.x);', (2, 8), "did you mean regexp?"),
        ("Helper = foo(1);\nRequirements = other.x > Helper;", (2, 10), "the function foo is not known"),
    ],
)
def test_an_unknown_function_is_refused(text: str, place: tuple[int, int], hint: str) -> None:
    error = the_error(PLAIN + text)
    assert error.code == "unknown_function"
    assert (error.line, error.column) == place
    assert hint in error.message


@pytest.mark.parametrize(
    ("text", "circle"),
    [
        ("Requirements = x > 1; x = y; y = X + 1;", "x -> y -> x"),
        ("Requirements = Requirements;", "Requirements -> Requirements"),
        ("Requirements = Rank > 1; Rank = a; a = Requirements;", "Requirements -> Rank -> a -> Requirements"),
        ("Rank = self.Rank + 1;", "Rank -> Rank"),
    ],
)
def test_a_circle_of_references_is_named(text: str, circle: str) -> None:
    error = the_error(PLAIN + text)
    assert error.code == "cycle"
    assert circle in error.message


def test_a_diamond_is_no_circle() -> None:
    accepted(PLAIN + "Requirements = a && b; a = c; b = c; c = other.x;")


def test_references_to_the_other_side_are_no_circle() -> None:
    accepted(PLAIN + "Requirements = other.Requirements; Rank = other.Rank;")


def test_data_access_cost_needs_input_data() -> None:
    assert the_error(PLAIN + "Rank = other.DataAccessCost;").code == "missing"


@pytest.mark.parametrize(
    ("first", "second", "excluded"),
    [
        ("other.A > 5", "other.A < 3", True),
        ("other.A > 5", "5 > other.a", True),
        ("other.A >= 5", "other.A <= 5", False),
        ("other.A > 5", "other.A <= 5", True),
        ("other.A == 5", "other.A == 6", True),
        ("other.A == 5", "other.A > 4", False),
        ("other.A < 4", "other.A == 5", True),
        ('other.A == "x"', 'other.A == "X"', False),
        ('other.A == "x"', 'other.A == "y"', True),
        ('other.A == "x"', "other.A > 3", False),
        ("other.A > 5", "other.B < 3", False),
        ("other.A > 5 || other.B", "other.A < 3", False),
    ],
)
def test_clauses_that_exclude_each_other(first: str, second: str, excluded: bool) -> None:
    found = read(PLAIN + f"Requirements = {first} && {second};").problems
    assert [problem.code for problem in found] == ["never_true"] * excluded


@given(st.lists(st.tuples(st.sampled_from(["<", "<=", ">", ">=", "=="]), st.integers(0, 4)), min_size=1, max_size=4))
def test_what_is_said_to_exclude_each_other_does(clauses: list[tuple[str, int]]) -> None:
    text = " && ".join(f"other.A {sign} {value}" for sign, value in clauses)
    told = any(problem.code == "never_true" for problem in read(PLAIN + f"Requirements = {text};").problems)
    holds = {
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
        "==": lambda a, b: a == b,
    }
    possible = any(all(holds[sign](at / 2, value) for sign, value in clauses) for at in range(-2, 12))
    assert told == (not possible)
