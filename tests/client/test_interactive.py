"""Descriptions become those of interactive jobs without moving a line."""

from __future__ import annotations

import pytest

from gridwms.client.interactive import make_interactive
from tests.describe.jdl.given import read


@pytest.mark.parametrize(
    "text",
    [
        'Executable = "/bin/sh";',
        'Executable = "/bin/sh"',
        '[ Executable = "/bin/sh"; ]',
        '[\n  Executable = "/bin/sh" // ]\n] // done ]\n# ]\n',
        '[Executable = "/bin/sh"; Arguments = "];"; UserTags = [a = "b"]]',
        '/* JobType = 1; */ Executable = "/bin/sh";',
    ],
)
@pytest.mark.parametrize("terminal", [True, False])
def test_all_forms(text: str, terminal: bool) -> None:
    made = make_interactive(text, terminal=terminal)
    reading = read(made)
    assert reading.description is not None, reading.problems
    assert (reading.description.interactive, reading.description.terminal) == (True, terminal)
    assert made.count("\n") == text.count("\n")


def test_what_it_says_itself_stands() -> None:
    text = '[Executable = "/bin/sh"; JobType = "interactive"; InteractiveTerminal = false;]'
    assert make_interactive(text, terminal=True) == text
    assert 'JobType = "Normal"' in make_interactive('JobType = "Normal";', terminal=False)
