"""What matching needs to know of a resource and of a snapshot of them. The market's own types fit these shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gridwms.classad import ClassAd
from gridwms.classad.columns import ColumnStore


class Resource(Protocol):
    """A place to run. `id` is unique in its snapshot; a computing element, `ce_id`, may be several places (views).
    `site` is the configured site that leads there, if any."""

    @property
    def id(self) -> str: ...
    @property
    def ce_id(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def site(self) -> str | None: ...
    @property
    def ad(self) -> ClassAd: ...


class StorageElement(Protocol):
    """A place of files; its ad has GLUE names."""

    @property
    def ad(self) -> ClassAd: ...


class Snapshot(Protocol):
    """Resources at one moment; never changes. Hashed by identity, so that what was computed of it can be kept."""

    @property
    def version(self) -> int: ...
    @property
    def resources(self) -> Sequence[Resource]: ...
    @property
    def columns(self) -> ColumnStore: ...
    @property
    def storage(self) -> Mapping[str, StorageElement]: ...
    def at(self, row: int) -> Resource:
        """The resource of a row of the columns."""

    def find(self, ce_id: str) -> Resource | None:
        """The computing element with this id, or its first view."""

    def views(self, ce_id: str) -> Sequence[Resource]:
        """Everything that is this computing element."""
