"""What a collector says as resources."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridwms.classad import ClassAd, evaluate, parse_expression
from gridwms.classad.old_syntax import parse_ads_old
from gridwms.market import Market, SourceError
from gridwms.market.sources.htcondor import CondorSource
from gridwms.market.sources.htcondor.pool import pool_ads


def slot(machine: str, number: int, **values: object) -> str:
    full: dict[str, object] = {
        "MyType": '"Machine"', "Name": f'"slot{number}@{machine}"', "Machine": f'"{machine}"', "State": '"Unclaimed"',
        "Cpus": 1, "TotalCpus": 8, "TotalMemory": 16384, "Memory": 2048, "Arch": '"X86_64"', "OpSys": '"LINUX"',
        "OpSysName": '"Debian"', "OpSysMajorVer": 12, "HasFileTransfer": "true", "LastHeardFrom": 1700000000,
        "Requirements": "START && (WithinResourceLimits)", "Rank": "0.0",
    }  # fmt: skip
    return "".join(f"{name} = {value}\n" for name, value in (full | values).items()) + "\n"


MACHINES = (
    slot("a", 1)
    + slot("a", 2, State='"Claimed"', RemoteUser='"ann@x"')
    + slot("b", 1, Cpus=6, Memory=12288, TotalSlotCpus=8, TotalSlotMemory=16384, PartitionableSlot="true")
    + slot("c", 1, TotalMemory=262144, Memory=32768, OpSysMajorVer=13, TotalGPUs=4)
)
SCHEDDS = 'MyType = "Scheduler"\nName = "s"\nMachine = "s"\nTotalRunningJobs = 1\nTotalIdleJobs = 9\n'


def read(machines: str = MACHINES, schedds: str = SCHEDDS) -> list[ClassAd]:
    ads, notes = pool_ads(
        parse_ads_old(machines),
        parse_ads_old(schedds),
        ce_id="cm.x:9618/htcondor-condor-default",
        site_of=lambda _: "p",
    )
    assert notes == []
    return ads


def value(ad: ClassAd, text: str) -> object:
    return evaluate(parse_expression(text), ClassAd(), ad)


def test_kinds_of_machines_are_views_of_the_pool() -> None:
    ads = read()
    assert [value(ad, "other.GridwmsView") for ad in ads] == ["X86_64-Debian-12-8-2", "X86_64-Debian-13-8-32"]
    assert {value(ad, "other.GlueCEUniqueID") for ad in ads} == {"cm.x:9618/htcondor-condor-default"}
    old, new = ads
    numbers = ("TotalCPUs", "FreeJobSlots", "RunningJobs", "WaitingJobs")
    names = ["GlueCEInfoTotalCPUs", *(f"GlueCEState{one}" for one in numbers[1:])]
    assert [value(old, f"other.{name}") for name in names] == [8, 7, 1, 8]
    assert [value(new, f"other.{name}") for name in names] == [1, 1, 0, 1]
    assert value(old, "other.GlueHostMainMemoryRAMSize") == 16384
    assert value(old, "other.GlueHostArchitectureSMPSize") == 8
    assert value(new, "other.GlueHostOperatingSystemRelease") == "13"
    assert value(new, "other.GridwmsSite") == "p"
    assert value(old, "other.QueueName") == "default"


def test_what_all_slots_say_alike_is_there_under_its_own_name() -> None:
    old, new = read()
    assert value(old, "other.HTCondor.HasFileTransfer") is True
    assert value(new, "other.HTCondor.TotalGPUs") == 4
    for name in ("RemoteUser", "LastHeardFrom", "Requirements", "TotalGPUs", "Name"):
        assert name not in old["HTCondor"]  # type: ignore[operator]


def test_one_kind_is_the_whole_pool() -> None:
    (ad,) = read(slot("a", 1), "")
    assert "GridwmsView" not in ad
    assert value(ad, "other.GlueCEStateEstimatedResponseTime") == 0


def fake(tmp_path: Path, machines: str) -> CondorSource:
    (tmp_path / "machines").write_text(machines)
    (tmp_path / "schedds").write_text(SCHEDDS)
    program = tmp_path / "condor_status"
    program.write_text(f'#!/bin/sh\n[ "$3" = -schedd ] && exec cat {tmp_path}/schedds\nexec cat {tmp_path}/machines\n')
    program.chmod(0o700)
    return CondorSource(name="pool", pool="cm.x", program=str(program), timeout=10)


def test_an_ad_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    source = fake(tmp_path, MACHINES + "Name = ((\n\n" + slot("d", 1, Cpus='"many"'))
    assert len(source.fetch()) == 2
    assert "an ad of the pool cannot be read" in source.notes[0]
    assert "says no Name or no Cpus ('slot1@d')" in source.notes[1]


def test_a_pool_that_fails_empties_nothing(tmp_path: Path) -> None:
    source = fake(tmp_path, MACHINES)
    market = Market([source])
    assert len(market.refresh("pool").resources) == 2
    for text in ("#!/bin/sh\necho 'Error: communication error' >&2; exit 1\n", "#!/bin/sh\nexit 0\n"):
        (tmp_path / "condor_status").write_text(text)
        assert len(market.refresh("pool").resources) == 2
        assert market.health()[0].condition == "failing"
    (tmp_path / "condor_status").write_text("#!/bin/sh\nexec sleep 30\n")
    source.timeout = 0.3
    with pytest.raises(SourceError, match=r"did not answer within 0\.3 s"):
        source.fetch()
    source.program = str(tmp_path / "nothing")
    with pytest.raises(SourceError, match="cannot be run"):
        source.fetch()
