"""What is said to operators of what commands at a site say."""

from __future__ import annotations

import pytest

from gridwms.sites.batch.hints import hinted


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("gridwms: 67: eval: scontrol: not found", "the command scontrol is not in the PATH there"),
        ("sh: line 3: sbatch: command not found", "the command sbatch is not in the PATH there"),
        ("sinfo: error: s_p_parse_file: cannot stat file /no/slurm.conf", "SLURM_CONF"),
        ("tar: a/w0: Cannot write: No space left on device", "make room in /ours there"),
        ("mkdir: cannot create directory '/ours': Read-only file system", "write in /ours there; set `directory`"),
    ],
)
def test_what_to_do(said: str, hint: str) -> None:
    told = hinted(said, "/ours")
    assert told.startswith(f"{said}: ")
    assert hint in told


def test_nothing_is_made_up() -> None:
    assert hinted("something else", "/ours") == "something else"
