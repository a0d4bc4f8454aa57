from __future__ import annotations

import pytest

from tests.describe.jdl.given import PLAIN, accepted, read, the_error


@pytest.mark.parametrize("path", ["/bin/ls", "$HOME/bin/x", "/opt/my tool"])
def test_a_program_on_the_worker_node(path: str) -> None:
    assert accepted(f'Executable = "{path}";').executable == path


def test_a_program_from_the_sandbox() -> None:
    assert accepted('Executable = "x.sh"; InputSandbox = {"bin/x.sh"};').executable == "x.sh"
    assert accepted('Executable = "y"; InputSandbox = "x.sh"; InputSandboxDestFileName = "y";').executable == "y"


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ('Arguments = "a";', "missing", "is mandatory; found nothing"),
        ('Executable = "";', "missing", "found an empty string"),
        ('Executable = "x.sh";', "not_in_sandbox", "'x.sh' is not in InputSandbox"),
        ('Executable = "x.hs"; InputSandbox = "x.sh";', "not_in_sandbox", "did you mean 'x.sh'?"),
        ('Executable = "bin/x.sh"; InputSandbox = "bin/x.sh";', "relative_path", "write 'x.sh'"),
        ('Executable = "./x.sh";', "relative_path", "is a relative path with a directory"),
        (r'Executable = "/bin/a\nb";', "bad_name", "contains a newline"),
    ],
)
def test_an_executable_that_cannot_be_found_is_told(text: str, code: str, says: str) -> None:
    error = the_error(text)
    assert (error.code, error.attribute) == (code, "Executable")
    assert says in error.message
    assert error.accepted


@pytest.mark.parametrize("name", ["StdInput", "Prologue", "Epilogue"])
def test_other_files_must_be_there_too(name: str) -> None:
    assert the_error(PLAIN + f'{name} = "in.txt";').code == "not_in_sandbox"
    assert read(PLAIN + f'{name} = "in.txt"; InputSandbox = "d/in.txt";').errors == ()
    assert read(PLAIN + f'{name} = "/data/in.txt";').errors == ()


def test_standard_input_has_no_wildcards() -> None:
    assert the_error(PLAIN + 'StdInput = "*.txt";').code == "wildcard"


@pytest.mark.parametrize("name", ["Prologue", "Epilogue"])
def test_arguments_need_their_script(name: str) -> None:
    error = the_error(PLAIN + f'{name}Arguments = "a";')
    assert (error.code, error.attribute) == ("exclusive", f"{name}Arguments")


def test_a_broken_sandbox_does_not_make_more_errors() -> None:
    assert the_error('Executable = "x.sh"; InputSandbox = {"gsiftp://h/x.sh"};').code == "unsupported"
    assert the_error('Executable = "x.sh"; InputSandbox = 3;').code == "wrong_type"
