"""Real services that take long to start: once for all tests of sites."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gridwms.sites.arc import ArcSettings
from tests.services import arex, htcondor
from tests.sites.arc_rig import ArcRig


@pytest.fixture(scope="session", params=[6, pytest.param(7, marks=pytest.mark.long)], ids=["arc6", "arc7"])
def real_arex(request: pytest.FixtureRequest) -> Iterator[arex.Arex]:
    if why := arex.missing(request.param):
        pytest.skip(why)
    with arex.running(request.param) as running:
        yield running


@pytest.fixture
def real_arc(real_arex: arex.Arex, request: pytest.FixtureRequest) -> Iterator[ArcRig]:
    many = 20 if request.config.getoption("--long") else 10
    with arc_rig(real_arex, many, proxy=str(real_arex.proxies["alice"])) as made:
        yield made


@pytest.fixture(scope="session")
def pool() -> Iterator[htcondor.Pool]:
    if why := htcondor.missing():
        pytest.skip(why)
    with htcondor.running(separable=True) as running:
        yield running


@contextmanager
def arc_rig(real_arex: arex.Arex, many: int, **credential: str) -> Iterator[ArcRig]:
    """A site at a real A-REX, by a proxy or a token."""
    with tempfile.TemporaryDirectory(prefix="gw-arc-") as name:  # pytest's own folders are closed to other accounts
        folder = Path(name)
        folder.chmod(0o777)
        settings = ArcSettings(
            name="arc",
            url=real_arex.url,
            authorities=str(real_arex.authority.certificates),
            settle_seconds=0,
            unseen_seconds=0,
            **credential,
        )
        made = ArcRig(folder, settings, real_arex.ce, slots=real_arex.slots, many=many, pause=0.3)
        made.traces.chmod(0o777)
        made.gate.chmod(0o666)
        made.patience = 3
        yield made
        made.clear()
        made.site.close()
