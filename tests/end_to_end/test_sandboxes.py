"""Sandboxes that travel in an archive, and outputs that go elsewhere, as a user writes them."""

from __future__ import annotations

from pathlib import Path

from tests.end_to_end.conftest import User


def test_there_in_an_archive_and_home_to_a_path(user: User, tmp_path: Path) -> None:
    user.write("run.sh", "#!/bin/sh\ncat link; readlink link; echo kept >kept; echo sent >'sent file'\n", 0o755)
    user.write("data", "given\n")
    (tmp_path / "link").symlink_to("data")
    user.write(
        "job.jdl",
        f"""[
  Executable = "run.sh"; StdOutput = "out"; AllowZippedISB = true;
  InputSandbox = {{"run.sh", "data", "link"}};
  OutputSandbox = {{"out", "kept", "sent file"}};
  OutputSandboxDestURI = {{"out", "kept", "file://{tmp_path}/store/sent"}};
]""",
    )
    said = user("submit", "--wait", "--json", "job.jdl")
    assert said.status == 0, said.out + said.err
    (job,) = said.json["jobs"]
    assert job["problems"] == []
    assert user("output", "--dir", str(tmp_path / "home"), job["id"]).status == 0
    fetched = {path.name: path.read_text() for path in (tmp_path / "home").iterdir()}
    assert fetched == {"out": "given\ndata\n", "kept": "kept\n"}
    assert (tmp_path / "store" / "sent").read_text() == "sent\n"


def test_a_hostile_archive_is_refused(user: User, tmp_path: Path) -> None:
    (tmp_path / "etc").symlink_to("/etc")
    (tmp_path / "run").write_text("x")
    import tarfile

    with tarfile.open(tmp_path / "bad.tar", "w") as archive:
        archive.add(tmp_path / "etc", "etc")
        archive.add(tmp_path / "run", "etc/run")
    user.write("job.jdl", 'Executable = "run"; InputSandbox = {"run"}; ZippedISB = {"bad.tar"};')
    said = user("submit", "--json", "job.jdl")
    (job,) = said.json["jobs"]
    assert job["error"]["code"] == "bad_archive"
    assert "leads out" in job["error"]["message"]
    assert said.status != 0
