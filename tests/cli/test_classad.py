"""`gridwms classad` through the real command; no service is asked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def classad(*words: str, given: str = "") -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "gridwms", "classad", *words], input=given, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("expression", "text", "value"),
    [
        ("1 + 2 * 3", "7", ["int", 7]),
        ("undefined || true", "true", ["bool", True]),
        ('"a" + 1', "error", ["error"]),
        ("other.x", "undefined", ["undefined"]),
        ('{1, "x"}', '{ 1, "x" }', ["list", [["int", 1], ["string", "x"]]]),
    ],
)
def test_values(expression: str, text: str, value: object) -> None:
    assert classad("eval", expression)[:2] == (0, f"{text}\n")
    status, out, _ = classad("eval", "--json", expression)
    assert (status, json.loads(out)) == (0, value)


def test_a_match_between_two_ads(tmp_path: Path) -> None:
    (tmp_path / "job").write_text("x = 3; Requirements = other.memory > x")
    status, out, _ = classad(
        "eval", "Requirements", "--my", str(tmp_path / "job"), "--target", "-", given="[memory = 4]"
    )
    assert (status, out) == (0, "true\n")


def test_the_rules_of_htcondors_daemons() -> None:
    ads = ("--my", "/dev/null", "--target", "-")
    assert classad("eval", "memory", *ads, "--mode", "compat", given="[memory = 4]")[1] == "4\n"
    assert classad("eval", "memory", *ads, given="[memory = 4]")[1] == "undefined\n"


def test_an_expression_that_is_none() -> None:
    status, out, err = classad("eval", "--json", "1 +")
    assert (status, json.loads(out)) == (3, ["parse_error"])
    assert "column" in err


def test_check(tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("[\n a = 1 +;\n b = memmber(1, {1});\n]")
    (tmp_path / "good").write_text("[a = 1]")
    status, out, _ = classad("check", str(tmp_path / "bad"), str(tmp_path / "good"))
    assert status == 3
    assert out.count("bad:") == 2
    assert f"{tmp_path / 'good'}: ok" in out
