"""Catalogues that are down, hang, or answer nonsense: one sentence, in time, and nothing is fetched or expanded."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from gridwms.catalogue.contract import CatalogueError, Found, Replica, conditions_of
from gridwms.catalogue.file import FileCatalogue
from gridwms.catalogue.rucio import RucioCatalogue, RucioSettings
from gridwms.catalogue.soap import DliCatalogue
from tests.catalogue.grid import Rucio, envelope, fault, serving


def ask_dli(url: str, name: str, timeout: float = 5) -> Found:
    with closing(DliCatalogue("test", url, timeout)) as catalogue:
        return catalogue.find([name])


BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>'
DEEP = b"<a>" * 100_000


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, b"no xml", "no XML"),
        (200, b"<a/>", "no SOAP"),
        (200, BOMB, "document type"),
        (200, DEEP, "no XML"),
        (404, b"gone", "status 404: gone"),
        (200, b"", "no XML"),
    ],
)
def test_nonsense_from_a_soap_server(status: int, body: bytes, words: str) -> None:
    with serving(lambda *_: (status, {}, body)) as url, pytest.raises(CatalogueError, match=words):
        ask_dli(url, "lfn:a")


def test_a_fault_is_an_error_unless_it_says_that_the_name_is_not_known() -> None:
    with serving(lambda *_: fault("database is down")) as url:
        assert "database is down" in str(ask_dli(url, "lfn:a")["lfn:a"])
    with serving(lambda *_: fault("LFN: No such file or directory")) as url:
        assert ask_dli(url, "lfn:a") == {"lfn:a": ()}


def test_references_in_a_circle_end() -> None:
    answer = envelope('<r><l href="#a"/></r><m id="a"><i href="#a"/><i>srm://se/x</i></m>')
    with serving(lambda *_: (200, {}, answer)) as url:
        (file,) = ask_dli(url, "lfn:a")["lfn:a"]
    assert file.replicas == (Replica("srm://se/x"),)


def test_a_name_cannot_leave_its_element() -> None:
    seen: list[bytes] = []

    def answer(
        _method: str, _path: str, _headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        seen.append(body)
        return 200, {}, envelope("<r/>")

    with serving(answer) as url:
        assert ask_dli(url, "lfn:</inputData><x>\x00") == {"lfn:</inputData><x>\x00": ()}
    assert b"lfn:&lt;/inputData&gt;&lt;x&gt;</inputData>" in seen[0]


def test_one_that_hangs_and_one_that_is_not_there() -> None:
    free = threading.Event()

    def hang(*_: object) -> tuple[int, Mapping[str, str], bytes]:
        free.wait(10)
        return 200, {}, b""

    with serving(hang) as url:
        with pytest.raises(CatalogueError, match="does not answer in time"):
            ask_dli(url, "lfn:a", 0.2)
        free.set()
    with pytest.raises(CatalogueError, match="cannot be asked"):
        ask_dli(url, "lfn:a")


def rucio(url: str, folder: Path, password: str = "secret", **more: str) -> RucioCatalogue:
    (folder / "password").write_text(password)
    settings = RucioSettings(url=url, account="root", user="test", password_file=str(folder / "password"), **more)
    return RucioCatalogue("test", settings)


def ask_rucio(url: str, folder: Path, password: str = "secret", *, names: list[str], **more: str) -> Found:
    with closing(rucio(url, folder, password, **more)) as catalogue:
        return catalogue.find(names)


def test_rucio_refuses_the_password(tmp_path: Path) -> None:
    with serving(Rucio()) as url, pytest.raises(CatalogueError, match="gives the account 'root' no token: 401"):
        ask_rucio(url, tmp_path, "wrong", names=["lfn:atlas:raw1"])


def test_a_token_that_rucio_has_forgotten_is_renewed(tmp_path: Path) -> None:
    server = Rucio()
    with serving(server) as url, closing(rucio(url, tmp_path)) as catalogue:
        assert catalogue.find(["lfn:atlas:raw1"])["lfn:atlas:raw1"]
        server.token = "root-test-2"
        assert catalogue.find(["lfn:atlas:raw1"])["lfn:atlas:raw1"]


def test_a_thousand_names_are_one_question_to_rucio(tmp_path: Path) -> None:
    server = Rucio()
    with serving(server) as url:
        ask_rucio(url, tmp_path, names=[f"lfn:atlas:{number}" for number in range(1000)])
    assert server.asked == ["/replicas/list"]


def test_a_search_without_a_scope(tmp_path: Path) -> None:
    names = ["query:run=1", "lfn:atlas:raw1"]
    with serving(Rucio()) as url:
        found = ask_rucio(url, tmp_path, names=names)
    assert "names no scope" in str(found[names[0]])
    assert len(found[names[1]]) == 1


@pytest.mark.parametrize("body", [b"no json", b"[" * 100_000, b'{"exception_class": "X"}', b"1"])
def test_nonsense_from_rucio(tmp_path: Path, body: bytes) -> None:
    real = Rucio()

    def answer(method: str, path: str, headers: Mapping[str, str], data: bytes) -> tuple[int, Mapping[str, str], bytes]:
        return real(method, path, headers, data) if path.startswith("/auth") else (200, {}, body)

    with serving(answer) as url, pytest.raises(CatalogueError):
        ask_rucio(url, tmp_path, names=["lfn:atlas:raw1"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[file]]\nlfn = 'a'\nreplica = []", "'replica' is not known"),
        ("[[file]]\nreplicas = []", "neither an lfn nor a guid"),
        ("[[file]]\nlfn = 'a'\nreplicas = [1]", "no list of texts"),
        ("x = 1", "a list 'file'"),
        ("[[", "files.toml"),
    ],
)
def test_a_file_with_mistakes(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "files.toml").write_text(text)
    with pytest.raises(CatalogueError, match=words):
        FileCatalogue("test", tmp_path / "files.toml").find(["lfn:a"])


def test_a_file_is_read_anew_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "files.toml"
    catalogue = FileCatalogue("test", path)
    with pytest.raises(CatalogueError, match="cannot read"):
        catalogue.find(["lfn:a"])
    path.write_text("[[file]]\nlfn = 'a'\nreplicas = ['srm://se/a']\nmetadata = { run = 7, good = true }")
    assert len(catalogue.find(["lfn:a"])["lfn:a"]) == 1
    assert len(catalogue.find(["query:run=7&good=true"])["query:run=7&good=true"]) == 1
    assert catalogue.find(["query:run=7&good=false", "query:nonsense"]) == {
        "query:run=7&good=false": (),
        "query:nonsense": (),
    }
    path.write_text("[[file]]\nlfn = 'bb'\nreplicas = ['srm://se/a']")
    assert catalogue.find(["lfn:a"])["lfn:a"] == ()


@pytest.mark.parametrize(
    ("url", "host", "scheme"),
    [
        ("srm://SE.example.org:8443/srm/managerv2?SFN=/x", "se.example.org", "srm"),
        ("root://user@se.example.org//x", "se.example.org", "root"),
        ("sfn://se.example.org/x", "se.example.org", "sfn"),
        ("se.example.org", "se.example.org", ""),
        ("https://[2001:db8::1]:443/x", "[2001:db8::1]", "https"),
    ],
)
def test_the_storage_element_of_a_replica(url: str, host: str, scheme: str) -> None:
    assert (Replica(url).host, Replica(url).scheme) == (host, scheme)


def test_conditions_of_a_search() -> None:
    assert conditions_of("query:run=12&type = raw") == {"run": "12", "type": "raw"}
    with pytest.raises(ValueError, match="no condition"):
        conditions_of("query:run")
