"""Which job an id means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gridwms.flow.bookkeeping.named import named
from gridwms.flow.errors import UnknownJob
from gridwms.flow.task import job_url
from tests.flow.conftest import Stage

KEY = "0123456789abcdefghijkl"


def test_a_key_and_an_id_are_one_of_ours(stage: Stage) -> None:
    base = stage.world.settings.base_url
    for given in (KEY, f"{base}/jobs/{KEY}", f"{base}/jobs/{KEY}/"):
        assert named(stage.world, given) == (named(stage.world, KEY))
        assert named(stage.world, given).key == KEY
    assert named(stage.world, KEY).id == f"{base}/jobs/{KEY}" == job_url(stage.world, KEY)


def test_ids_as_those_of_lb_and_those_told_before(stage: Stage) -> None:
    base = stage.world.settings.base_url
    stage.world.settings = replace(stage.world.settings, job_ids="https://wms.example.org:9000")
    assert job_url(stage.world, KEY) == f"https://wms.example.org:9000/{KEY}"
    for given in (KEY, f"https://wms.example.org:9000/{KEY}", f"{base}/jobs/{KEY}"):
        assert (named(stage.world, given).key, named(stage.world, given).id) == (KEY, job_url(stage.world, KEY))


def test_another_system_has_its_own(stage: Stage) -> None:
    other = named(stage.world, f"https://lb.example.org:9000/{KEY}")
    assert (other.key, other.id) == ("", f"https://lb.example.org:9000/{KEY}")


@pytest.mark.parametrize("text", ["", "x", "ftp://x/y", f"https://h/{'k' * 600}"])
def test_what_is_no_job(stage: Stage, text: str) -> None:
    with pytest.raises(UnknownJob):
        named(stage.world, text)
