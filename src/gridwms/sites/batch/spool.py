"""What is sent to the directory at a site, and the names by which it is found there again."""

from __future__ import annotations

import io
import os
import re
import secrets
import tarfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from gridwms.sites.batch.dialect import CROWD, BatchSettings, Dialect, Need
from gridwms.sites.contract import Credentials, Handover, Receipt
from gridwms.wrapper.render import SHARED, leftover

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PLACE = re.compile(r"(?P<task>[^@\s]+)@(?P<batch>[a-z2-7]{10})\.(?P<index>\d{1,7})")
TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an attempt is: its batch, its index there, and what the batch system calls it."""

    batch: str
    index: int
    task: str

    @property
    def key(self) -> tuple[str, int]:
        """The batch, and the index in it."""
        return self.batch, self.index

    @property
    def receipt_id(self) -> str:
        return f"{self.task}@{self.batch}.{self.index}"


def place_of(receipt: Receipt) -> Place | None:
    """The place that a receipt tells of; None for one that is not of this kind."""
    found = _PLACE.fullmatch(receipt.id)
    return None if found is None else Place(found["batch"], int(found["index"]), found["task"])


def receipt_of(tag: str, batch: str, index: int, batch_id: str) -> Receipt:
    """The receipt of an attempt whose batch has the id `batch_id`."""
    return Receipt(tag=tag, id=Place(batch, index, batch_id.replace("%", str(index))).receipt_id)


@dataclass(frozen=True, slots=True)
class Batch:
    """Attempts that are handed over by one call of the batch system, by index."""

    name: str
    need: Need
    handovers: Mapping[int, Handover]

    def receipts(self, batch_id: str) -> list[Receipt]:
        """The receipts, once the batch system has given it an id."""
        return [receipt_of(one.tag, self.name, index, batch_id) for index, one in self.handovers.items()]


def batch_name() -> str:
    """Ten letters: with our mark in front still short enough for the job names of every batch system (15)."""
    return "".join(secrets.choice(_LETTERS) for _ in range(10))


def pack(batches: Sequence[Batch], dialect: Dialect, settings: BatchSettings) -> bytes:
    """The batches as a tar: each a directory with its list of tags, its task and its wrappers, for the owner alone."""
    packed = io.BytesIO()
    stored: dict[str, str] = {}
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for batch in batches:
            _add_folders(tar, batch.name)
            tags = "".join(f"{index} {one.tag}\n" for index, one in batch.handovers.items())
            _add(tar, f"{batch.name}/tags", tags)
            _add(tar, f"{batch.name}/task", _task(batch, dialect, settings))
            heads, body = share([one.wrapper for one in batch.handovers.values()])
            if len(heads) > 1:  # empty, too: HTCondor is to find what it is told to bring
                _add(tar, f"{batch.name}/body", body)
            for index, head in zip(batch.handovers, heads, strict=True):
                _add(tar, f"{batch.name}/w{index}", head)
                if not settings.network:
                    _add_inputs(tar, f"{batch.name}/t{index}.in", batch.handovers[index], stored)
                    _add_credentials(tar, f"{batch.name}/t{index}", batch.handovers[index].credentials)
                if not settings.scratch:
                    _add_folders(tar, f"{batch.name}/d{index}", f"{batch.name}/d{index}/work")
    return packed.getvalue()


def pack_credentials(places: Sequence[Place], credentials: Credentials) -> bytes:
    """Renewed credentials of attempts that are at the site, as a tar."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name in dict.fromkeys(place.batch for place in places):
            _add_folders(tar, name)
        for place in places:
            _add_credentials(tar, f"{place.batch}/t{place.index}", credentials)
    return packed.getvalue()


def share(wrappers: Sequence[str]) -> tuple[list[str], str]:
    """What each has of its own, and what most have in common, which those then read; "" when no two share anything.

    Jobs of several descriptions may go together: those that are not of the most frequent one stay whole.
    """
    parts = [wrapper.partition(SHARED) for wrapper in wrappers]
    [(shared, count)] = Counter(body for _own, _mark, body in parts).most_common(1)
    if count == 1 or not shared:
        return list(wrappers), ""
    return [
        f'{own}\n. "${{0%/*}}/body"\n' if body == shared else f"{own}{mark}{body}" for own, mark, body in parts
    ], shared


def _add_folders(tar: tarfile.TarFile, *names: str) -> None:
    for name in names:
        folder = tarfile.TarInfo(name)
        folder.type, folder.mode = tarfile.DIRTYPE, 0o700
        tar.addfile(folder)


def _add(tar: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode("utf-8", "surrogateescape")
    info = tarfile.TarInfo(name)
    info.mode, info.size = 0o600, len(content)
    tar.addfile(info, io.BytesIO(content))


def _add_inputs(tar: tarfile.TarFile, folder: str, handover: Handover, stored: dict[str, str]) -> None:
    """The input files; what several attempts have is in the tar once. `stored`: where each path is in it."""
    _add_folders(tar, folder)
    for name, path in handover.inputs or ():
        info = tarfile.TarInfo(f"{folder}/{name}")
        info.mode = 0o700
        if path in stored:
            info.type, info.linkname = tarfile.LNKTYPE, stored[path]
            tar.addfile(info)
            continue
        stored[path] = info.name
        with Path(path).open("rb") as file:
            info.size = os.fstat(file.fileno()).st_size
            tar.addfile(info, file)


def _add_credentials(tar: tarfile.TarFile, stem: str, credentials: Credentials | None) -> None:
    if credentials is None:
        return
    if credentials.proxy:
        _add(tar, f"{stem}.proxy", credentials.proxy.decode())
    if credentials.token:
        _add(tar, f"{stem}.token", credentials.token)
    _add(tar, f"{stem}.credentials", credentials.lines)


def _task(batch: Batch, dialect: Dialect, settings: BatchSettings) -> str:
    count = len(batch.handovers)
    comment = f"gridwms {batch.handovers[dialect.first].tag}" + (f" and {count - 1} more" if count > 1 else "")
    leave = "GRIDWMS_LEAVE_EVENTS=1\nexport GRIDWMS_LEAVE_EVENTS\n" if count >= CROWD else ""
    alone = "" if settings.network else "gw_alone=1\n"
    pause = f"gw_pause={min(15, max(1, int(settings.unseen_seconds / 4)))}\n"
    return (
        dialect.head(batch.name, batch.need, count, comment, settings)
        + leave
        + alone
        + pause
        + leftover()
        + script("task")
    )


@cache
def script(name: str) -> str:
    """One of our own scripts, as it is sent."""
    return resources.files("gridwms.sites.batch").joinpath(f"scripts/{name}.sh").read_text("utf-8")
