"""Quotas: counted as files come and go, said before they are reached, refused with a sentence when they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gridwms.flow import quota
from gridwms.flow.cancel import cancel
from gridwms.flow.purge import purge
from gridwms.flow.quota import OverQuota, TooManyWaiting
from gridwms.flow.submit import put_input, register, start
from gridwms.flow.usage import Usage
from gridwms.flow.worker import put_output, put_peek, take_token
from gridwms.flow.world import Quota
from gridwms.sandbox.errors import CutShort, TooLarge
from gridwms.store import listing
from gridwms.store.usage import Used
from tests.flow.compounds import compound, hand_in
from tests.flow.conftest import Stage

WITH_FILES = b'[Executable = "a"; InputSandbox = {"a", "b"}; OutputSandbox = {"out"}; PerusalFileEnable = true;]'
TRUE = b'[Executable = "/bin/true";]'


def limit(stage: Stage, **most: int) -> None:
    stage.world.settings = replace(stage.world.settings, quota=Quota(**most))


def disk(stage: Stage) -> Used:
    """What really lies there."""
    files = [path for path in stage.world.sandbox.root.rglob("*") if path.is_file()]
    return Used(sum(path.stat().st_size for path in files), len(files))


def upload(stage: Stage, size: int = 100, owner: str = "ann") -> str:
    [answer] = register(stage.world, owner, "", [WITH_FILES])
    assert answer.key is not None, answer.problems
    put_input(stage.world, answer.key, 0, [b"x" * size], size)
    return answer.key


def test_what_is_counted_is_what_lies_there(stage: Stage) -> None:
    usage = stage.world.usage
    key = upload(stage)
    put_input(stage.world, key, 0, [b"y" * 30], None)
    put_input(stage.world, key, 1, [b"z" * 50], None)
    with pytest.raises(CutShort):
        put_input(stage.world, key, 1, [b"z"], 70)
    with pytest.raises(TooLarge):
        put_input(stage.world, key, 1, [b""], 1 << 40)
    assert usage.of("ann") == disk(stage) == Used(80, 2)
    start(stage.world, [key])
    stage.schedule()
    stage.errands()
    assert take_token(stage.world, key, 1, "i", []) is None
    stage.world.watches.add(key, "out", 2000.0)
    put_peek(stage.world, key, 1, "out", 0, [b"12345"])
    put_peek(stage.world, key, 1, "out", 5, [b"678"])
    put_output(stage.world, key, 1, "out", [b"result"])
    put_output(stage.world, key, 1, "out", [b"better result"])
    usage.write_down()
    assert usage.of("ann") == disk(stage)
    assert disk(stage).files == 4
    other = upload(stage, owner="bob")
    cancel(stage.world, "bob", [other])
    purge(stage.world, "bob", [other])
    assert usage.of("bob") == Used(0, 0)
    assert usage.of("ann") == disk(stage)


def test_what_was_written_down_outlives_the_service(stage: Stage) -> None:
    upload(stage)
    stage.world.usage.write_down()
    upload(stage, 11, "bob")
    again = Usage(stage.world.database)
    again.write_down()
    assert (again.of("ann"), again.of("bob")) == (Used(100, 1), Used())
    measured = {key: Used(*found) for key, found in stage.world.sandbox.measure().items()}
    again.begin(measured | {"0" * 22: Used(5, 5)})
    if not stage.world.database.shared:  # beside other instances what was counted stays
        assert (again.of("ann"), again.of("bob")) == (Used(100, 1), Used(11, 1))


def test_instances_see_what_others_keep(stage: Stage) -> None:
    other = Usage(stage.world.database)
    upload(stage)
    stage.world.usage.write_down()
    other.write_down()
    assert other.of("ann") == Used(100, 1)


def test_a_warning_comes_before_the_refusal(stage: Stage) -> None:
    limit(stage, bytes=1000, files=100)
    upload(stage, 700)
    [quiet] = register(stage.world, "ann", "", [TRUE])
    assert quiet.problems == ()
    upload(stage, 150)
    [warned, second] = register(stage.world, "ann", "", [TRUE, TRUE])
    [warning] = warned.problems
    assert (warning.severity, second.problems) == ("warning", ())
    assert "You have 850 bytes in your sandboxes of the 1000 bytes that you may have" in warning.message
    assert "gridwms purge" in warning.message
    with pytest.raises(OverQuota, match="have 850 bytes of 1000 bytes") as refused:
        upload(stage, 151)
    assert "gridwms quota" in refused.value.advice
    assert disk(stage).bytes == 850
    upload(stage, 150)
    with pytest.raises(OverQuota, match="1000 bytes are allowed: nothing more is taken"):
        register(stage.world, "ann", "", [TRUE])
    assert register(stage.world, "bob", "", [TRUE])[0].problems == ()


def test_files_are_counted_too_and_users_may_have_their_own(stage: Stage) -> None:
    stage.world.settings = replace(
        stage.world.settings, quota=Quota(files=1), quotas={"bob": Quota(files=5), "eve": Quota()}
    )
    key = upload(stage)
    with pytest.raises(OverQuota, match="1 files, and 1 are allowed"):
        put_input(stage.world, key, 1, [b"x"], 1)
    for _ in range(2):
        upload(stage, owner="bob")
    assert quota.view(stage.world, "bob").max_files == 5
    assert quota.view(stage.world, "eve").max_files is None


def test_jobs_that_wait_are_limited_whatever_they_are(stage: Stage) -> None:
    limit(stage, waiting=10)
    assert register(stage.world, "ann", "", [TRUE] * 7)[0].problems == ()
    [warned] = register(stage.world, "ann", "", [TRUE])
    assert "You have 8 jobs waiting of the 10" in warned.problems[0].message
    with pytest.raises(
        TooManyWaiting, match="You have 8 jobs waiting, and 10 are allowed at once: 3 jobs more"
    ) as many:
        register(stage.world, "ann", "", [TRUE] * 3)
    assert "Submit again when some of them run" in many.value.advice
    assert quota.view(stage.world, "ann").waiting == 8
    assert sum(stage.world.database.read(listing.counts).values()) == 8
    register(stage.world, "bob", "", [TRUE] * 10)
    stage.schedule()
    register(stage.world, "ann", "", [TRUE] * 3)


def test_nodes_of_compounds_count(stage: Stage) -> None:
    hand_in(stage.world, compound(stage.world, 5))
    assert quota.view(stage.world, "ann").waiting == 5


def test_measuring_follows_no_link(stage: Stage, tmp_path: Path) -> None:
    key = upload(stage)
    (tmp_path / "large").write_bytes(b"x" * 5000)
    (stage.world.sandbox.root / key[:2] / key / "input" / "7").symlink_to(tmp_path / "large")
    (stage.world.sandbox.root / key[:2] / key / "elsewhere").symlink_to(tmp_path)
    assert stage.world.sandbox.measure() == {key: (100, 1)}
