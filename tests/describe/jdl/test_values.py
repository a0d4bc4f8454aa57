"""Types and ranges: one line a rule of the table."""

from __future__ import annotations

import pytest

from gridwms.describe.jdl.attributes import ATTRIBUTES, Kind, Standing
from tests.describe.jdl.given import BARE, PLAIN, accepted, read, the_error, the_warning


@pytest.mark.parametrize(
    ("text", "attribute", "found", "says"),
    [
        ("Arguments = 3;", "Arguments", "the number 3", "a string"),
        ('Arguments = {"a"};', "Arguments", '{ "a" }', "a string"),
        ('RetryCount = "3";', "RetryCount", 'the string "3"', "a whole number"),
        ("RetryCount = 2.5;", "RetryCount", "the number 2.5", "a whole number"),
        ("RetryCount = true;", "RetryCount", "the truth value true", "a whole number"),
        ("RetryCount = {1};", "RetryCount", "{ 1 }", "a whole number"),
        ('FuzzyRank = "true";', "FuzzyRank", 'the string "true"', "true or false"),
        ("FuzzyRank = 1;", "FuzzyRank", "the number 1", "true or false"),
        ("OutputSandbox = {1};", "OutputSandbox", "{ 1 }", "a string or a list of strings"),
        ('OutputSandbox = {"a", undefined};', "OutputSandbox", '{ "a",undefined }', "a string or a list of strings"),
        ('UserTags = "a";', "UserTags", 'the string "a"', "an ad: [ name = value; ... ]"),
        ('FuzzyFactor = "1";', "FuzzyFactor", 'the string "1"', "a number"),
        ("Arguments = undefined;", "Arguments", "undefined", "a string"),
        ("Arguments = Missing;", "Arguments", "Missing, which has no value here", "a string"),
        ('Arguments = 1 + "a";', "Arguments", '1 + "a", which cannot be computed', "a string"),
    ],
)
def test_a_wrong_type_is_told(text: str, attribute: str, found: str, says: str) -> None:
    error = the_error(PLAIN + text)
    assert (error.code, error.attribute, error.line, error.column) == ("wrong_type", attribute, 2, 1)
    assert error.found.replace(" ", "") == found.replace(" ", "")
    assert error.accepted == says
    assert says in error.message


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("RetryCount = -1;", "0 or more"),
        ("ShallowRetryCount = -2;", "-1 or more"),
        ("CpuNumber = 0;", "1 or more"),
        ("NodeNumber = 0;", "1 or more"),
        ("SMPGranularity = 0;", "1 or more"),
        ("HostNumber = 0;", "1 or more"),
        ("PerusalTimeInterval = -1;", "0 or more"),
        ("FuzzyFactor = -0.5;", "0 or more"),
        ("ExpiryTime = -5;", "0 or more"),
    ],
)
def test_a_number_below_its_range_is_told(text: str, least: str) -> None:
    error = the_error(PLAIN + text)
    assert error.code == "out_of_range"
    assert error.accepted.endswith(least)
    assert error.line == 2


def test_a_constant_may_be_computed() -> None:
    description = accepted(PLAIN + 'Base = "a"; Arguments = Base; RetryCount = 1 + 2;', BARE)
    assert (description.arguments, description.retry_count) == ("a", 3)


def test_a_string_is_taken_for_a_list_of_one() -> None:
    description = accepted(PLAIN + 'Environment = "A=b c"; OutputSandbox = "x";')
    assert description.environment == (("A", "b c"),)
    assert description.outputs == ("x",)
    assert str(description.ad["OutputSandbox"]) == str(accepted(PLAIN + 'OutputSandbox = {"x"};').ad["OutputSandbox"])


def test_unknown_attributes_are_kept() -> None:
    description = accepted(PLAIN + "Colour = other.x + 1; Requirements = Colour > 2;", BARE)
    assert "Colour" in description.ad


@pytest.mark.parametrize(
    "name", [a.name for a in ATTRIBUTES.values() if a.standing is Standing.PRIVATE and a.kind is Kind.ANY]
)
def test_private_attributes_are_refused(name: str) -> None:
    error = the_error(PLAIN + f'{name} = "x";')
    assert (error.code, error.attribute, error.line) == ("private", name, 2)


_SAMPLES = {
    Kind.TEXT: '"x"',
    Kind.TEXTS: '{"x"}',
    Kind.INTEGER: "1",
    Kind.BOOLEAN: "true",
    Kind.AD: "[a = 1]",
    Kind.ADS: "{[a = 1]}",
    Kind.ANY: "{1}",
}


@pytest.mark.parametrize("name", [a.name for a in ATTRIBUTES.values() if a.standing is Standing.REFUSED])
def test_what_cannot_be_honoured_is_refused(name: str) -> None:
    error = the_error(PLAIN + f"{name} = {_SAMPLES[ATTRIBUTES[name.lower()].kind]};")
    assert (error.code, error.attribute) == ("unsupported", name)
    assert "cannot be honoured: " in error.message


@pytest.mark.parametrize("name", [a.name for a in ATTRIBUTES.values() if a.standing is Standing.IDLE])
def test_what_has_no_effect_is_told(name: str) -> None:
    warning = the_warning(PLAIN + f"{name} = {_SAMPLES[ATTRIBUTES[name.lower()].kind]};")
    assert (warning.code, warning.attribute) == ("no_effect", name)
    assert "has no effect: " in warning.message


@pytest.mark.parametrize(
    "text",
    [
        'MyProxyServer = "";',
        "AllowZippedISB = false;",
        "InputData = {};",
        'LBAddress = "";',
        "EnableWmsFeedback = false;",
    ],
)
def test_an_empty_value_asks_for_nothing(text: str) -> None:
    assert read(PLAIN + text).problems == ()


def test_all_problems_are_told_at_once_in_the_order_of_the_text() -> None:
    reading = read(
        'RetryCount = "x";\nStdOutput = "../a";\nEnvironment = {"a"};\nShallowRewtryCount = 1;\nFuzzyRank = 3;'
    )
    assert [(p.line, p.code) for p in reading.problems] == [
        (1, "wrong_type"),
        (2, "bad_name"),
        (3, "bad_variable"),
        (4, "did_you_mean"),
        (5, "wrong_type"),
        (0, "missing"),
    ]
