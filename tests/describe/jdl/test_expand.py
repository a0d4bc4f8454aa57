from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

import pytest

from gridwms.describe.jdl import Expansion, FileKind, expand_inputs
from tests.describe.jdl.given import PLAIN, read


class Tree:
    """A file system in memory."""

    def __init__(self, **kinds: FileKind) -> None:
        self.kinds = {"a.txt": FileKind.REGULAR, "b.txt": FileKind.REGULAR, "data/c.sh": FileKind.REGULAR, **kinds}

    def glob(self, pattern: str) -> Sequence[str]:
        return [
            name for name in sorted(self.kinds) if fnmatchcase(name, pattern) and name.count("/") == pattern.count("/")
        ]

    def kind(self, path: str) -> FileKind:
        return self.kinds.get(path, FileKind.MISSING)


def expand(items: str, tree: Tree | None = None, more: str = "") -> Expansion:
    text = f"{PLAIN} InputSandbox = {items};{more}".encode()
    return expand_inputs(text, tree or Tree(), environment={"DATA": "data", "STAR": "x*"}, home="/home/me")


def paths(expansion: Expansion) -> list[str]:
    assert expansion.problems == ()
    return [file.local for file in expansion.uploads]


def test_what_needs_no_expansion_is_left_as_it_is() -> None:
    expansion = expand('{"a.txt", "data/c.sh", "https://host/x"}')
    assert paths(expansion) == ["a.txt", "data/c.sh"]
    assert [file.name for file in expansion.uploads] == ["a.txt", "c.sh"]
    assert expansion.text == f'{PLAIN} InputSandbox = {{"a.txt", "data/c.sh", "https://host/x"}};'.encode()


def test_patterns_are_expanded_in_order_of_name() -> None:
    assert paths(expand('"*.txt"')) == ["a.txt", "b.txt"]
    assert paths(expand('{"data/*", "?.txt"}')) == ["data/c.sh", "a.txt", "b.txt"]


def test_variables_and_the_home_directory_only_in_front() -> None:
    tree = Tree(**{"/home/me/x": FileKind.REGULAR, "q$DATA": FileKind.REGULAR, "x*/d.txt": FileKind.REGULAR})
    assert paths(expand('{"$DATA/c.sh", "~/x", "q$DATA"}', tree)) == ["data/c.sh", "/home/me/x", "q$DATA"]
    assert paths(expand('"${DATA}/c.sh"', tree)) == ["data/c.sh"]
    assert paths(expand('"$STAR/d.txt"', tree)) == ["x*/d.txt"]


def test_a_dollar_that_is_no_variable_is_a_letter() -> None:
    assert paths(expand('"$(id)"', Tree(**{"$(id)": FileKind.REGULAR}))) == ["$(id)"]


def test_names_that_look_like_patterns_survive_the_way_to_the_service() -> None:
    tree = Tree(**{"r[1].dat": FileKind.REGULAR, "what?.dat": FileKind.REGULAR})
    expansion = expand('"*.dat"', tree)
    assert paths(expansion) == ["r[1].dat", "what?.dat"]
    description = read(expansion.text).description
    assert description is not None
    assert description.inputs == expansion.uploads


def test_the_service_accepts_what_the_client_sends() -> None:
    expansion = expand('{"*.txt", "$DATA/c.sh"}')
    reading = read(expansion.text)
    assert reading.description is not None
    assert reading.description.inputs == expansion.uploads


@pytest.mark.parametrize(
    ("item", "kind", "code", "says"),
    [
        ("gone", FileKind.MISSING, "missing_file", "does not exist"),
        ("link", FileKind.DANGLING, "missing_file", "a symbolic link to something that does not exist"),
        ("dir", FileKind.DIRECTORY, "not_a_file", "is a directory"),
        ("dev", FileKind.DEVICE, "not_a_file", "is a device"),
        ("sock", FileKind.SOCKET, "not_a_file", "is a socket"),
        ("secret", FileKind.UNREADABLE, "not_a_file", "cannot be read by you"),
    ],
)
def test_what_is_no_regular_file_is_told_with_its_place(item: str, kind: FileKind, code: str, says: str) -> None:
    (problem,) = expand(f'{{"a.txt",\n"{item}"}}', Tree(**{item: kind})).problems
    assert (problem.code, problem.line, problem.column) == (code, 3, 1)
    assert says in problem.message
    assert item in problem.message


@pytest.mark.parametrize(
    ("item", "code"),
    [("*.none", "missing_file"), ("$NOWHERE/x", "unset_variable"), ("${NOWHERE}", "unset_variable")],
)
def test_what_cannot_be_expanded(item: str, code: str) -> None:
    (problem,) = expand(f'"{item}"').problems
    assert (problem.code, problem.attribute, problem.found) == (code, "InputSandbox", item)


def test_directories_are_passed_over_by_patterns() -> None:
    assert paths(expand('"*"', Tree(dir=FileKind.DIRECTORY))) == ["a.txt", "b.txt"]


def test_all_missing_files_are_told_at_once() -> None:
    assert len(expand('{"x", "a.txt", "y"}').problems) == 2


def test_files_below_a_base_elsewhere_are_not_looked_for() -> None:
    expansion = expand('{"x", "/abs"}', Tree(**{"/abs": FileKind.REGULAR}), ' InputSandboxBaseURI = "https://h/d";')
    assert paths(expansion) == ["/abs"]


def test_a_sandbox_that_is_missing_or_wrong_is_left_to_the_service() -> None:
    assert expand("3").problems == ()
    assert expand_inputs(PLAIN.encode(), Tree(), environment={}, home="/").uploads == ()


def test_only_what_changes_is_replaced_in_the_text() -> None:
    more = """
  # a comment
  Arguments = "*.txt";"""
    expansion = expand('{ "a.txt",\n  "data/*",   // scripts\n  "?" ".txt"}', Tree(**{"c.txt": FileKind.REGULAR}), more)
    assert [problem.code for problem in expansion.problems] == ["duplicate"]
    assert expansion.text.decode() == (
        f'{PLAIN} InputSandbox = {{ "a.txt",\n  "data/c.sh",   // scripts\n  "a.txt", "b.txt", "c.txt"}};{more}'
    )


def test_a_single_string_becomes_a_list() -> None:
    assert expand('"*.txt"').text.decode() == f'{PLAIN} InputSandbox = {{ "a.txt", "b.txt" }};'


def test_an_expression_that_must_change_is_written_anew() -> None:
    expansion = expand('{strcat("*", ".txt")}')
    assert paths(expansion) == ["a.txt", "b.txt"]
    assert read(expansion.text).errors == ()


@pytest.mark.parametrize("text", [b"", b"\xff", b"a = ;", b"x" * 2_000_000, b"a = " + b"{" * 10_000])
def test_what_cannot_be_read_is_left_to_the_service(text: bytes) -> None:
    assert expand_inputs(text, Tree(), environment={}, home="/") == Expansion(text)


def test_two_files_of_one_name_are_told_with_the_item_they_come_from() -> None:
    (problem,) = expand('{"*.txt",\n"data/*"}', Tree(**{"data/b.txt": FileKind.REGULAR})).problems
    assert (problem.code, problem.line) == ("duplicate", 3)
    assert "'data/b.txt' and 'b.txt' would both be called 'b.txt'" in problem.message
    renamed = expand('{"a.txt", "data/c.sh"}', more=' InputSandboxDestFileName = {"x", "y"};')
    assert renamed.problems == ()
