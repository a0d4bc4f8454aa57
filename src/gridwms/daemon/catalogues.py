"""Replica catalogues: their part of the configuration, and what is built of it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from gridwms.catalogue.contract import Catalogue
from gridwms.catalogue.file import FileCatalogue
from gridwms.catalogue.rucio import RucioCatalogue, RucioSettings
from gridwms.catalogue.soap import DliCatalogue, StorageIndexCatalogue
from gridwms.catalogue.web import Credentials
from gridwms.daemon.section import Section
from gridwms.describe.data import SENT_BY, KnownCatalogue, KnownStorage
from gridwms.flow.data.locator import Asked


class _Catalogue(Section):
    """What every kind has. `vos`: whose files it knows, empty: those of all. An answer is asked again after
    `refresh_seconds` (a name that it did not know after `unknown_seconds`), and holds for `keep_seconds` when the
    catalogue is down."""

    vos: tuple[str, ...] = ()
    refresh_seconds: float = Field(default=600.0, gt=0)
    unknown_seconds: float = Field(default=60.0, gt=0)
    keep_seconds: float = Field(default=86400.0, gt=0)


class FileCatalogueSection(_Catalogue):
    """A catalogue in a file, `.toml` or `.json`; relative paths count from the configuration file."""

    kind: Literal["file"] = "file"
    path: str


class _Remote(_Catalogue):
    """A catalogue service. `certificate`, `key`, `authority`: paths of PEM files."""

    url: str = Field(pattern=r"^https?://[^\s/]+\S*$")
    timeout: float = Field(default=60.0, gt=0)
    certificate: str = ""
    key: str = ""
    authority: str = ""

    @property
    def credentials(self) -> Credentials:
        return Credentials(certificate=self.certificate, key=self.key, authority=self.authority)


class DliSection(_Remote):
    """A Data Location Interface (the LFC has one)."""

    kind: Literal["dli"]


class StorageIndexSection(_Remote):
    """A StorageIndex."""

    kind: Literal["storageindex"]


class RucioSection(_Remote):
    """A Rucio server; see `gridwms.catalogue.rucio.RucioSettings`."""

    kind: Literal["rucio"]
    account: str = ""
    user: str = ""
    password_file: str = ""
    token_file: str = ""
    scope: str = ""
    storage: dict[str, str] = Field(default_factory=dict)


AnyCatalogue = Annotated[
    FileCatalogueSection | DliSection | StorageIndexSection | RucioSection, Field(discriminator="kind")
]

_TYPES = {"file": "FILE", "dli": "DLI", "storageindex": "SI", "rucio": "RUCIO"}
_BATCHES = {"dli": 100, "storageindex": 100}
"""Names in one round of questions, where each is a call of its own."""


class StorageSection(Section):
    """A storage element that jobs may write OutputData to; its name is its GlueSEUniqueID. `url`: the place, `{vo}`
    stands for the VO; `vos`: who may, empty: all."""

    url: str = Field(pattern=r"^[a-z]+:/\S+$")
    vos: tuple[str, ...] = ()


def build_storage(sections: Mapping[str, StorageSection]) -> tuple[KnownStorage, ...]:
    """The storage elements in the order of the configuration. Raises BadCatalogue."""
    found = tuple(KnownStorage(name=name, url=one.url, vos=one.vos) for name, one in sections.items())
    for one in found:
        if one.scheme not in SENT_BY:
            accepted = ", ".join(SENT_BY)
            raise BadCatalogue(f"[storage.{one.name}]: wrappers cannot write to {one.url}; accepted: {accepted}.")
    return found


class BadCatalogue(Exception):
    """The section cannot be used; the text is a sentence."""


def build_catalogues(sections: Mapping[str, AnyCatalogue]) -> list[Asked]:
    """The catalogues in the order of the configuration. Raises BadCatalogue."""
    found = []
    for name, section in sections.items():
        try:
            catalogue = _build(name, section)
        except (OSError, ssl.SSLError) as trouble:
            raise BadCatalogue(f"[catalogues.{name}]: its certificates cannot be read: {trouble}.") from trouble
        known = KnownCatalogue(
            name=name,
            type=_TYPES[section.kind],
            url="" if isinstance(section, FileCatalogueSection) else section.url,
            vos=section.vos,
            kinds=catalogue.kinds,
            registers=catalogue.registers,
        )
        found.append(
            Asked(
                catalogue=catalogue,
                known=known,
                refresh=section.refresh_seconds,
                unknown=section.unknown_seconds,
                keep=section.keep_seconds,
                batch=_BATCHES.get(section.kind, 1000),
            )
        )
    return found


def _build(name: str, section: AnyCatalogue) -> Catalogue:
    if isinstance(section, FileCatalogueSection):
        return FileCatalogue(name, Path(section.path))
    if isinstance(section, DliSection):
        return DliCatalogue(name, section.url, section.timeout, section.credentials)
    if isinstance(section, StorageIndexSection):
        return StorageIndexCatalogue(name, section.url, section.timeout, section.credentials)
    settings = RucioSettings(
        url=section.url,
        account=section.account,
        user=section.user,
        password_file=section.password_file,
        token_file=section.token_file,
        scope=section.scope,
        timeout=section.timeout,
        credentials=section.credentials,
        storage=section.storage,
    )
    return RucioCatalogue(name, settings)
