from __future__ import annotations

from pathlib import Path

from gridwms.classad import ClassAd, evaluate_attribute
from gridwms.market.machine import MachineFacts, machine_ad, read_machine

FACTS = MachineFacts(host="node.x", cpus=4, memory_mb=8000, os_name="Debian", os_release="12", architecture="x86_64")


def value(ad: ClassAd, name: str) -> object:
    return evaluate_attribute(ad, name)


def test_a_machine_at_rest() -> None:
    ad = machine_ad(FACTS, site="here")
    assert value(ad, "GlueCEUniqueID") == "node.x:2119/gridwms-fork-local"
    assert value(ad, "GlueCEInfoHostName") == "node.x"
    assert value(ad, "GlueCEStateStatus") == "Production"
    assert value(ad, "GlueCEInfoTotalCPUs") == value(ad, "GlueCEStateFreeJobSlots") == 4
    assert value(ad, "GlueCEStateEstimatedResponseTime") == 0
    assert value(ad, "GlueHostMainMemoryRAMSize") == 8000
    assert value(ad, "GlueHostOperatingSystemName") == "Debian"
    assert value(ad, "GlueHostArchitecturePlatformType") == "x86_64"
    assert "GlueCEAccessControlBaseRule" not in ad
    assert value(ad, "GridwmsSite") == "here"


def test_a_machine_at_work() -> None:
    ad = machine_ad(FACTS, slots=2, running=2, waiting=3, max_waiting=10)
    assert value(ad, "GlueCEStateFreeJobSlots") == 0
    assert value(ad, "GlueCEStateTotalJobs") == 5
    assert value(ad, "GlueCEPolicyMaxTotalJobs") == 12
    assert value(ad, "GlueCEStateEstimatedResponseTime") == 120


def test_what_is_not_known_is_not_published() -> None:
    ad = machine_ad(MachineFacts(host="x", cpus=1))
    for name in ("GlueHostMainMemoryRAMSize", "GlueHostProcessorModel", "GlueCEPolicyMaxWaitingJobs", "GridwmsSite"):
        assert name not in ad
    assert value(ad, "GlueCEStateRunningJobs") == 0
    assert value(ad, "GlueHostNetworkAdapterInboundIP") is False


def test_this_machine() -> None:
    facts = read_machine()
    assert facts.host
    assert facts.cpus >= 1


def test_a_machine_from_its_files(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "etc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal:  2048000 kB\nSwapTotal: 1024000 kB\n")
    (tmp_path / "proc/cpuinfo").write_text(
        "vendor_id\t: V\nmodel name\t: M 3\ncpu MHz\t\t: 2100.5\nmodel name : other\n"
    )
    (tmp_path / "etc/os-release").write_text('NAME="Alma Linux"\nVERSION_ID="9.4"\nVERSION_CODENAME=x\n')
    facts = read_machine(tmp_path)
    assert (facts.memory_mb, facts.virtual_mb) == (2000, 3000)
    assert (facts.cpu_model, facts.cpu_vendor, facts.clock_mhz) == ("M 3", "V", 2100)
    assert (facts.os_name, facts.os_release, facts.os_version) == ("Alma Linux", "9.4", "x")


def test_a_machine_without_such_files(tmp_path: Path) -> None:
    facts = read_machine(tmp_path)
    assert (facts.memory_mb, facts.cpu_model) == (0, "")
    assert facts.os_name
