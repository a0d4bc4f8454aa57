"""Commands that the manual shows are commands that there are: their words are read, and nothing is done."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import typer.main

from gridwms.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = [
    "docs/user/notifications.md",
    "docs/user/why.md",
    "docs/operator/notifications.md",
    "docs/operator/quotas.md",
    "docs/operator/fair-share.md",
    "docs/operator/bans.md",
    "docs/operator/policy.md",
    "docs/operator/publication.md",
    "docs/operator/tokens.md",
    "docs/user/priorities.md",
    "docs/operator/information-systems.md",
    "docs/operator/sites.md",
]
COMMANDS = [
    pytest.param(line, id=f"{page}: {line}")
    for page in PAGES
    for line in re.findall(r"^    (gridwms .*)$", (ROOT / page).read_text(), re.MULTILINE)
]


def test_there_are_some() -> None:
    assert len(COMMANDS) > 10


@pytest.mark.parametrize("line", COMMANDS)
def test_its_words_are_understood(line: str) -> None:
    command: click.Command = typer.main.get_command(app)
    _, *words = shlex.split(line, comments=True)
    while isinstance(command, click.Group):
        name = words.pop(0)
        assert name in command.commands, f"there is no command {name}"
        command = command.commands[name]
    command.make_context(command.name, words, resilient_parsing=False)
