"""The audit log: which decisions are lines, what a line says, and who can read it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gridwms.security.audit import Audited, AuditLog
from gridwms.security.identity import Identity
from gridwms.security.policy import Action, OneJob, Service, allowed

ANN = Identity(subject="ann@wlcg", name="ann", issuer="https://issuer.example/", vo="wlcg", groups=("/wlcg",))
JOB = OneJob(key="K", owner="bob")


@pytest.mark.parametrize(
    ("what", "actions"),
    [
        (Audited.CHANGES, ["submit", "read"]),
        (Audited.ALL, ["submit", "check", "read"]),
        (Audited.OFF, []),
    ],
)
def test_changes_and_refusals_are_written_down(tmp_path: Path, what: Audited, actions: list[str]) -> None:
    log = AuditLog(tmp_path / "audit", what, lambda: 0.0)
    for action, about in ((Action.SUBMIT, Service()), (Action.CHECK, Service()), (Action.READ, JOB)):
        log.note(ANN, action, about, allowed(ANN, action, about))
    files = list(tmp_path.glob("audit/*"))
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert [line["action"] for line in lines] == actions
    if lines:
        assert [file.name for file in files] == ["audit-19700101.jsonl"]
        assert files[0].stat().st_mode & 0o777 == 0o600
        refused = lines[-1]
        assert (refused["allowed"], refused["object"]) == (False, {"kind": "OneJob", "key": "K", "owner": "bob"})
        assert "belongs to bob" in refused["reason"] and refused["time"] == "1970-01-01T00:00:00.000+00:00"
        assert (refused["subject"], refused["name"], refused["issuer"]) == ("ann@wlcg", "ann", ANN.issuer)


def test_a_new_day_is_a_new_file(tmp_path: Path) -> None:
    now = [0.0]
    log = AuditLog(tmp_path, Audited.CHANGES, lambda: now[0])
    for day in range(3):
        now[0] = 86400.0 * day
        log.note(ANN, Action.SUBMIT, Service(), allowed(ANN, Action.SUBMIT, Service()))
    assert sorted(file.name for file in tmp_path.iterdir()) == [f"audit-1970010{day}.jsonl" for day in (1, 2, 3)]


def test_what_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    log = AuditLog(tmp_path / "file", Audited.ALL, lambda: 0.0)
    log.note(ANN, Action.SUBMIT, Service(), allowed(ANN, Action.SUBMIT, Service()))
