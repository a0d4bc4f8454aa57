from __future__ import annotations

import pytest

from gridwms.describe.jdl import JdlDefaults
from tests.describe.jdl.given import PLAIN, accepted, read, the_error, the_warning


@pytest.mark.parametrize("item", ["a", "logs/a.txt", "*.log", "a b", "it's", "$(x)", ".BrokerInfo", "a[1]", "./a"])
def test_a_path_below_the_working_directory_is_taken(item: str) -> None:
    assert accepted(PLAIN + f'OutputSandbox = {{"{item}"}};').outputs == (item,)


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ("../../x", "leads out of the job's directory"),
        ("a/../../x", "leads out of the job's directory"),
        ("..", "leads out of the job's directory"),
        ("/etc/passwd", "is an absolute path"),
        ("logs/", "names a directory"),
        (".", "names a directory"),
        ("https://host/x", "is a URL"),
        (r"a\nb", "contains a newline"),
        ("x" * 300, "longer than 255 bytes"),
    ],
)
def test_any_other_is_refused_with_its_place(item: str, says: str) -> None:
    error = the_error(PLAIN + f'OutputSandbox = {{ "good",\n "{item}" }};')
    assert (error.code, error.attribute, error.line, error.column) == ("bad_name", "OutputSandbox", 3, 2)
    assert says in error.message
    assert "a path below the job's directory" in error.accepted


def test_two_files_of_one_name_are_refused() -> None:
    assert the_error(PLAIN + 'OutputSandbox = {"a/x", "b/x"};').code == "duplicate"


def test_an_empty_name_is_ignored_with_a_warning() -> None:
    assert the_warning(PLAIN + 'OutputSandbox = {"a", ""};').code == "empty_name"


def test_the_limit_is_told() -> None:
    error = the_error(PLAIN + 'OutputSandbox = {"a", "b"};', JdlDefaults(max_output_files=1))
    assert "the maximum number of output sandbox files is reached: found 2" in error.message


@pytest.mark.parametrize(
    ("outputs", "targets", "code"),
    [
        ('{"a", "b"}', '{"a"}', "cardinality"),
        ('{"a*"}', '{"a"}', "wildcard"),
        ('{"a"}', '{"gsiftp://host/a"}', "unsupported"),
        ('{"a"}', '{"s3://host/a"}', "unsupported"),
        ('{"a"}', '{"https://host/dir/"}', "bad_url"),
        ('{"a"}', '{"https:///a"}', "bad_url"),
        ('{"a"}', '{"https://host/a b"}', "bad_url"),
        ('{"a"}', '{"b"}', "unsupported"),
    ],
)
def test_destinations_that_cannot_be_served(
    outputs: str, targets: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridwms.describe.jdl.outputs.SENT", ("https",))
    error = the_error(PLAIN + f"OutputSandbox = {outputs}; OutputSandboxDestURI = {targets};")
    assert (error.code, error.attribute) == (code, "OutputSandboxDestURI")


def test_a_destination_on_the_service_is_what_happens_anyway() -> None:
    assert read(PLAIN + 'OutputSandbox = {"a", "d/b"}; OutputSandboxDestURI = {"a", "b"};').problems == ()


def test_destinations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridwms.describe.jdl.outputs.SENT", ("https",))
    each = accepted(PLAIN + 'OutputSandbox = {"a", "d/b"}; OutputSandboxDestURI = {"a", "https://h/x/c"};')
    assert each.output_targets == ("", "https://h/x/c")
    base = accepted(PLAIN + 'OutputSandbox = {"d/a b", "*.log"}; OutputSandboxBaseDestURI = "https://h/x";')
    assert base.output_targets == ("https://h/x/a%20b", "https://h/x/")
    assert accepted(PLAIN + 'OutputSandbox = "a";').output_targets == ()


def test_a_destination_needs_files() -> None:
    for text in ('OutputSandboxDestURI = "a";', 'OutputSandboxBaseDestURI = "https://h/";'):
        assert the_error(PLAIN + text).code == "exclusive"


def test_a_base_that_is_no_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridwms.describe.jdl.outputs.SENT", ("https",))
    error = the_error(PLAIN + 'OutputSandbox = "a"; OutputSandboxBaseDestURI = "here";')
    assert (error.code, error.attribute) == ("bad_url", "OutputSandboxBaseDestURI")


def test_both_kinds_of_destination_exclude_each_other() -> None:
    text = 'OutputSandbox = "a"; OutputSandboxDestURI = "a"; OutputSandboxBaseDestURI = "https://h/";'
    codes = {(error.attribute, error.code) for error in read(PLAIN + text).errors}
    assert ("OutputSandboxDestURI", "exclusive") in codes


@pytest.mark.parametrize("name", ["StdOutput", "StdError"])
@pytest.mark.parametrize("path", ["../x", "/tmp/x", "a*", "d/"])
def test_streams_stay_in_the_working_directory(name: str, path: str) -> None:
    error = the_error(PLAIN + f'{name} = "{path}";')
    assert (error.code, error.attribute) == ("bad_name", name)


def test_both_streams_may_go_to_one_file() -> None:
    description = accepted(PLAIN + 'StdOutput = "x"; StdError = "x"; OutputSandbox = "x";')
    assert description.std_output == description.std_error == "x"


def test_one_name_in_two_directories_is_refused() -> None:
    error = the_error(PLAIN + 'StdOutput = "a/x"; StdError = "b/x"; OutputSandbox = {"a/x"};')
    assert (error.code, error.attribute) == ("duplicate", "StdError")


def test_a_stream_that_is_not_brought_home_is_told() -> None:
    warning = the_warning(PLAIN + 'StdOutput = "x"; OutputSandbox = "y";')
    assert (warning.code, warning.attribute) == ("not_kept", "StdOutput")
    assert read(PLAIN + 'StdOutput = "x.log"; OutputSandbox = "*.log";').problems == ()
