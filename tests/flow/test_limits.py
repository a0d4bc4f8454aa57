"""The time limit and the memory that sites are asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gridwms.describe.convert.dialects import Dialect, read
from gridwms.describe.jdl.defaults import JdlDefaults
from gridwms.describe.jdl.read import read_jdl
from gridwms.flow.limits import memory_mb, wall_seconds
from gridwms.flow.submit import register
from tests.describe.jsdl.given import document
from tests.flow.conftest import Stage, place

LIMIT = "other.GlueCEPolicyMaxWallClockTime"
RAM = "other.GlueHostMainMemoryRAMSize"
GIB = 1 << 30


def asked(requirements: str, *, allowed: int | None = 2880, extra: str = "") -> int | None:
    """What is asked for at a queue that allows so many minutes."""
    text = f'[Executable = "/bin/true"; {extra} Requirements = {requirements};]'
    description = read_jdl(text, JdlDefaults(vo="dteam"), now=0.0).description
    assert description is not None
    resource = place(1, **({} if allowed is None else {"GlueCEPolicyMaxWallClockTime": allowed})).ad
    return wall_seconds(description, resource, 600.0)


@pytest.mark.parametrize(
    ("requirements", "minutes"),
    [
        (f"{LIMIT} >= 90", 90),
        (f"{LIMIT} > 90", 90),
        (f"90 <= {LIMIT}", 90),
        (f"({LIMIT} >= 60 && true) && (({LIMIT} >= 90))", 90),
        (f"{LIMIT} >= 1.5 * Hours", 180),
        ("other.GlueCEPolicyMaxObtainableWallClockTime =?= undefined && TARGET.gluecepolicymaxwallclocktime >= 90", 90),
        (f"{LIMIT} >= 2875", 2870),
        (f"{LIMIT} >= 2880", 2870),
    ],
)
def test_what_must_be_is_handed_on_with_the_margin_but_no_more_than_the_queue_allows(
    requirements: str, minutes: int
) -> None:
    assert asked(requirements, extra="Hours = 120;") == 60 * minutes + 600


@pytest.mark.parametrize(
    "requirements",
    [
        "true",
        f"{LIMIT} <= 2880",
        f"{LIMIT} >= 0",
        f"{LIMIT} >= 90 || other.GlueCEStateFreeJobSlots > 0",
        f"!({LIMIT} < 90)",
        "other.GlueCEStateFreeJobSlots > 0",
    ],
)
def test_nothing_is_asked_for_that_need_not_be(requirements: str) -> None:
    assert asked(requirements) is None


def test_queues_without_a_limit() -> None:
    assert asked(f"{LIMIT} >= 2000000", allowed=2147483647) is None
    assert asked(f"{LIMIT} >= 5000", allowed=999999) == 60 * 5000 + 600
    assert asked(f"{LIMIT} =?= undefined || true && {LIMIT} >= 90", allowed=None) is None
    assert asked(f"{LIMIT} >= 90", allowed=None) == 60 * 90 + 600


def test_sites_are_told_unless_they_are_not_to_be(stage: Stage) -> None:
    stage.market.put(place(1, GlueCEPolicyMaxWallClockTime=100))
    for margin in (600.0, None):
        stage.world.settings = replace(stage.world.settings, wall_margin_seconds=margin)
        stage.submit(f"Requirements = {LIMIT} >= 80;")
        stage.schedule()
        stage.errands()
    assert [one.wall_seconds for one in stage.site.handovers] == [5400, None]


@pytest.mark.parametrize(
    ("requirements", "demanded"),
    [
        (f"{RAM} >= 2048", 2048),
        (f"{RAM} >= 2048.5 && {RAM} > 3 * Each", 3000),
        (f"(2048 <= {RAM} && {RAM} <= 4096)", 2048),
        (f"{RAM} >= 2048 || {LIMIT} >= 90", 0),
        (f"!({RAM} < 2048)", 0),
        (f'{RAM} <= 4096 && {RAM} >= 0 && {RAM} >= real("INF")', 0),
        ("other.GlueHostMainMemoryVirtualSize >= 4096", 0),
    ],
)
def test_the_memory_that_a_host_must_have(requirements: str, demanded: int) -> None:
    text = f'[Executable = "/bin/true"; Each = 1000; Requirements = {requirements};]'
    description = read_jdl(text, JdlDefaults(vo="dteam"), now=0.0).description
    assert description is not None
    assert memory_mb(description.requirements, description.ad) == demanded


_TOTAL = (
    f"<TotalPhysicalMemory><Exact>{4 * GIB}</Exact></TotalPhysicalMemory>"
    "<TotalResourceCount><Exact>2</Exact></TotalResourceCount>"
)
_EACH = f"<IndividualPhysicalMemory><LowerBoundedRange>{GIB}</LowerBoundedRange></IndividualPhysicalMemory>"


_ASKED = (
    (f'[Executable = "/bin/true"; CPUNumber = 8; Requirements = {RAM} >= 2048]', Dialect.JDL, 2048),
    (f'[Executable = "/bin/true"; CPUNumber = 8; HostNumber = 4; Requirements = {RAM} >= 2048]', Dialect.JDL, 8192),
    (f'[Executable = "/bin/true"; CPUNumber = 5; SMPGranularity = 2; Requirements = {RAM} >= 2048]', Dialect.JDL, 6144),
    ("run: {executable: /bin/true}\nneeds: {memory: 2 GiB}", Dialect.NATIVE, 2048),
    ("executable = /bin/true\ntransfer_executable = false\nrequest_memory = 3 GB\nqueue", Dialect.SUBMIT, 3072),
    (document(resources=_TOTAL), Dialect.JSDL, 4096),
    (document(resources=_EACH), Dialect.JSDL, 1024),
)


@pytest.mark.parametrize("ask", [True, False])
def test_sites_are_asked_for_memory_in_all_unless_they_are_not_to_be(stage: Stage, ask: bool) -> None:
    room = {"GlueCEInfoTotalCPUs": 100, "GlueHostArchitectureSMPSize": 8, "GlueCEStateFreeJobSlots": 100}
    stage.market.put(place(1, GlueHostMainMemoryRAMSize=16000, **room))
    stage.world.settings = replace(stage.world.settings, ask_memory=ask)
    for text, dialect, _asked in _ASKED:
        reading = read(text, dialect, JdlDefaults(vo="dteam"), now=0.0)
        (answer,) = register(stage.world, "ann", "", [reading.jdl.encode()])
        assert answer.key, answer.problems
        stage.schedule()
        stage.errands()
    assert [one.memory_mb for one in stage.site.handovers] == [asked if ask else None for _, _, asked in _ASKED]
