"""What docs/user/json.md promises: every field that a command prints is documented there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.cli.conftest import Command
from tests.client.running import ROOT
from tests.client.test_synchronous import ECHO


def names(value: Any, free: tuple[str, ...] = ("fields", "user_tags")) -> set[str]:
    """All names in a document, but those inside of what has free names."""
    if isinstance(value, dict):
        return set(value).union(*(names(inner) for name, inner in value.items() if name not in free))
    return set().union(*map(names, value)) if isinstance(value, list) else set()


def test_every_field_is_documented(gridwms: Command, tmp_path: Path) -> None:
    documented = set(re.findall(r"[`\"](\w+)[`\"]", (ROOT / "docs/user/json.md").read_text()))
    (tmp_path / "a.jdl").write_text(ECHO)
    (tmp_path / "bad.jdl").write_text('Executable = 1; Requirements = "x";')
    (tmp_path / "no.jdl").write_text('Executable = "/bin/true"; Requirements = other.GlueCEUniqueID == "nowhere";')
    submitted = gridwms("submit", "--wait", "--json", "a.jdl", "bad.jdl")
    job = submitted.json["jobs"][0]["id"]
    assert submitted.json["jobs"][0]["job"]["state"] == "DONE"
    assert submitted.json["jobs"][1]["error"]["code"] == "refused"
    waiting = gridwms("submit", "--json", "no.jdl").json["jobs"][0]["id"]
    documents = [
        submitted,
        gridwms("check", "--json", "a.jdl", "bad.jdl"),
        gridwms("match", "--json", "a.jdl", "no.jdl", "bad.jdl"),
        gridwms("status", "--json", job, "0" * 22),
        gridwms("status", "--json", "--limit", "1"),
        gridwms("why", "--json", job, waiting),
        gridwms("wait", "--json", job),
        gridwms("log", "--json", job),
        gridwms("peek", "--json", job, "out"),
        gridwms("output", "--json", "--list", job, waiting),
        gridwms("output", "--json", job),
        gridwms("cancel", "--json", waiting, job),
        gridwms("purge", "--json", job, "nonsense"),
    ]
    for document in documents:
        undocumented = names(document.json) - documented
        assert not undocumented, document
    assert documents[4].json["more"] is True
    assert documents[10].json["jobs"][0]["answer"]["files"] == [f"gridwms-{job[-22:]}/out"]
    assert (tmp_path / f"gridwms-{job[-22:]}" / "out").read_text() == "hello\n"
