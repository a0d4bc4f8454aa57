from __future__ import annotations

import pytest

from gridwms.describe.jdl import JdlDefaults, read_stored, write_jdl
from tests.describe.jdl.given import NOW, PLAIN, accepted, read, the_error, the_warning


def test_a_whole_job() -> None:
    description = accepted(
        """
        # a comment
        [
          Type = "Job"; JobType = "Normal";  // another
          Executable = "run.sh"; Arguments = "a 'b c' $HOME";
          StdInput = "in"; StdOutput = "out"; StdError = "err";
          InputSandbox = { "run.sh", "in" };
          OutputSandbox = { "out", "err" };
          RetryCount = 2; ShallowRetryCount = -1; ExpiryTime = 1000000001;
          FuzzyRank = true; FuzzyFactor = 0.5;
          SubmitTo = "host:2119/jobmanager-pbs-short";
          PerusalFileEnable = true; PerusalTimeInterval = 30;
          VirtualOrganisation = "atlas";
        ]
        """
    )
    assert (description.executable, description.arguments) == ("run.sh", "a 'b c' $HOME")
    assert (description.std_input, description.std_output, description.std_error) == ("in", "out", "err")
    assert (description.retry_count, description.shallow_retry_count) == (2, -1)
    assert description.expires_at == NOW + 1
    assert (description.fuzzy_rank, description.fuzzy_factor) == (True, 0.5)
    assert description.submit_to == "host:2119/jobmanager-pbs-short"
    assert (description.peek, description.peek_seconds) == (True, 30)
    assert description.vo == "atlas"
    assert read(write_jdl(description)).description == description


def test_counts_that_are_not_given_come_from_the_defaults() -> None:
    assert accepted(PLAIN).retry_count == accepted(PLAIN).shallow_retry_count == 0
    description = accepted(PLAIN, JdlDefaults(retry_count=3, shallow_retry_count=4))
    assert (description.retry_count, description.shallow_retry_count) == (3, 4)
    assert read(write_jdl(description)).description == description


def test_the_vo() -> None:
    assert accepted(PLAIN, JdlDefaults(vo="dteam")).vo == "dteam"
    assert accepted(PLAIN + 'VirtualOrganisation = "cms";', JdlDefaults(vos=frozenset({"cms"}))).vo == "cms"
    error = the_error(PLAIN + 'VirtualOrganisation = "cms";', JdlDefaults(vos=frozenset({"atlas", "lhcb"})))
    assert (error.code, error.accepted) == ("not_allowed", "atlas, lhcb")
    assert the_error(PLAIN, JdlDefaults(vo="")).attribute == "VirtualOrganisation"


def test_bytes_that_are_not_utf8_stay_in_arguments_and_nowhere_else() -> None:
    description = accepted(PLAIN + r'Arguments = "a\377"; Environment = "A=\377";')
    assert description.arguments.encode("utf-8", "surrogateescape") == b"a\xff"
    assert read_stored(write_jdl(description)) == description
    write_jdl(description).encode()
    for text in (r'VirtualOrganisation = "\377";', r'UserTags = [ a = "\377" ];', r'OutputSandbox = "\377";'):
        assert the_error(PLAIN + text).found.isascii()


def test_an_expiry_in_the_past_is_refused() -> None:
    error = the_error(PLAIN + "ExpiryTime = 999999999;")
    assert (error.code, error.attribute) == ("out_of_range", "ExpiryTime")
    assert "2001-09-09 01:46:39 UTC" in error.message
    assert the_error(PLAIN + "ExpiryTime = 0;").code == "out_of_range"


def test_expiry_beyond_the_calendar() -> None:
    assert accepted(PLAIN + "ExpiryTime = 9223372036854775807;").expires_at == 2.0**63


def test_watching() -> None:
    assert accepted(PLAIN).peek_seconds == 0
    assert accepted(PLAIN + "PerusalFileEnable = true;", JdlDefaults(peek_seconds=7)).peek_seconds == 7
    text = PLAIN + "PerusalFileEnable = true; PerusalTimeInterval = 1;"
    assert accepted(text, JdlDefaults(peek_least=5)).peek_seconds == 5
    assert the_warning(text, JdlDefaults(peek_least=5)).code == "raised"
    assert the_warning(PLAIN + "PerusalTimeInterval = 9;").code == "no_effect"


def test_the_fuzzy_factor() -> None:
    assert accepted(PLAIN + "FuzzyRank = true;").fuzzy_factor == 1.0
    assert accepted(PLAIN + "FuzzyRank = true; fuzzy_factor = 2;").fuzzy_factor == 2.0
    assert the_warning(PLAIN + "FuzzyFactor = 2;").code == "no_effect"


@pytest.mark.parametrize("target", ["host name", r"host\nname"])
def test_submit_to_is_one_word(target: str) -> None:
    assert the_error(PLAIN + f'SubmitTo = "{target}";').attribute == "SubmitTo"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('JobType = "checkpointable";', "deprecated"),
        ('JobType = "partitionable";', "deprecated"),
    ],
)
def test_kinds_of_jobs_that_are_not_served(text: str, says: str) -> None:
    error = the_error(PLAIN + text)
    assert error.code == "unsupported"
    assert says in error.message


def test_kinds_that_do_not_exist() -> None:
    assert the_error(PLAIN + 'Type = "Jobb";').code == "bad_value"
    assert the_error(PLAIN + 'JobType = "Nrmal";').code == "bad_value"


def test_composite_job_types() -> None:
    messages = [problem.message for problem in read(PLAIN + 'JobType = {"normal", "mpich"};').errors]
    assert any("Composite Job Type not yet supported" in message for message in messages)
    assert accepted(PLAIN + 'JobType = {"Normal"};').executable == "/bin/ls"


def test_syntax_errors_are_told_together_with_the_rest() -> None:
    reading = read('Executable = "/bin/ls";\nArguments = ;\nRetryCount = "x";\nEnvironment = {"A"};\n')
    assert [(p.line, p.attribute, p.code) for p in reading.errors] == [
        (2, "Arguments", "syntax"),
        (3, "RetryCount", "wrong_type"),
        (4, "Environment", "bad_variable"),
    ]


def test_nothing_is_concluded_from_what_a_syntax_error_hides() -> None:
    assert the_error('Executable = ;\nStdOutput = "x"; OutputSandbox = "x";').code == "syntax"
    assert the_error('Executable = "a.sh";\nInputSandbox = {"a.sh" "b" ;').code == "syntax"


@pytest.mark.parametrize(("text", "code"), [("", "empty"), ("  \n\t", "empty"), ("[]", "missing"), ("[", "syntax")])
def test_next_to_nothing(text: str, code: str) -> None:
    assert the_error(text).code == code


def test_problems_read_as_sentences_with_their_place() -> None:
    error = the_error(PLAIN + "RetryCount = -1;")
    assert str(error) == "line 2, column 1: error: RetryCount: found -1; accepted: a whole number, 0 or more"


def test_what_was_accepted_is_read_again_whatever_the_defaults_are_then() -> None:
    defaults = JdlDefaults(
        vo="x",
        retry_count=3,
        peek_seconds=7,
        peek_least=5,
        max_tokens=60,
        max_input_files=1,
        environment=(("A", "1"), ("B", "2")),
    )
    description = accepted(
        PLAIN
        + 'PerusalFileEnable = true; HLRLocation = "h"; Environment = {"B=3"}; InputSandbox = "a";'
        + "ExpiryTime = 2000000000;",
        defaults,
    )
    assert description.environment == (("A", "1"), ("B", "3"), ("HLR_LOCATION", "h"))
    assert read_stored(write_jdl(description)) == description
    assert read_stored("no ad") is None
