"""The commands of the pages on bookkeeping and on the archive, typed as they stand there: all of them work."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from gridwms.client import Client
from tests.client.running import Running, environment, running

ROOT = Path(__file__).parents[2]
SWEEP = (
    b'[JobType = "Parametric"; Executable = "/bin/echo"; Arguments = "_PARAM_"; Parameters = 2; ParameterStart = 0;]'
)


def commands(page: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text()
    blocks = re.findall(r"^```console\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def type_all(service: Running, place: Path, page: str, **values: str) -> dict[str, str]:
    said = {}
    for command in commands(page):
        script = f'gridwms() {{ "{sys.executable}" -m gridwms "$@"; }}; {command}'
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=place,
            env=environment(service.data) | values,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (command, done.stderr)
        said[command] = done.stdout
    return said


def test_both_pages(tmp_path: Path) -> None:
    with running(tmp_path) as service, Client(address=service.address) as client:
        job, compound = client.submit([b'[Executable = "/bin/true";]', SWEEP])
        client.wait([job.id, compound.id])
        said = type_all(service, tmp_path, "user/bookkeeping.md", job=job.id)
        assert job.id in said["gridwms query 'usertag(campaign)=spring'"]
        assert "may" in said["gridwms acl $job"]
        assert client.job(job.id).user_tags["step"] == "3"
        client.clear([job.id, compound.id])
        client.purge([job.id, compound.id])
        nodes = [node.id for node in client.nodes(compound.id)]
        names: list[str] = []
        while sum(one["jobs"] for one in client.bookkeeping.archive_files()) < 4:
            # The site may still be to be told that it can forget them.
            names += client.bookkeeping.archive(0, 4)["files"]
        name = names[0]
        said = type_all(service, tmp_path, "operator/archive.md", archived=job.id, compound=compound.id)
        assert name in said["gridwms archive list"]
        assert 'DG.EVNT="RegJob"' in said["gridwms log $archived --archive --format ulm"]
        assert "Matched" in said["gridwms log $archived --archive"]
        assert "Status=Purged" in said["gridwms status $compound --archive"]
        assert all(node in said["gridwms status $compound --nodes --archive"] for node in nodes)
        assert client.archived(compound.id).histogram == {"PURGED": 2}
