"""Every example in the documentation is what it says: configurations are read, descriptions are accepted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gridwms.catalogue.file import FileCatalogue
from gridwms.daemon.config import read_config
from gridwms.describe.jdl.defaults import JdlDefaults
from gridwms.describe.jdl.read import read_jdl
from gridwms.market.sources.file import read_toml
from gridwms.rights.file import read_policy_file
from gridwms.rights.names import Right

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(language: str) -> list[object]:
    found: list[object] = []
    for page in PAGES:
        for match in re.finditer(rf"^```{language}\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE):
            line = page.read_text()[: match.start()].count("\n") + 1
            found.append(pytest.param(match[1], id=f"{page.relative_to(ROOT)}:{line}"))
    return found


@pytest.mark.parametrize("text", blocks("toml"))
def test_toml(text: str, tmp_path: Path) -> None:
    if "[[resource]]" in text:
        assert read_toml(text, "example")
        return
    if "[[rule]]" in text:
        assert read_policy_file(text).rules
        return
    if "[[file]]" in text:
        path = tmp_path / "files.toml"
        path.write_text(text)
        assert FileCatalogue("example", path).find(["lfn:x"]) == {"lfn:x": ()}
        return
    path = tmp_path / "gridwms.toml"
    path.write_text(text)
    read_config(path)


@pytest.mark.parametrize("text", blocks("jdl"))
def test_jdl(text: str) -> None:
    assert read_jdl(text, JdlDefaults(), now=0.0).problems == ()


def test_every_right_is_documented() -> None:
    told = (ROOT / "docs/operator/policy.md").read_text()
    assert [right for right in Right if f"`{right.value}`" not in told] == []


def test_every_variable_of_the_commands_is_documented() -> None:
    told = (ROOT / "docs/user/environment.md").read_text()
    sources = [path for part in ("client", "cli") for path in (ROOT / "src/gridwms" / part).rglob("*.py")]
    read = {
        name
        for path in sources
        for name in re.findall(r"(?:environ(?:ment)?(?:\.get\(|\[)|envvar=)\"([A-Z0-9_]+)\"", path.read_text())
    }
    assert len(read) > 8
    assert [name for name in sorted(read) if f"`{name}`" not in told] == []


def test_links_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_key_of_the_configuration_is_documented() -> None:
    from gridwms.daemon import catalogues, config, site_sections, source_sections

    page = "".join(
        (ROOT / f"docs/operator/{name}.md").read_text()
        for name in ("configuration", "sites", "catalogues", "information-systems")
    )
    sections = (
        config.Service,
        config.Jobs,
        config.Access,
        config.Archive,
        config.Share,
        config.PartyShare,
        config.Load,
        config.Quarantine,
        config.Certificates,
        config.RetryRule,
        config.TokenIssuer,
        site_sections.LocalSite,
        source_sections.FileSource,
        source_sections.BdiiSource,
        source_sections.CricSource,
        source_sections.ArcSource,
        source_sections.CondorSource,
        source_sections.PushSource,
        site_sections.SlurmSite,
        site_sections.PbsSite,
        site_sections.GramSite,
        site_sections.HTCondorSite,
        site_sections.GridEngineSite,
        site_sections.ArcSite,
        site_sections.SshSection,
        site_sections.SimulatedSite,
        site_sections.SimulatedQueue,
        site_sections.SimulatedFaults,
        catalogues.FileCatalogueSection,
        catalogues.RucioSection,
    )
    names = {name for section in sections for name in section.model_fields}
    assert {name for name in names if not re.search(rf"\b{name}\b", page)} == set()
