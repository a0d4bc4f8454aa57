"""What is known of where the data of jobs lies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gridwms.catalogue.contract import File, Replica
from gridwms.match.data import Copy, Wanted


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """A data set, found. Compared by identity: as long as nothing changes it stays the same object.

    `files`: each once, in the order of the job; `unknown`: names that their catalogue does not know; `wanted`: the same
    for matching.
    """

    files: tuple[File, ...]
    unknown: tuple[str, ...]
    wanted: Wanted

    @classmethod
    def of(cls, found: Iterable[tuple[str, tuple[File, ...]]], protocols: tuple[str, ...]) -> Located:
        """From the files of each name."""
        files: dict[str, File] = {}
        unknown: list[str] = []
        for name, some in found:
            if not some:
                unknown.append(name)
            for file in some:
                files.setdefault(file.name, file)
        copies = [[_copy(replica) for replica in file.replicas] for file in files.values()]
        return cls(tuple(files.values()), tuple(unknown), Wanted.of(copies, protocols))


def _copy(replica: Replica) -> Copy:
    return Copy(frozenset(filter(None, (replica.host, replica.storage.lower()))), replica.scheme)
