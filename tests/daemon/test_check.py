"""Configurations looked through before a service starts with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridwms.cli.serve import serve
from gridwms.daemon.check import check
from gridwms.daemon.config import BadConfig


def checked(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "gridwms.toml"
    path.write_text(text)
    return check(path)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ('then = "agian"', "retry.0.then: .*'again', 'shallow'"),
        ('site = "*"', "retry.0.then: Field required"),
        ('then = "never"\nstep = "prologue"', "retry.0.step: Input should be a list, in square brackets"),
        ('then = "never"\nreason = ["no_such"]', "retry.0: 'no_such' is not in the registry of reasons"),
        ('then = "never"\ntext = "("', "retry.0: the text .* is no regular expression"),
        ('then = "never"\nfactor = 3', "retry.0: factor goes with then = 'more_memory' only"),
        ('then = "never"\nreason = ["work_dir"]\nstep = ["input"]', "retry.0: it never fits"),
    ],
)
def test_wrong_rules(tmp_path: Path, rule: str, told: str) -> None:
    with pytest.raises(BadConfig, match=told):
        checked(tmp_path, f"[[retry]]\n{rule}\n")


def test_other_parts(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="no ClassAd expression"):
        checked(tmp_path, '[jobs]\nrank = "1 +"\n')


def test_by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "gridwms.toml"
    path.write_text('[[retry]]\nthen = "never"\n[[retry]]\nthen = "again"\nstep = ["input"]\n')
    serve(config=path, check=True)
    told = capsys.readouterr()
    assert told.out == "The configuration can be used.\n"
    assert told.err == "warning: [[retry]] number 2 never decides: number 1 fits wherever it does.\n"
