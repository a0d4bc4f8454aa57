"""The service is killed while it submits to a real A-REX, so are the line and the door: every payload runs once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from gridwms.sites.arc.activity import phase_of
from gridwms.sites.contract import Phase
from tests.never_lost.rounds import Runner
from tests.never_lost.torture import torture
from tests.services import arex
from tests.services.line import Line, line
from tests.sites.arc_rig import ArcRig


@pytest.fixture
def cable(real_arex: arex.Arex) -> Iterator[Line]:
    with line(real_arex.port) as made:
        yield made


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(("jobs", "rounds"), [(50, 12), (500, 60)])
def test_every_payload_runs_once(
    real_arex: arex.Arex, real_arc: ArcRig, cable: Line, tmp_path: Path, jobs: int, rounds: int
) -> None:
    chance = random.Random(jobs)
    ran = real_arc.traces / "ran"
    ran.touch()
    ran.chmod(0o666)
    config = tmp_path / "gridwms.toml"
    config.write_text(f"""\
[sites.nordic]
kind = "arc"
url = "https://localhost:{cable.port}/arex"
proxy = "{real_arex.proxies["alice"]}"
authorities = "{real_arex.authority.certificates}"
queues = ["main"]
poll_seconds = 1
refresh_seconds = 1
settle_seconds = 5
unseen_seconds = 20
""")

    def cut() -> None:
        """In the middle of what is sent, or of what comes back; or the door dies."""
        blow = chance.choice(("cut", "deaf", "kill"))
        if blow == "kill":
            real_arex.kill_door()
            real_arex.start_door()
        elif blow == "cut":
            cable.cut_at = chance.randrange(30_000)
        else:
            cable.deaf_at = chance.randrange(30_000)

    runner = Runner(tmp_path, "--config", str(config))
    assert torture(runner, ran, cut, jobs=jobs, rounds=rounds, seed=jobs, pace=6) == []
    real_arc.wait(lambda: alive(real_arc) == [])


def alive(rig: ArcRig) -> list[str]:
    """Jobs there that have not ended: nobody would ever look for them."""
    told = rig.site._rest.each("status", rig.site._rest.ids())
    return [str(one["id"]) for one in told if phase_of(str(one.get("state"))) not in (Phase.ENDED, Phase.GONE)]
