"""Where the archive of the service is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from gridwms.archive import files
from gridwms.flow.errors import FlowError, NotFound
from gridwms.flow.world import World

T = TypeVar("T")


class NoArchive(FlowError):
    """The service has no archive, or it cannot be used."""

    code = "no_archive"


def directory_of(world: World) -> Path:
    """The directory. Raises NoArchive."""
    if world.archive is None:
        raise NoArchive("This service has no archive.", "Its operator sets 'directory' in [archive].")
    return world.archive


def guarded(work: Callable[[], T]) -> T:
    """Do something with the files. Raises NoArchive, NotFound."""
    try:
        return work()
    except files.NoSuchFile as error:
        raise NotFound(str(error), "'gridwms archive list' shows them.") from error
    except files.ArchiveError as error:
        raise NoArchive(str(error), "'gridwms archive check' looks at all of it.") from error
