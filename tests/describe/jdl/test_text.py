"""Hostile texts: a clear error each, and fast."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from gridwms.describe.jdl.text import decode, has_too_many_tokens
from tests.describe.jdl.given import PLAIN, accepted, read, the_error


def test_a_text_that_is_too_long_names_the_attribute_that_makes_it_so() -> None:
    raw = PLAIN.encode() + b'Arguments = "' + b"a" * 10_000_000 + b'";'
    tracemalloc.start()
    started = time.process_time()
    error = the_error(raw)
    seconds = time.process_time() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (error.code, error.attribute, error.line) == ("too_large", "Arguments", 2)
    assert "at most 1,000,000 bytes" in error.accepted
    assert seconds < 1.0
    assert peak < 1_000_000


def test_a_text_that_is_too_long_as_characters() -> None:
    assert the_error("é" * 600_000).code == "too_large"
    assert the_error("x" * 1_000_001).code == "too_large"


def test_a_long_text_of_many_short_lines_names_no_attribute() -> None:
    error = the_error(b"a = 1;\n" * 200_000)
    assert (error.code, error.attribute, error.line) == ("too_large", "", 0)


def test_a_byte_that_is_not_utf8_is_told_with_its_place() -> None:
    error = the_error(PLAIN.encode() + b'Arguments = "caf\xe9";')
    assert (error.code, error.line, error.column, error.found) == ("encoding", 2, 17, "0xe9")


def test_half_a_surrogate_pair() -> None:
    assert the_error(PLAIN + 'Arguments = "\ud800";').code == "encoding"


def test_a_nul_byte_is_told_with_its_place() -> None:
    error = the_error(PLAIN.encode() + b'Argu\0ments = "";\0')
    assert (error.code, error.line, error.column) == ("nul", 2, 5)
    assert "2 in all" in error.message


def test_a_byte_order_mark_is_let_pass() -> None:
    assert read(b"\xef\xbb\xbf" + PLAIN.encode()).description is not None


def test_carriage_returns_are_let_pass() -> None:
    assert read('Executable = "/bin/ls";\r\nArguments = "x";\r\n').problems == ()


def test_text_in_any_language() -> None:
    assert accepted(PLAIN + 'Arguments = "naïve 日本";').arguments == "naïve 日本"


def test_tokens_are_counted_up_to_the_limit() -> None:
    assert not has_too_many_tokens('a = "one; two; three";', 4)
    assert has_too_many_tokens('a = "one"; b', 4)
    assert not has_too_many_tokens('"unfinished ; ; ;', 1)


def test_decode_leaves_good_text_alone() -> None:
    assert decode("a = 1", 10) == ("a = 1", None)


@pytest.mark.parametrize(
    "text",
    [
        "Requirements = " + "(" * 10_000 + "true" + ")" * 10_000,
        "a = " + "{" * 10_000 + "}" * 10_000,
        "a = " + "[a=" * 10_000 + "1" + "]" * 10_000,
        "Requirements = " + "!" * 10_000 + "true",
        "Requirements = " + "true ? " * 10_000 + "true",
        "Rank = " + "1+" * 10_000 + "1",
        "Rank = " + "other.x+" * 2_000 + "1",
        "Requirements = " + "other.a == 1 && " * 900 + "true",
        "Requirements = " + "other.a == 1 && " * 9_000 + "true",
        ";".join(f"a{i} = a{i + 1}" for i in range(9_000)) + "; Requirements = a0",
        ";".join(f"a{i} = a{(i + 1) % 9_000}" for i in range(9_000)) + "; Requirements = a0",
        "a0 = 1;" + "".join(f"a{i} = a{i - 1} + a{i - 1};" for i in range(1, 60)) + "Rank = a59",
        "a0 = other.x;" + "".join(f"a{i} = a{i - 1} + a{i - 1};" for i in range(1, 60)) + "Rank = a59",
        "a0 = 1;" + "".join(f"a{i} = a{i - 1} + a{i - 1};" for i in range(1, 60)) + "Arguments = a59",
        "".join(f"RetryCoun{i} = 1;" for i in range(9_900)),
        "a = ;" * 9_000,
        "a = ;" * 150_000,
        "a = {" + "1," * 400_000 + "1}",
        "InputSandbox = {" + ",".join(f'"f{i}"' for i in range(20_000)) + "}",
        "InputSandbox = {" + ",".join('"a"' for _ in range(20_000)) + "}",
        "Environment = {" + ",".join('"a"' for _ in range(20_000)) + "}",
        'Requirements = regexp("(a+)+$", "' + "a" * 5_000 + 'b")',
    ],
    ids=lambda text: text[:24],
)
def test_no_text_takes_long(text: str) -> None:
    started = time.process_time()
    reading = read(PLAIN + text)
    assert time.process_time() - started < 1.0
    assert len(reading.problems) <= 202
