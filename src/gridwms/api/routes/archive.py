"""The archive of a service, for its operators."""

from __future__ import annotations

from fastapi import APIRouter

from gridwms.api.desk import AtDesk
from gridwms.api.models.archive import (
    ArchiveCheckOut,
    ArchivedOut,
    ArchiveFileOut,
    ArchiveIn,
    ArchiveOut,
    LoadedOut,
    LoadIn,
)
from gridwms.api.models.problem import ERRORS
from gridwms.flow.archive import keep as archive
from gridwms.security.policy import Action

router = APIRouter(prefix="/api/v1/archive", tags=["archive"], responses=ERRORS)


@router.get("")
def list_archive(at: AtDesk) -> ArchiveOut:
    """The files of the archive."""
    at.may(Action.ARCHIVE)
    return ArchiveOut(files=[ArchiveFileOut.model_validate(one) for one in archive.listed(at.world)])


@router.post("")
def archive_jobs(at: AtDesk, wanted: ArchiveIn) -> ArchivedOut:
    """Move jobs that ended long ago from the database to the archive."""
    at.may(Action.ARCHIVE)
    return ArchivedOut.model_validate(archive.archive_old(at.world, wanted.days * 86400.0, wanted.most))


@router.post("/check")
def check_archive(at: AtDesk) -> ArchiveCheckOut:
    """Read the whole archive and compare it with its indexes."""
    at.may(Action.ARCHIVE)
    return ArchiveCheckOut(wrong=archive.check(at.world))


@router.post("/load")
def load_archive(at: AtDesk, wanted: LoadIn) -> LoadedOut:
    """Put the jobs of a file back into the database; the file stays."""
    at.may(Action.ARCHIVE)
    return LoadedOut(jobs=archive.load(at.world, wanted.file))
