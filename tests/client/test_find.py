from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gridwms.client.errors import ClientError, LocalFile, NotIdentified, ServiceUnreachable, WrongService
from gridwms.client.find import base_of, find, key_at

KEY = "0123456789ABCDEFGHIJKL"
LOCAL = "http://127.0.0.1:8480"


def data(place: Path, url: str = LOCAL, token: str = "gridwms-secret") -> dict[str, str]:
    place.mkdir(exist_ok=True)
    (place / "service.json").write_text(json.dumps({"url": url}))
    (place / "token").write_text(token + "\n")
    return {"GRIDWMS_DATA": str(place)}


def test_the_service_of_the_data_directory(tmp_path: Path) -> None:
    address = find(environment=data(tmp_path))
    assert (address.url, address.token) == (LOCAL, "gridwms-secret")
    assert "secret" not in repr(address)


def test_named_services_need_their_own_token(tmp_path: Path) -> None:
    environment = data(tmp_path)
    assert find(f"{LOCAL}/", environment).url == LOCAL
    for named in ("http://127.0.0.1:9999", "https://elsewhere.example:8480"):
        with pytest.raises(WrongService, match="belongs to the service"):
            find(named, environment)
        with pytest.raises(WrongService):
            find(environment=environment | {"GRIDWMS_SERVICE": named})
    (tmp_path / "other").write_text("other-token")
    address = find("https://elsewhere.example:8480", environment | {"GRIDWMS_TOKEN_FILE": str(tmp_path / "other")})
    assert (address.url, address.token) == ("https://elsewhere.example:8480", "other-token")


def test_a_token_is_never_sent_in_the_clear(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("x")
    environment = {"GRIDWMS_TOKEN_FILE": str(tmp_path / "token")}
    for url in ("http://wms.example.org:8480", "http://192.0.2.1", "http://localhost.example.org"):
        with pytest.raises(WrongService, match="https"):
            find(url, environment)
    assert find("http://localhost:8480", environment).url == "http://localhost:8480"
    assert find("http://[::1]:8480", environment).url == "http://[::1]:8480"


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    environment = {"GRIDWMS_DATA": str(tmp_path)}
    with pytest.raises(ServiceUnreachable, match="gridwms serve"):
        find(environment=environment)
    with pytest.raises(NotIdentified, match="no token"):
        find(LOCAL, environment)
    (tmp_path / "service.json").write_text("{")
    with pytest.raises(LocalFile):
        find(environment=environment)
    for text in ("", "two words", "x\x1b"):
        with pytest.raises(ClientError):
            find(environment=data(tmp_path, token=text))


def test_an_id_says_which_job_and_never_where_to_send_the_token() -> None:
    assert key_at(KEY, LOCAL) == KEY
    assert key_at(f"{LOCAL}/jobs/{KEY}", LOCAL) == KEY
    assert key_at(f"{LOCAL}/jobs/{KEY}/", LOCAL) == KEY
    for other in ("http://127.0.0.1:8481", "https://127.0.0.1:8480", "http://evil.example:8480"):
        with pytest.raises(WrongService, match="another service"):
            key_at(f"{other}/jobs/{KEY}", LOCAL)
    assert key_at(f"https://127.0.0.1:9000/{KEY}", LOCAL) == KEY
    with pytest.raises(WrongService, match="another service"):
        key_at(f"https://evil.example:9000/{KEY}", LOCAL)
    for nonsense in ("", "x", f"{KEY}x", "http://127.0.0.1:8480/jobs/"):
        with pytest.raises(WrongService, match="not a job id"):
            key_at(nonsense, LOCAL)


@pytest.mark.parametrize("url", ["", "ftp://x", "http://", "http://x:port", "file:///etc/passwd", "http://[::1"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(WrongService, match="not the address"):
        base_of(url)


def test_user_and_path_are_no_part_of_an_address() -> None:
    assert base_of("https://user:pass@wms.example:1/x?y#z") == "https://wms.example:1"
    assert base_of("WMS.example:1") == "http://wms.example:1"


FAR = "https://wms.example.org:8480"


def test_bearer_tokens_are_found_where_people_have_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"bt_u{os.geteuid()}"
    (tmp_path / "file").write_text(" in.a.file\n")
    (tmp_path / name).write_text("left.by.tools\n")
    (tmp_path / name).chmod(0o600)
    nowhere = {"GRIDWMS_DATA": str(tmp_path / "none"), "X509_USER_PROXY": ""}
    runtime = nowhere | {"XDG_RUNTIME_DIR": str(tmp_path)}
    file = runtime | {"BEARER_TOKEN_FILE": str(tmp_path / "file")}
    proxy = tmp_path / "proxy"
    proxy.write_text("")
    proxy.chmod(0o600)
    for environment, token in (
        (runtime, "left.by.tools"),
        (file, "in.a.file"),
        (file | {"BEARER_TOKEN": "in.the.environment "}, "in.the.environment"),
        (file | {"X509_USER_PROXY": str(proxy)}, "in.a.file"),
        (runtime | {"X509_USER_PROXY": str(proxy)}, ""),
    ):
        found = find(FAR, environment)
        assert (found.url, found.token) == (FAR, token)
        assert found.proxy == (None if token else proxy)
    (tmp_path / "own").write_text("its.own\n")
    assert find(FAR, file | {"GRIDWMS_TOKEN_FILE": str(tmp_path / "own")}).token == "its.own"
    with pytest.raises(ClientError):
        find("http://127.0.0.1:9999", file)  # only over https
    for bad in ({"BEARER_TOKEN": "two words"}, {"BEARER_TOKEN_FILE": str(tmp_path / "gone")}):
        with pytest.raises(LocalFile, match="BEARER_TOKEN"):
            find(FAR, nowhere | bad)
    (tmp_path / name).chmod(0o622)
    with pytest.raises(ClientError):
        find(FAR, runtime)  # others could have written it


def test_the_local_service_gets_its_own_token(tmp_path: Path) -> None:
    environment = data(tmp_path) | {"BEARER_TOKEN": "of.somebody.else"}
    assert find(environment=environment).token == "gridwms-secret"
    assert find(FAR, environment).token == "of.somebody.else"
