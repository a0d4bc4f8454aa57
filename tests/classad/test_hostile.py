# ruff: noqa: E501 - tables are easier to read with one case a line
"""No text may crash us, keep us busy, or fill the memory. Every case ends with a value or a parse error.

The time is bounded by counted steps, not by a clock, so a case that ends here ends everywhere; the time limit of the
test runner is the net below.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from gridwms.classad import (
    ClassAd,
    ClassAdSyntaxError,
    evaluate,
    parse_ad,
    parse_ad_tolerant,
    parse_expression,
    unparse,
)
from gridwms.classad.conformance import evaluate as canonical


def chain(form: str, last: str, count: int = 60) -> str:
    """[a0 = form of a1; a1 = form of a2; ...]."""
    return "[" + "; ".join(form.format(this=f"a{i}", next=f"a{i + 1}") for i in range(count)) + f"; a{count} = {last}]"


CASES: dict[str, tuple[str, str | None]] = {
    # these kill HTCondor's library
    "evalInEachContext": ("[x = evalInEachContext(x, {[a = 1]})].x", None),
    "countMatches": ("[x = countMatches(x, {[a = 1]})].x", None),
    "freed": ('evalInEachContext(p, {[p = split("a b")]})[0]', None),
    "doubling eval": ("a0", chain('{this} = eval("{next}") + eval("{next}")', "1")),
    # doubling
    "doubling": ("a0", chain("{this} = {next} + {next}", "1")),
    "doubling lists": ("a0", chain("{this} = {{{next}, {next}}}", "1")),
    "doubling strings": ("a0", chain("{this} = strcat({next}, {next})", '"xxxxxxxxxx"')),
    "replaceAll": ("a0", chain('{this} = replaceAll("a", {next}, "aaaaaaaaaa")', '"a"', 12)),
    "join": ("a0", chain("{this} = join({next}, {{{next}, {next}, {next}}})", '"aaaaaaaaaa"', 30)),
    "long strings": ("a0", chain("{this} = (s < t ? 1 : 2) + {next} + {next}", f'1; s = "{"é" * 200000}"; t = "{"É" * 200000}"', 30)),
    "long printing": ("a0", chain("{this} = size(string(l)) + {next} + {next}", "1; l = {" + ",".join(["1"] * 20000) + "}", 30)),
    "long lists": ("a0", chain("{this} = size(s.x) + {next} + {next}", "1; s = {" + ",".join(["[x = 1]"] * 2000) + "}", 30)),
    "long searches": ("a0", chain('{this} = (regexp("ee*f", s) ? 1 : 2) + {next} + {next}', f'1; s = "{"e" * 20000}"', 30)),
    # nesting
    "parentheses": ("(" * 100000 + "1" + ")" * 100000, None),
    "lists": ("{" * 100000, None),
    "ads": ("[a=" * 100000, None),
    "unary": ("-" * 100000 + "1", None),
    "ternary": ("1?" * 50000, None),
    "ternary on the right": ("1?1:" * 50000 + "1", None),
    "elvis": ("a?:" * 50000 + "1", None),
    "selections": ("a" + ".a" * 50000, "[a = 1]"),
    "indices": ("a" + "[0]" * 30000, "[a = {1}]"),
    "long conjunction": (" && ".join(["true"] * 50000), None),
    "long sum": ("+".join(["1"] * 50000), None),
    "self": ("self", "[a = self; b = self; c = self; d = [e = parent; f = parent; g = parent.parent]]"),
    "list of itself": ("a", "[a = {a, a, a}]"),
    "far recursion": ("a0", chain('{this} = eval(strcat("{next}", ""))', "1", 500)),
    "nested contexts": ("x", "[l = {[a = 1], [a = 2], [a = 3]}; x = " + "countMatches(" * 12 + "a > 1" + ", l) > 0" * 11 + ", l)]"),
    "nested gangs": ("anyMatch(l, " * 12 + "target.a > 5" + ")" * 12, "[l = {[a = 1], [a = 2], [a = 3], [a = 4], [a = 5]}]"),
    # regular expressions
    "exponential": (f'regexp("(a+)+$", "{"a" * 5000}b")', None),
    "exponential 2": (f'regexp("(x+x+)+y", "{"x" * 5000}")', None),
    "many exponential": ('regexpMember("(x+x+)+y", {' + ",".join([f'"{"x" * 50}"'] * 2000) + "})", None),
    "exponential replacement": (f'replaceAll("(x+x+)+y", "{"x" * 5000}", "a")', None),
    "counted": ('regexp("((a{1000}){1000}){1000}", "aaa")', None),
    "recursive": ('regexp("(?R)", "a")', None),
    "fuzzy": (f'regexp("(?:{"a" * 20}){{e<=15}}", "{"b" * 3000}")', None),
    "stars": ('regexp("' + "(" * 300 + "a" + ")*" * 300 + '", "aaaaaaaaaaaaaaaab")', None),
    "wild cards": (f'fqanMember("VOMS:/{"a" * 3000}/Role=b", {{"VOMS:/{"*a" * 30}b"}})', None),
    # numbers
    "power": ("pow(2, 9223372036854775807)", None),
    "shift": ("1 << 9223372036854775807", None),
    "digits": ("9" * 1000000, None),
    "hexadecimal": ("0x" + "f" * 1000000, None),
    "exponent": ("1e" + "9" * 1000000, None),
    "time": ("formatTime(9223372036854775807)", None),
    "time text": (f'relTime("{"9" * 100000}")', None),
    "format": (f'formatTime(0, "{"%c" * 100000}")', None),
    # text
    "open string": ('"' + '\\"' * 100000, None),
    "open comment": ("/*" + "*" * 1000000, None),
    "comments": ("/**/" * 100000 + "1", None),
    "escapes": ('"' + "\\1" * 200000 + '"', None),
    "surrogate": ('"\ud800"', None),
    "NUL": ('"\0"', None),
    "other blanks": ("1\u00a0+\u20031", None),
    "other digits": ("\u0661 + 1", None),
    "split": ('split("' + "a " * 200000 + '")', None),
    "environment": ('mergeEnvironment("' + "A=1 " * 50000 + '")', None),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_every_text_has_an_answer(name: str) -> None:
    text, my = CASES[name]
    assert canonical(text, my, None)[0] in {
        "undefined",
        "error",
        "bool",
        "int",
        "real",
        "string",
        "list",
        "classad",
        "parse_error",
    }


def test_memory_stays_small() -> None:
    """All cases in one process that may not have more than 256 MB of data."""
    program = (
        "import resource; resource.setrlimit(resource.RLIMIT_DATA, (256 << 20, 256 << 20))\n"
        "from tests.classad.test_hostile import CASES, canonical\n"
        "for text, my in CASES.values(): canonical(text, my, None)\n"
        "print('all', len(CASES))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment()
    )
    assert done.stdout.strip() == f"all {len(CASES)}", done.stderr[-2000:]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"}


def test_the_limits_of_nesting_are_htcondor_s() -> None:
    assert canonical("(" * 165 + "1" + ")" * 165, None, None) == ["int", 1]
    assert canonical("(" * 166 + "1" + ")" * 166, None, None) == ["parse_error"]
    assert canonical("&&".join(["1"] * 401), None, None) == ["bool", True]
    assert canonical("&&".join(["1"] * 402), None, None) == ["error"]
    assert canonical("a0", chain("{this} = {next} + 0", "1", 199), None) == ["int", 1]
    assert canonical("a0", chain("{this} = {next} + 0", "1", 200), None) == ["error"]
    assert canonical("a0", chain("{this} = {next}", "1", 399), None) == ["int", 1]
    assert canonical("a0", chain("{this} = {next}", "1", 400), None) == ["error"]


def test_nesting_does_not_depend_on_where_the_caller_stands() -> None:
    text = "(" * 165 + "1" + ")" * 165

    def deeper(levels: int) -> object:
        if levels:
            return deeper(levels - 1)
        tree = parse_expression(text)
        return evaluate(tree), unparse(tree) == text, canonical("a0", chain("{this} = {next} + 0", "1", 199), None)

    assert deeper(sys.getrecursionlimit() - 250) == (1, True, ["int", 1])


def test_a_larger_text_may_be_read_when_asked_for() -> None:
    text = "[l = {" + ",".join(["1"] * 100_000) + "}]"
    with pytest.raises(ClassAdSyntaxError, match="too long"):
        parse_ad(text)
    assert len(parse_ad_tolerant(text)[1]) == 1
    assert isinstance(parse_ad(text, limit=10**6), ClassAd)
