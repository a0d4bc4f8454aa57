"""Users with tokens of an issuer, over real connections: the service asks the issuer for its keys by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.never_lost.rounds import Runner
from tests.services import token_issuer

JOB = '[Executable = "/bin/true"; Requirements = false;]'


@dataclass
class House:
    """A service that trusts one issuer."""

    service: Runner
    issuer: token_issuer.Issuer

    def ask(self, method: str, path: str, token: str, **given: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.request(method, f"{self.service.url}{path}", headers=headers, timeout=30, **given)  # type: ignore[arg-type]

    def token(self, **claims: object) -> str:
        return self.issuer.token(time.time(), **claims)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    directory = tmp_path_factory.mktemp("tokens")
    with token_issuer.over_https(directory) as (issuer, authority):
        config = directory / "gridwms.toml"
        config.write_text(
            f'[tokens.test]\nurl = "{issuer.url}"\nvo = "testvo"\nauthority = "{authority}"\n'
            'audiences = ["https://wms.example"]\n'
            '[access]\nmap = [ { name = "root", refuse = true }, { group = "/testvo/ops", user = "ops-{name}" } ]\n'
        )
        service = Runner(directory, "--config", str(config))
        service.start()
        yield House(service, issuer)
        service.stop()


def test_the_first_call_of_all_may_be_soap(house: House) -> None:
    """The keys of the issuer are fetched for it."""
    body = '<w:getTransferProtocols xmlns:w="http://glite.org/wms/wmproxy"/>'
    message = f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{body}</e:Body></e:Envelope>'
    answer = house.ask("POST", "/glite_wms_wmproxy_server", house.token(), content=message)
    assert (answer.status_code, "<Item>https</Item>" in answer.text) == (200, True)


def test_a_token_is_somebody_with_a_vo_and_groups(house: House) -> None:
    told = house.ask("GET", "/api/v1/me", house.token(wlcg__groups=["/testvo/prod"])).json()
    assert (told["subject"], told["vo"], told["groups"]) == ("alice@test", "testvo", ["/testvo/prod"])
    assert told["issuer"] == house.issuer.url and told["ends"] > time.time()
    job = house.ask("POST", "/api/v1/jobs", house.token(wlcg__groups=["/testvo/prod"]), json={"jdl": JOB})
    key = job.json()["jobs"][0]["key"]
    mine = house.ask("GET", f"/api/v1/jobs/{key}", house.token()).json()
    assert (mine["owner"], mine["vo"]) == ("alice@test", "testvo")
    shares = house.ask("GET", "/api/v1/shares", house.token()).json()["shares"]
    assert ("testvo", "/testvo/prod", "alice@test") in {(one["vo"], one["group"], one["user"]) for one in shares}
    assert house.ask("GET", f"/api/v1/jobs/{key}", house.token(sub="bob")).status_code == 403


def test_the_table_says_who_is_who(house: House) -> None:
    assert house.ask("GET", "/api/v1/me", house.token(wlcg__groups=["/testvo/ops"])).json()["subject"] == "ops-alice"
    refused = house.ask("GET", "/api/v1/me", house.token(sub="root"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "not_mapped")


def test_capabilities_limit_what_a_token_is_good_for(house: House) -> None:
    create = house.token(scope="compute.create")
    made = house.ask("POST", "/api/v1/jobs", create, json={"jdl": JOB})
    assert made.status_code == 201
    key = made.json()["jobs"][0]["key"]
    refused = house.ask("POST", f"/api/v1/jobs/{key}/cancel", create)
    assert refused.status_code == 403
    assert "it needs compute.cancel" in refused.json()["error"]["message"]
    assert house.ask("GET", f"/api/v1/jobs/{key}", create).status_code == 403
    assert house.ask("GET", f"/api/v1/jobs/{key}", house.token(scope="compute.read")).status_code == 200
    assert house.ask("POST", f"/api/v1/jobs/{key}/cancel", house.token(scope="compute.cancel")).status_code == 200
    for_storage = house.token(scope="storage.read:/")
    assert house.ask("POST", "/api/v1/jobs", for_storage, json={"jdl": JOB}).status_code == 403


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"exp": 1}, "expired"),
        ({"aud": "https://other.example"}, "another audience"),
        ({"iss": "https://stranger.example"}, "is not trusted here"),
        ({"wlcg__ver": "7.0"}, "version '7.0'"),
    ],
)
def test_what_is_wrong_is_said_in_words(house: House, claims: dict[str, object], words: str) -> None:
    token = house.token(**claims)
    answer = house.ask("GET", "/api/v1/me", token)
    assert answer.status_code == 401
    assert words in answer.json()["error"]["message"]
    log = house.service.log.read_text()
    assert token not in log and token.rsplit(".", 1)[1] not in log, "no token in a log"


def test_logging_in_as_users_do(house: House, tmp_path: Path) -> None:
    house.issuer.approved.set()
    environment = os.environ | {
        "SSL_CERT_FILE": str(house.service.log.parent / "issuer.pem"),
        "GRIDWMS_DATA": str(tmp_path),
        "GRIDWMS_SERVICE": house.service.url,
        "GRIDWMS_ISSUER": house.issuer.url,
    }

    def gridwms(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "gridwms", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)

    done = gridwms("login")
    assert done.returncode == 0, done.stderr
    assert "confirm the code ABCD" in done.stderr and done.stdout.startswith(f"logged in for {house.service.url}")
    me = json.loads(gridwms("whoami", "--json").stdout)["me"]
    assert me["subject"] == "alice@test"
    assert "is forgotten" in gridwms("logout").stdout
    assert gridwms("whoami").returncode != 0


def test_the_audit_log_knows_who_it_was_and_holds_no_token(house: House) -> None:
    token = house.token(sub="eve", scope="compute.read")
    assert house.ask("POST", "/api/v1/jobs", token, json={"jdl": JOB}).status_code == 403
    assert house.ask("GET", "/api/v1/shares", house.token(sub="quiet")).status_code == 200
    [file] = list((house.service.data / "audit").iterdir())
    text = file.read_text()
    assert "quiet@test" not in text, "what a list leaves out is no refusal"
    assert '"subject":"eve@test"' in text and "it needs compute.create" in text
    assert token.rsplit(".", 1)[1] not in text


def test_the_service_s_own_tokens_go_on_working(house: House) -> None:
    assert house.service.call("GET", "/api/v1/me")["issuer"] == ""
