"""The functions behind `gridwms classad eval` and `gridwms classad check`."""

from __future__ import annotations

import json

import pytest

from gridwms.classad.command import check_text, eval_text


@pytest.mark.parametrize(
    ("expr", "my", "target", "text"),
    [
        ("1 + 2", None, None, "3"),
        ("a + other.b", "a = 1", "[b = 2.5]", "3.5"),
        ("{a, [x = a]}", "# a comment\na = 1;", None, "{ 1, [ x = 1 ] }"),
        ("missing", None, None, "undefined"),
        ('"x" + 1', None, None, "error"),
        ('strcat("a", "\\n")', None, None, '"a\\n"'),
        ('absTime("2020-01-01T00:00:00Z")', None, None, 'absTime("2020-01-01T00:00:00-00:00")'),
        ("relTime(90061.5)", None, None, 'relTime("1+01:01:01.5")'),
    ],
)
def test_eval(expr: str, my: str | None, target: str | None, text: str) -> None:
    result = eval_text(expr, my, target)
    assert result.text == text and result.problem == ""
    assert json.loads(json.dumps(result.json)) == result.json


def test_eval_in_the_mode_of_the_daemons() -> None:
    assert eval_text("b", "a = 1", "b = 2").text == "undefined"
    assert eval_text("b", "a = 1", "b = 2", "compat").text == "2"


@pytest.mark.parametrize(
    ("expr", "my", "target", "problem"),
    [
        ("1 +", None, None, "the expression, line 1, column 4: "),
        ("1", "a = ;", None, "the own ad, line 1, column 5: "),
        ("1", "a = 1", "b", "the target ad, line 1, column 2: "),
    ],
)
def test_eval_of_bad_text(expr: str, my: str | None, target: str | None, problem: str) -> None:
    result = eval_text(expr, my, target)
    assert result.problem.startswith(problem) and result.json == ["parse_error"] and result.value is None


def test_check_reports_everything_in_the_order_of_the_text() -> None:
    problems = check_text('a = foo(1);\nb = size();\nc = ;\nd = regexp("x", other.y) && member(1);\ne = "x')
    assert [(p.line, p.column) for p in problems] == [(1, 5), (2, 5), (3, 5), (5, 5)]
    assert str(problems[0]) == "line 1, column 5: there is no function foo; its value is ERROR"
    assert "takes 1 argument" in problems[1].message
    assert check_text("[a = anyMatch(other.l, target.x > 1); b = 2]") == []


def test_check_does_not_mind_hostile_text() -> None:
    for text in ("[" * 10000, "a = " + "(" * 10000, "\0", ";" * 10000, '"' * 999):
        assert check_text(text) or text.startswith(";")
