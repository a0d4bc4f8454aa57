from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gridwms.client import AsyncClient, answers
from gridwms.client.errors import LocalFile, NotThere, Refused, TimedOut
from tests.client.running import Running
from tests.client.test_synchronous import ECHO, SLEEP, script


def test_the_same_for_asyncio(service: Running, tmp_path: Path) -> None:
    async def whole() -> None:
        async with AsyncClient(address=service.address) as client:
            assert (await client.service()).url == client.url
            done = await client.submit([script(tmp_path / "w"), ECHO, "x = "])
            assert [bool(one.error) for one in done] == [False, False, True]
            ids = [one.id for one in done if one.id]
            jobs = await client.wait(ids, timeout=60)
            assert [job.went_well for job in jobs] == [True, True]
            [path] = await client.output(ids[0], tmp_path / "home")
            assert path.read_text() == "content of the file\n"
            assert (await client.history(ids[0]))[-1].type == "Cleared"
            assert (await client.why(ids[1])).state == "DONE"
            assert (await client.match(ECHO)).resources
            assert await client.check("x = ")
            newest = [job.id async for job in client.jobs(limit=2)]
            assert newest == ids[::-1]
            parts = [part async for part in client.peek(ids[1], "out")]
            assert b"".join(parts) == b"hello\n"
            [purged] = await client.purge([ids[1]])
            assert isinstance(purged, answers.Ended)
            assert purged.done
            with pytest.raises(NotThere):
                await client.job("0" * 22)
            with pytest.raises(Refused):
                await client.match("x = ")

    asyncio.run(whole())


def test_waiting_ends_with_the_time_given(service: Running, tmp_path: Path) -> None:
    async def whole() -> None:
        async with AsyncClient(address=service.address) as client:
            [one] = await client.submit([SLEEP])
            with pytest.raises(TimedOut):
                await client.wait([one.id], timeout=0.3)
            await client.cancel([one.id])
            states = [job.state async for job in client.watch([one.id])]
            assert states[-1] == "CANCELLED"
            (tmp_path / "x.jdl").write_text('Executable = "x.sh"; InputSandbox = {"x.sh"};')
            [missing] = await client.submit([tmp_path / "x.jdl"])
            assert isinstance(missing.error, LocalFile)

    asyncio.run(whole())


def test_hundred_waits_at_once(service: Running) -> None:
    async def whole() -> None:
        async with AsyncClient(address=service.address) as client:
            done = await client.submit([ECHO] * 40)
            jobs = await asyncio.gather(*(client.wait([one.id], timeout=100) for one in done))
            assert all(job.went_well for [job] in jobs)

    asyncio.run(whole())
