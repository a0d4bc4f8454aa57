"""From the section of an information source in the configuration to the source."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from gridwms.daemon import source_sections
from gridwms.market.source import Source
from gridwms.market.sources.arc import ArcSource
from gridwms.market.sources.bdii import BdiiSource
from gridwms.market.sources.cric import CricSource
from gridwms.market.sources.file import FileSource
from gridwms.market.sources.htcondor import CondorSource
from gridwms.market.sources.push import PushSource, Terms
from gridwms.market.sources.web import Access
from gridwms.store import offers
from gridwms.store.database import Database


def build_source(name: str, section: source_sections.AnySource, database: Database) -> Source:
    """The source `name`."""
    match section:
        case source_sections.PushSource():

            def read() -> list[tuple[str, float]]:
                kept = database.read(lambda connection: offers.current(connection, name, time.time()))
                return [(one.ad, one.expires_at) for one in kept]

            return PushSource(name=name, read=read, seconds=section.seconds)
        case source_sections.BdiiSource():
            return BdiiSource(name, **section.model_dump(exclude={"kind"}))
        case source_sections.CricSource():
            access = _access(section)
            about_sites = replace(access, url=section.sites_url) if section.sites_url else None
            return CricSource(
                name,
                access,
                seconds=section.seconds,
                sites_access=about_sites,
                sites=section.sites,
                defaults=section.defaults,  # type: ignore[arg-type]
            )
        case source_sections.ArcSource():
            return ArcSource(name, _access(section), seconds=section.seconds, site=section.site)
        case source_sections.CondorSource():
            return CondorSource(name=name, **section.model_dump(exclude={"kind"}))
        case source_sections.FileSource():
            return FileSource(name, Path(section.path), section.seconds)


def terms_of(sections: Mapping[str, source_sections.AnySource]) -> dict[str, Terms]:
    """On which terms resources may be handed in, by source."""
    return {
        name: Terms(
            who=frozenset(section.who),
            sites=section.sites,
            default_seconds=section.default_seconds,
            max_seconds=section.max_seconds,
            max_resources=section.max_resources,
        )
        for name, section in sections.items()
        if isinstance(section, source_sections.PushSource)
    }


def _access(section: source_sections.WebSource) -> Access:
    return Access(**section.model_dump(include={"url", "timeout", "authority", "certificate", "key", "token_file"}))
