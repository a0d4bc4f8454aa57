"""From the section of an information source in the configuration to the source."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gridwms.daemon import config
from gridwms.market.source import Source
from gridwms.market.sources.arc import ArcSource
from gridwms.market.sources.bdii import BdiiSource
from gridwms.market.sources.cric import CricSource
from gridwms.market.sources.file import FileSource
from gridwms.market.sources.htcondor import CondorSource
from gridwms.market.sources.web import Access


def build_source(name: str, section: config.AnySource) -> Source:
    """The source `name`."""
    match section:
        case config.BdiiSource():
            return BdiiSource(name, **section.model_dump(exclude={"kind"}))
        case config.CricSource():
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
        case config.ArcSource():
            return ArcSource(name, _access(section), seconds=section.seconds, site=section.site)
        case config.CondorSource():
            return CondorSource(name=name, **section.model_dump(exclude={"kind"}))
        case config.FileSource():
            return FileSource(name, Path(section.path), section.seconds)


def _access(section: config.WebSource) -> Access:
    return Access(**section.model_dump(include={"url", "timeout", "authority", "certificate", "key", "token_file"}))
