"""The files of an input sandbox that a client has to send."""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.describe.description import Description
from gridwms.jobs.parent import Parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that the client has to send: its number, its name on the worker node, its path at the client.

    `key`: the job whose input sandbox it belongs to; "" for the job that was registered.
    """

    index: int
    name: str
    local: str
    key: str = ""


def uploads_of(description: Description, key: str = "") -> tuple[Upload, ...]:
    """The files that the client has to send for this description."""
    return tuple(
        Upload(index=index, name=file.name, local=file.local, key=key)
        for index, file in enumerate(description.inputs)
        if file.local
    )


def shared_uploads(parent: Parent) -> tuple[Upload, ...]:
    """The files that the client has to send for all nodes of a compound together."""
    return tuple(
        Upload(index=index, name=name, local=local) for index, (name, local, _url) in enumerate(parent.shared) if local
    )
