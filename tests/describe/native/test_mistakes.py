"""Mistakes are told with the key, the place and what is accepted, in YAML and in TOML."""

from __future__ import annotations

import pytest

from tests.describe.native.given import RUN, read, the_error

ERRORS = [
    ("misspelt key", RUN + "need: {cpus: 1}", "unknown_key", "need", (2, 1), "did you mean needs?"),
    ("wrong case", RUN + "Name: x", "unknown_key", "Name", (2, 1), "did you mean name?"),
    ("key of another section", RUN + "memory: 2 GB", "unknown_key", "memory", (2, 1), "did you mean needs.memory?"),
    (
        "unknown key inside",
        RUN + "needs:\n  cpu_tme: 1h",
        "unknown_key",
        "needs.cpu_tme",
        (3, 3),
        "did you mean cpu_time?",
    ),
    (
        "key of a file",
        RUN + "files:\n  in:\n  - {from: a, to: b}",
        "unknown_key",
        "files.in.to",
        (4, 15),
        "accepted: from, as",
    ),
    (
        "wrong type",
        RUN + "needs:\n  cpus: four",
        "wrong_type",
        "needs.cpus",
        (3, 3),
        "found the text 'four'; accepted: a whole number",
    ),
    ("a truth value", RUN + "needs: {cpus: true}", "wrong_type", "needs.cpus", (2, 9), "found the truth value true"),
    ("no unit", RUN + "needs: {memory: 2048}", "wrong_type", "needs.memory", (2, 9), "a size with its unit"),
    ("no span", RUN + "needs: {wall_time: soon}", "wrong_type", "needs.wall_time", (2, 9), "a time span with its unit"),
    ("no zone", RUN + "expires: 2031-01-31T12:00:00", "wrong_type", "expires", (2, 1), "a moment with its zone"),
    ("a list", RUN + "name: [a]", "wrong_type", "name", (2, 1), "found a list"),
    ("a section that is none", RUN + "needs: 4", "wrong_type", "needs", (2, 1), "a table of further keys"),
    ("a job type", RUN + "type: mip", "wrong_type", "type", (2, 1), "accepted: normal, mpi or interactive"),
    ("no expression", RUN + "prefer: 1 +", "syntax", "prefer", (2, 9), "this is no expression"),
    (
        "an unknown function",
        RUN + "needs: {where: memmber(1)}",
        "unknown_function",
        "needs.where",
        (2, 9),
        "(Requirements in JDL)",
    ),
    ("twice", RUN + "jdl: {Executable: '1'}", "exclusive", "jdl.Executable", (2, 7), "run.executable says it already"),
    ("no program", "name: x", "missing", "run.executable", (1, 1), "is mandatory"),
    ("a list of jobs", "- run", "wrong_type", "", (1, 1), "found a list"),
    ("a key twice", "name: a\nname: b", "duplicate", "name", (2, 1), "the first is in line 1"),
    ("no YAML", "run: [1", "syntax", "", (2, 1), "this is no YAML"),
    ("an alias", "name: &a x\nvo: *a", "unsupported", "", (1, 7), "anchors and aliases"),
    ("a tag", "name: !!python/object/apply:os.system [ls]", "unsupported", "", (1, 7), "tag"),
    ("two documents", "name: a\n---\nname: b", "unsupported", "", (2, 1), "a second document"),
    ("a list as key", "? [a]\n: b", "wrong_type", "", (1, 3), "as a name"),
    (
        "not in the sandbox",
        "run:\n  executable: a.sh",
        "not_in_sandbox",
        "run.executable",
        (2, 3),
        "is not in InputSandbox",
    ),
    (
        "TOML: misspelt",
        "[run]\nexecutable = '/x'\n[needs]\nmemori = '1 GB'",
        "unknown_key",
        "needs.memori",
        (4, 1),
        "did you mean memory?",
    ),
    (
        "TOML: wrong type",
        "[run]\nexecutable = '/x'\n[needs]\ncpus = 1.5",
        "wrong_type",
        "needs.cpus",
        (4, 1),
        "found the number 1.5",
    ),
    (
        "TOML: an item",
        "[run]\nexecutable = '/x'\n[files]\nin = [\n  'a', # b\n  {from = 'b', as = 'c/d'}]",
        "bad_name",
        "files.in",
        (6, 21),
        "path separator",
    ),
    (
        "TOML: dotted",
        "run.executable = '/x'\nneeds.cpus = 0",
        "out_of_range",
        "needs.cpus",
        (2, 1),
        "accepted: a whole number, 1 or more",
    ),
    (
        "TOML: a day",
        "expires = 2031-01-31\n[run]\nexecutable = '/x'",
        "wrong_type",
        "expires",
        (1, 1),
        "found the time 2031-01-31",
    ),
    ("TOML: syntax", "[run]\nexecutable = ", "syntax", "", (2, 1), "this is no TOML"),
    ("TOML: arrays of tables", "[[run]]\na=1\n[[run]]\nb=1", "wrong_type", "run", (1, 1), "found a list"),
]


@pytest.mark.parametrize(
    ("text", "code", "name", "place", "part"), [case[1:] for case in ERRORS], ids=[c[0] for c in ERRORS]
)
def test_error(text: str, code: str, name: str, place: tuple[int, int], part: str) -> None:
    reading = read(text)
    found = next(problem for problem in reading.errors if problem.attribute == name)
    assert (found.code, (found.line, found.column)) == (code, place), found
    assert part in found.message


def test_all_mistakes_are_told_at_once() -> None:
    reading = read("rn: 1\nneeds: {cpus: x, memory: 1}\nrun: {executable: /x, stdot: 1}\n")
    assert [problem.attribute for problem in reading.errors] == ["rn", "needs.cpus", "needs.memory", "run.stdot"]


def test_nothing_at_all() -> None:
    assert the_error("").code == "empty"
    assert the_error("# only a comment\n").code == "wrong_type"


@pytest.mark.parametrize("word", ["no", "yes", "on", "12:30", "1_000", "0b1", "~x", "=", "<<"])
def test_words_that_older_yaml_changes_are_texts(word: str) -> None:
    assert read(f"{RUN}tags: {{a: {word}}}").description is not None
    assert f'"{word}"' in read(f"{RUN}tags: {{a: {word}}}").jdl
