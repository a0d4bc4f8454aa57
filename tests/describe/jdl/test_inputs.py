from __future__ import annotations

import pytest

from gridwms.describe.description import SandboxFile
from gridwms.describe.jdl import JdlDefaults
from tests.describe.jdl.given import PLAIN, accepted, the_error, the_warning


def inputs(text: str) -> list[tuple[str, str, str]]:
    return [(file.name, file.local, file.url) for file in accepted(PLAIN + text).inputs]


@pytest.mark.parametrize(
    ("item", "name", "local", "url"),
    [
        ("a.sh", "a.sh", "a.sh", ""),
        ("data/a.sh", "a.sh", "data/a.sh", ""),
        ("../up/a.sh", "a.sh", "../up/a.sh", ""),
        ("/home/me/a.sh", "a.sh", "/home/me/a.sh", ""),
        ("C:/DOCUME~1/me/a.sh", "a.sh", "C:/DOCUME~1/me/a.sh", ""),
        (r"C:\\temp\\a.sh", "a.sh", r"C:\temp\a.sh", ""),
        ("@ARG@/a.sh", "a.sh", "@ARG@/a.sh", ""),
        ("a b'c.sh", "a b'c.sh", "a b'c.sh", ""),
        (r"a\"b", 'a"b', 'a"b', ""),
        ("$(touch x)", "$(touch x)", "$(touch x)", ""),
        ("`id`;rm -rf *".replace("*", "[*]"), "`id`;rm -rf *", "`id`;rm -rf *", ""),
        ("a[[]1].txt", "a[1].txt", "a[1].txt", ""),
        ("a]b", "a]b", "a]b", ""),
        ("file:///home/me/a.sh", "a.sh", "/home/me/a.sh", ""),
        ("file://localhost/home/me/a%20b", "a b", "/home/me/a b", ""),
        ("http://host/x/a.sh", "a.sh", "", "http://host/x/a.sh"),
        ("https://host:8443/x/a.sh?v=1", "a.sh", "", "https://host:8443/x/a.sh?v=1"),
        ("HTTPS://host/x/a%20b.sh", "a b.sh", "", "HTTPS://host/x/a%20b.sh"),
    ],
)
def test_where_a_file_comes_from_and_what_it_is_called(item: str, name: str, local: str, url: str) -> None:
    assert inputs(f'InputSandbox = {{"{item}"}};') == [(name, local, url)]


@pytest.mark.parametrize(
    ("item", "code", "says"),
    [
        ("*.txt", "wildcard", "only the client expands"),
        ("a?.txt", "wildcard", "only the client expands"),
        ("[ab].txt", "wildcard", "only the client expands"),
        ("https://host/*.txt", "wildcard", "wildcard"),
        ("data/", "bad_name", "names no file"),
        ("..", "bad_name", "names a directory"),
        ("a/.", "bad_name", "names a directory"),
        (r"a\nb", "bad_name", "contains a newline"),
        (r"a\377b", "bad_name", "contains a byte that is not UTF-8"),
        (r"a\tb", "bad_name", "contains a tab"),
        (r"a\033b", "bad_name", "control character U+001B"),
        ("x" * 256, "bad_name", "longer than 255 bytes"),
        ("gsiftp://host:2811/a", "unsupported", "'gsiftp' is not served yet"),
        ("lfn:/grid/a", "unsupported", "'lfn' is not served yet"),
        ("ftp://host/a", "unsupported", "'ftp' is not served yet"),
        ("file://elsewhere/a", "bad_url", "names a file of the machine 'elsewhere'"),
        ("https:///a", "bad_url", "names no host"),
        ("https://host/", "bad_name", "names no file"),
        ("https://host:port/a", "bad_url", "is not a URL"),
        ("https://host/a b", "bad_url", "contains a blank"),
        ("https://host/a%2F..%2F", "bad_name", "names no file"),
        ("https://host/a%0Ab", "bad_name", "contains a newline"),
    ],
)
def test_what_cannot_be_taken_is_told_with_its_place(item: str, code: str, says: str) -> None:
    error = the_error(PLAIN + f'InputSandbox = {{"good",\n  "{item}"}};')
    assert (error.code, error.attribute, error.line, error.column) == (code, "InputSandbox", 3, 3)
    assert says in error.message
    assert error.accepted


def test_two_files_of_one_name_are_refused() -> None:
    error = the_error(PLAIN + 'InputSandbox = {"a/x", "b", "c/x"};')
    assert error.code == "duplicate"
    assert "'c/x' (item 3) and 'a/x' (item 1) would both be called 'x'" in error.message


def test_an_empty_name_is_ignored_with_a_warning() -> None:
    assert the_warning(PLAIN + 'InputSandbox = {"a", ""};').code == "empty_name"
    assert inputs('InputSandbox = {"a", ""};') == [("a", "a", "")]


def test_bare_names_are_taken_from_the_base_and_absolute_ones_are_not() -> None:
    text = (
        'InputSandboxBaseURI = "https://host/dir/"; InputSandbox = {"a", "sub/b", "/c", "http://other/d", "file:///e"};'
    )
    assert inputs(text) == [
        ("a", "", "https://host/dir/a"),
        ("b", "", "https://host/dir/sub/b"),
        ("c", "/c", ""),
        ("d", "", "http://other/d"),
        ("e", "/e", ""),
    ]


def test_a_base_on_the_own_machine() -> None:
    assert inputs('InputSandboxBaseURI = "file:///home/me"; InputSandbox = {"a"};') == [("a", "/home/me/a", "")]


@pytest.mark.parametrize(
    ("base", "says"),
    [
        ("gsiftp://host/dir", "'gsiftp' is not served yet"),
        ("host/dir", "is not a URI"),
        ("https://", "names no host"),
    ],
)
def test_a_base_that_cannot_be_used(base: str, says: str) -> None:
    error = the_error(PLAIN + f'InputSandboxBaseURI = "{base}"; InputSandbox = {{"/a"}};')
    assert error.attribute == "InputSandboxBaseURI"
    assert says in error.message


def test_a_path_may_not_leave_the_base() -> None:
    error = the_error(PLAIN + 'InputSandboxBaseURI = "https://host/dir"; InputSandbox = {"../a"};')
    assert "leads out of InputSandboxBaseURI" in error.message


def test_files_may_be_renamed() -> None:
    text = 'InputSandbox = {"a/x", "b/x", "https://h/q"}; InputSandboxDestFileName = {"one", "two", "three"};'
    assert inputs(text) == [("one", "a/x", ""), ("two", "b/x", ""), ("three", "", "https://h/q")]


@pytest.mark.parametrize(
    ("names", "code", "says"),
    [
        ('{"one"}', "cardinality", "found 1 names for 2 files"),
        ('{"one", "two", "three"}', "cardinality", "found 3 names for 2 files"),
        ('{"one", "../two"}', "bad_name", "contains a path separator"),
        ('{"one", "/two"}', "bad_name", "contains a path separator"),
        ('{"one", ".."}', "bad_name", "names a directory"),
        ('{"one", ""}', "bad_name", "names no file"),
        (r'{"one", "t\nwo"}', "bad_name", "contains a newline"),
    ],
)
def test_new_names_must_be_plain_and_as_many_as_the_files(names: str, code: str, says: str) -> None:
    error = the_error(PLAIN + f'InputSandbox = {{"a", "b"}}; InputSandboxDestFileName = {names};')
    assert (error.code, error.attribute) == (code, "InputSandboxDestFileName")
    assert says in error.message


def test_new_names_without_files_are_refused() -> None:
    assert the_error(PLAIN + 'InputSandboxDestFileName = {"a"};').code == "exclusive"


def test_new_names_may_not_clash() -> None:
    text = 'InputSandbox = {"a", "b"}; InputSandboxDestFileName = {"x", "x"};'
    assert the_error(PLAIN + text).code == "duplicate"


def test_the_limit_is_told() -> None:
    error = the_error(PLAIN + 'InputSandbox = {"a", "b", "c"};', JdlDefaults(max_input_files=2))
    assert "the maximum number of input sandbox files is reached: found 3" in error.message
    assert "at most 2 files" in error.accepted


def test_the_type_of_a_file() -> None:
    (file,) = accepted(PLAIN + 'InputSandbox = "a";').inputs
    assert file == SandboxFile(name="a", local="a")
