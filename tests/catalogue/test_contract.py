"""What holds for every catalogue, on each kind: in files, small servers with the answers of real ones, a real Rucio."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gridwms.catalogue.contract import Catalogue, CatalogueError, File, Written
from gridwms.catalogue.file import FileCatalogue
from gridwms.catalogue.rucio import RucioCatalogue, RucioSettings
from gridwms.catalogue.soap import DliCatalogue, StorageIndexCatalogue
from tests.catalogue import grid
from tests.catalogue.grid import COPIES, GUID, RSES
from tests.services import rucio

KINDS = ("toml", "json", "dli", "storage index", "rucio", pytest.param("real rucio", marks=pytest.mark.long))


@pytest.fixture(scope="session")
def rucio_server() -> Iterator[str]:
    if rucio.missing():
        pytest.skip(rucio.missing())
    with rucio.running() as url:
        keeper = rucio.Keeper(url)
        keeper.post("/scopes/root/atlas")
        for host, rse in RSES.items():
            keeper.element(rse, host)
        for rse, names in (("SE1", ("raw1", "raw2")), ("SE2", ("raw2",))):
            files = [{"scope": "atlas", "name": name, "bytes": 10, "adler32": "0a1b2c3d"} for name in names]
            files[0] |= {"meta": {"guid": GUID}} if names[0] == "raw1" else {}
            keeper.post("/replicas", {"rse": rse, "files": files})
        keeper.post("/dids/atlas/run1", {"type": "DATASET"})
        keeper.post("/dids/atlas/run1/dids", {"dids": [{"scope": "atlas", "name": name} for name in COPIES]})
        yield url


def tables() -> list[dict[str, object]]:
    return [
        {"lfn": name, "replicas": list(urls), "sets": ["run1"], **({"guid": GUID} if name == "raw1" else {})}
        for name, urls in COPIES.items()
    ]


@pytest.fixture(params=KINDS)
def catalogue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Catalogue]:
    kind = request.param
    if kind == "json":
        (tmp_path / "files.json").write_text(json.dumps({"file": tables()}))
        yield FileCatalogue("test", tmp_path / "files.json")
    elif kind == "toml":
        lines = (
            f"{key} = {json.dumps(value)}" for table in tables() for key, value in (("[[file]]", None), *table.items())
        )
        text = "\n".join(line.removesuffix(" = null") for line in lines)
        (tmp_path / "files.toml").write_text(text)
        yield FileCatalogue("test", tmp_path / "files.toml")
    elif kind == "dli":
        with grid.serving(grid.dli) as url, closing(DliCatalogue("test", url, timeout=10)) as dli:
            yield dli
    elif kind == "storage index":
        with grid.serving(grid.storage_index) as url, closing(StorageIndexCatalogue("test", url, 10)) as index:
            yield index
    elif kind == "rucio":
        with grid.serving(grid.Rucio()) as url, closing(rucio_at(url, tmp_path)) as fake:
            yield fake
    else:
        with closing(rucio_at(request.getfixturevalue("rucio_server"), tmp_path)) as real:
            yield real


def rucio_at(url: str, folder: Path) -> RucioCatalogue:
    (folder / "password").write_text("secret\n")
    password = str(folder / "password")
    settings = RucioSettings(url=url, account="root", user="test", password_file=password, scope="atlas")
    return RucioCatalogue("test", settings)


def hosts(files: tuple[File, ...] | CatalogueError) -> set[str]:
    assert not isinstance(files, CatalogueError)
    return {replica.host for file in files for replica in file.replicas}


def test_many_names_in_one_question(catalogue: Catalogue) -> None:
    found = catalogue.find(["lfn:raw1", "lfn:raw2", "lfn:none"])
    assert list(found) == ["lfn:raw1", "lfn:raw2", "lfn:none"]
    assert hosts(found["lfn:raw1"]) == {"se1.example.org"}
    assert hosts(found["lfn:raw2"]) == set(RSES)
    assert found["lfn:none"] == ()


def test_a_file_by_its_id(catalogue: Catalogue) -> None:
    found = catalogue.find([f"guid:{GUID}", "guid:0"])
    assert hosts(found[f"guid:{GUID}"]) == {"se1.example.org"}
    assert found["guid:0"] == ()


def test_data_sets_and_searches(catalogue: Catalogue) -> None:
    if "lds" not in catalogue.kinds:
        pytest.skip("it knows no data sets")
    found = catalogue.find(["lds:run1", "lds:none", "query:name=raw*", "query:name=x"])
    for name in ("lds:run1", "query:name=raw*"):
        assert hosts(found[name]) == set(RSES)
        assert len({replica.url for file in found[name] for replica in file.replicas}) == 3
    assert found["lds:none"] == found["query:name=x"] == ()


def test_what_was_written_is_found(catalogue: Catalogue) -> None:
    if not catalogue.registers:
        pytest.skip("nothing can be registered in it")
    url = "davs://se1.example.org:443/dav/atlas/new1"
    new = Written(name="lfn:atlas:new1", url=url, storage="SE1", size=10, checksum="adler32:0a1b2c3d")
    for _ in range(2):
        assert dict(catalogue.register([new])) == {}
    (file,) = catalogue.find([new.name])[new.name]
    assert [replica.url for replica in file.replicas] == [url]
    assert list(catalogue.register([Written(name="guid:1", url=url, storage="SE1")])) == ["guid:1"]
