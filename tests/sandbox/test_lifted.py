"""Archives of gLite's own client: the path of the job goes, everything else stays."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from gridwms.sandbox.archive import BadArchive
from gridwms.sandbox.area import Area
from tests.sandbox.test_archive import FILE, FOLDER, HARD, LINK, packed

KEY = "abcdefghijklmnopqrstuv"
PLACE = f"sandbox/{KEY}/input"


def stored(area: Area, path: Path) -> dict[str, bytes | str]:
    """What the archive holds when it was received: content of files, targets of links."""
    area.put_input(KEY, 0, [path.read_bytes()])
    area.check_input_archive(KEY, 0)
    found: dict[str, bytes | str] = {}
    with tarfile.open(area.input_path(KEY, 0)) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isreg() else None
            found[member.name] = file.read() if file else member.linkname
    return found


@pytest.fixture
def area(tmp_path: Path) -> Area:
    return Area(tmp_path / "area")


def test_the_path_goes(area: Area, tmp_path: Path) -> None:
    members = [
        ("sandbox", FOLDER, ""),
        (PLACE, FOLDER, ""),
        (f"{PLACE}/run.sh", FILE, ""),
        (f"{PLACE}/again", HARD, f"{PLACE}/run.sh"),
        (f"{PLACE}/soft", LINK, "run.sh"),
        (f"{PLACE}/sub/data", FILE, ""),
    ]
    assert stored(area, packed(tmp_path / "a", *members)) == {
        "run.sh": b"hello",
        "again": "run.sh",
        "soft": "run.sh",
        "sub/data": b"hello",
    }


def test_what_is_meant_for_the_job_itself_stays_as_it_is(area: Area, tmp_path: Path) -> None:
    members = [("run.sh", FILE, ""), (f"{PLACE}/x", FILE, ""), ("input/y", FILE, "")]
    assert set(stored(area, packed(tmp_path / "a", *members))) == {"run.sh", f"{PLACE}/x", "input/y"}


def test_a_link_that_leads_out_without_the_path_is_refused(area: Area, tmp_path: Path) -> None:
    path = packed(tmp_path / "a", (f"{PLACE}/x", LINK, "../../y"))
    with pytest.raises(BadArchive, match="leads out"):
        stored(area, path)
    assert area.inputs(KEY) == {}
