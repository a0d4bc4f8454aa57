"""Rules over HTTP: who may do what changes at once, also for who listens; what one may do and why; drained, but not for
all."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from gridwms.api.interests import withdrawn
from gridwms.api.settings import Settings
from gridwms.jobs.interest import Interest
from gridwms.security.authenticate import Shown
from gridwms.security.drain import Drain
from gridwms.security.identity import Identity
from tests.api.house import HELLO, House
from tests.api.test_console import TALK, attach
from tests.api.test_events import messages


def add(home: House, allow: list[str] | None = None, deny: list[str] | None = None, **more: object) -> httpx.Response:
    who = more.pop("who", {"user": ["ann"]})
    body = {"who": who, "allow": allow or [], "deny": deny or [], **more}
    return home.http("op").post("/api/v1/policy/rules", json=body)


def test_a_rule_holds_from_its_answer_on_and_no_longer(home: House) -> None:
    key = home.submit()
    made = add(home, deny=["submit"], note="until Monday")
    assert made.status_code == 200, made.text
    assert made.json()["policy"]["rules"][0]["where"] == "policy.toml line 1"
    refused = home.http().post("/api/v1/jobs", json={"jdl": HELLO})
    assert (refused.status_code, refused.json()["error"]["message"]) == (
        403,
        "ann may not submit jobs: the rule for user ann denies it (policy.toml line 1): until Monday.",
    )
    assert home.http().get(f"/api/v1/jobs/{key}").status_code == 200, "the rest stays"
    assert home.submit(user="bob")
    gone = home.http("op").post("/api/v1/policy/rules/remove", json={"who": {"user": ["ann"]}})
    assert (gone.json()["changed"], gone.json()["policy"]["rules"]) == (1, [])
    assert home.submit()
    again = home.http("op").post("/api/v1/policy/rules/remove", json={"who": {"user": ["ann"]}})
    assert again.status_code == 404


def test_jobs_of_others_as_far_as_a_rule_reaches(home: House) -> None:
    key = home.submit(user="ann")
    bob = home.http("bob")
    assert bob.post(f"/api/v1/jobs/{key}/cancel").status_code == 403
    vo = home.http("op").get(f"/api/v1/bookkeeping?job={key}").json()["job"]["jdl"]
    assert 'VirtualOrganisation = "local"' in vo
    who = {"user": ["bob"]}
    assert add(home, allow=["query-others", "cancel-others"], of_vo=["atlas"], who=who).status_code == 200
    assert bob.get(f"/api/v1/jobs/{key}").status_code == 403
    assert bob.get("/api/v1/jobs", params={"owner": "*"}).status_code == 403
    assert add(home, allow=["query-others"], of_vo=["local"], who=who).status_code == 200
    assert bob.get(f"/api/v1/jobs/{key}").status_code == 200
    found = bob.get("/api/v1/query", params={"q": "status=waiting"}).json()["jobs"]
    assert [one["id"][-22:] for one in found] == [key], "found, too"
    assert bob.get(f"/api/v1/jobs/{key}/output").status_code == 403, "that is another right"
    assert bob.post(f"/api/v1/jobs/{key}/cancel").status_code == 403
    assert add(home, allow=["query-others"], who=who).status_code == 200
    assert [one["key"] for one in bob.get("/api/v1/jobs", params={"owner": "*"}).json()["jobs"]] == [key]
    assert [one["id"][-22:] for one in bob.get("/api/v1/query", params={"q": "owner=ann"}).json()["jobs"]] == [key]
    assert add(home, deny=["query-others"], of_vo=["local"], who=who).status_code == 200
    assert bob.get(f"/api/v1/jobs/{key}").status_code == 403, "denied is denied"
    assert bob.get("/api/v1/jobs", params={"owner": "*"}).status_code == 403


def test_operators_by_rule_and_nobody_locks_himself_out(home: House) -> None:
    assert home.http("bob").get("/api/v1/policy").status_code == 403
    add(home, allow=["administer"], who={"user": ["bob"]})
    assert home.http("bob").get("/api/v1/policy").status_code == 200
    refused = add(home, deny=["*"], who={"user": ["*"]})
    assert (refused.status_code, "op could not administer" in refused.text) == (409, True)
    assert add(home, deny=["administer"], who={"user": ["bob"]}).status_code == 200
    assert home.http("bob").get("/api/v1/policy").status_code == 403
    assert home.http("bob").get("/api/v1/jobs", params={"owner": "*"}).status_code == 403


def test_what_is_wrong_with_a_rule_is_said_and_nothing_changes(home: House) -> None:
    path = home.data / "policy.toml"
    for body, words in (
        ({"allow": ["submitt"]}, "do you mean 'submit'"),
        ({"allow": ["*"]}, "can be denied only"),
        ({}, "neither allows nor denies"),
        ({"deny": ["submit"], "who": {"group": ["/x"]}}, "name the issuer"),
    ):
        answer = home.http("op").post("/api/v1/policy/rules", json={"who": {"user": ["x"]}, **body})
        assert (answer.status_code, words in answer.text) == (422, True), answer.text
    assert not path.exists()
    assert home.http("op").post("/api/v1/policy/rules", json={"who": {"planet": ["x"]}}).status_code == 422


def test_a_broken_file_keeps_what_was_and_says_so(home: House) -> None:
    path = home.data / "policy.toml"
    policies = home.server._app.state.settings.gatekeeper.policies
    path.write_text('[[rule]]\nuser = "ann"\ndeny = ["submit"]\n')
    policies.look(now=True)
    assert home.http().post("/api/v1/jobs", json={"jdl": HELLO}).status_code == 403
    for broken in ('[[rule]]\nuser = "bob"\ndeny = ["submt"]\n', "[[", "\0"):
        path.write_text(broken)
        policies.look(now=True)
        assert home.http().post("/api/v1/jobs", json={"jdl": HELLO}).status_code == 403
        told = home.http("op").get("/api/v1/service").json()
        assert not told["healthy"] and "policy.toml line" in "".join(told["troubles"])
        assert add(home, deny=["query"]).status_code == 422, "it is not written over"
        assert path.read_text() == broken
    path.unlink()
    policies.look(now=True)
    assert home.http().post("/api/v1/jobs", json={"jdl": HELLO}).status_code == 403, "nor does a lost file open doors"
    path.write_text("")
    policies.look(now=True)
    assert home.submit()
    assert home.http("op").get("/api/v1/policy").json()["trouble"] == ""
    path.chmod(0o666)
    policies.look(now=True)
    assert "chmod" in home.http("op").get("/api/v1/policy").json()["trouble"]


def test_what_one_may_do_and_why(home: House) -> None:
    add(home, deny=["delegate"], note="no keys")
    add(home, allow=["cancel-others"], of_vo=["atlas"])
    me = home.http().get("/api/v1/me").json()
    rights = {one["right"]: (one["yes"], one["why"]) for one in me["rights"]}
    assert rights["submit"] == (True, "Every user may.")
    assert rights["delegate"] == (
        False,
        "ann may not delegate: the rule for user ann denies it (policy.toml line 1): no keys.",
    )
    assert (
        rights["cancel-others"][0] and "For jobs of the VO atlas: The rule for user ann" in rights["cancel-others"][1]
    )
    assert not rights["administer"][0] and not rights["query-others"][0]
    home.http("op").post("/api/v1/bans", json={"kind": "user", "name": "ann", "reason": "a stolen key"})
    me = home.http().get("/api/v1/me").json()
    assert me["banned"] == "The user ann is banned from this service: a stolen key."
    assert not any(one["yes"] for one in me["rights"])
    rights = {one["right"]: one["yes"] for one in home.http("op").get("/api/v1/me").json()["rights"]}
    assert rights["administer"] and rights["query-others"] and rights["cancel-others"]


def test_trying_somebody_out(home: House) -> None:
    row = {"name": "/DC=org/CN=Ann", "user": "ann", "vo": "atlas"}
    made = home.http("op").post("/api/v1/policy/map", json=row)
    assert made.json()["policy"]["map"] == [{"issuer": "*", "group": "*", "refuse": False} | row]
    add(home, allow=["cancel-others"], who={"vo": ["atlas"], "role": ["lcgadmin"]})
    asked = {"name": "/DC=org/CN=Ann", "issuer": "/DC=org/CN=CA", "groups": ["/atlas/Role=lcgadmin"]}
    found = home.http("op").post("/api/v1/policy/try", json=asked).json()
    assert (found["subject"], found["vo"], len(found["rules"])) == ("ann", "atlas", 1)
    assert {one["right"]: one["yes"] for one in found["rights"]}["cancel-others"]
    found = home.http("op").post("/api/v1/policy/try", json=asked | {"groups": []}).json()
    assert not {one["right"]: one["yes"] for one in found["rights"]}["cancel-others"]
    gone = home.http("op").post("/api/v1/policy/map/remove", json={"name": "/DC=org/CN=Ann"})
    assert (gone.json()["changed"], gone.json()["policy"]["map"]) == (1, [])


@pytest.mark.parametrize("how", ["ban", "rule"])
def test_who_listens_hears_no_more_at_once(home: House, how: str) -> None:
    key, _wrapper = home.running(TALK)
    name, _ = attach(home, key)
    ended: dict[str, object] = {}
    ready = threading.Barrier(4)

    def sse() -> None:
        with home.http().stream("GET", "/api/v1/events") as answer:
            heard = messages(answer)
            next(heard)
            ready.wait(10)
            ended["sse"] = [kind for kind, _, _ in heard][-1]

    def socket() -> None:
        headers = {"Authorization": f"Bearer {home.tokens['ann']}"}
        url = f"ws{home.url.removeprefix('http')}/api/v1/events"
        with connect(url, additional_headers=headers, proxy=None) as link:
            link.recv()
            ready.wait(10)
            told = ""
            with contextlib.suppress(ConnectionClosed):
                while True:
                    told = json.loads(link.recv(timeout=10))["kind"]
            ended["socket"] = told

    def console() -> None:
        ready.wait(10)
        where = f"/api/v1/jobs/{key}/console/{name}"
        while (answer := home.http().get(where, params={"wait": 30, "know": "0,0,"})).status_code == 200:
            pass
        ended["console"] = answer.status_code

    threads = [threading.Thread(target=one, daemon=True) for one in (sse, socket, console)]
    for thread in threads:
        thread.start()
    ready.wait(10)
    begin = time.monotonic()
    if how == "ban":
        home.http("op").post("/api/v1/bans", json={"kind": "user", "name": "ann"})
    else:
        add(home, deny=["query", "manage"])
    for thread in threads:
        thread.join(10)
    assert ended == {"sse": "error", "socket": "error", "console": 403}
    assert time.monotonic() - begin < 4.0, "not at the next look"


def test_drained_but_not_for_all(home: House) -> None:
    file = home.data / ".drain"
    drain = home.world.drain = Drain(file)
    file.touch()
    assert home.http().post("/api/v1/jobs", json={"jdl": HELLO}).status_code == 503
    entry = "<entry><any-user/><allow><exec/></allow></entry>"
    file.write_text(f"<gacl>{entry}</gacl>")
    assert home.submit(), "who is permitted exec goes on"
    ann = Identity(subject="x", name="/DC=org/CN=Ann", issuer="/DC=org/CN=CA")
    deny = "<entry><person><dn>/DC=org/CN=Ann</dn></person><deny><exec/></deny></entry>"
    file.write_text(f"<gacl>{entry}{deny}</gacl>")
    assert drain.stops(ann) and not drain.stops(Identity(subject="ann"))
    file.write_text("<gacl><entry></gacl>")
    assert home.http().post("/api/v1/jobs", json={"jdl": HELLO}).status_code == 503, "broken: nobody"
    file.unlink()
    assert home.submit()


def test_what_information_systems_are_told(home: House) -> None:
    told = home.http().get("/api/v1/publication").json()
    assert (told["health"], told["serving"], told["access"]) == ("ok", "production", ["ALL"])
    (home.data / "policy.toml").write_text("everyone = []\n")
    add(home, allow=["use"], who={"vo": ["atlas"]})
    add(home, allow=["look"], who={"user": ["ann"]})
    (home.data / ".drain").touch()
    home.world.drain = Drain(home.data / ".drain")
    told = home.http().get("/api/v1/publication").json()
    assert (told["health"], told["serving"], told["access"]) == ("warning", "draining", ["VO:atlas"])
    assert "drained" in told["info"]


def test_a_peek_that_waits_ends_with_the_ban(home: House) -> None:
    key, wrapper = home.running()
    home.http().get(f"/api/v1/jobs/{key}/peek", params={"name": "out"})
    wrapper.put("/peek/out?offset=0", content=b"a")
    codes: list[int] = []
    where, wait = f"/api/v1/jobs/{key}/peek", {"name": "out", "offset": 1, "wait": 30}
    thread = threading.Thread(target=lambda: codes.append(home.http().get(where, params=wait).status_code))
    thread.start()
    while not home.server._app.state.news._waiting._waiters:
        pass
    home.http("op").post("/api/v1/bans", json={"kind": "user", "name": "ann"})
    thread.join(10)
    assert codes == [403]


def test_those_whom_others_vouch_for_listen_as_long_as_that_lasts(home: House) -> None:
    settings = home.server._app.state.settings
    interest = Interest.read([], "alice@wlcg")
    shown = Identity(subject="alice@wlcg", name="alice", issuer="https://wlcg.example/", vo="wlcg")

    def why(identity: Identity | None, at: Settings = settings) -> str:
        found = withdrawn(home.world, at, "alice@wlcg", interest, identity)
        return "" if found is None else found.sentence

    assert why(shown) == "", "no file of ours says so, and none needs to"
    assert why(replace(shown, ends=datetime.fromtimestamp(home.world.clock() + 60, UTC))) == ""
    assert "run out" in why(replace(shown, ends=datetime.fromtimestamp(home.world.clock() - 1, UTC)))
    assert "does not know" in why(None), "where there are only users of our own"

    class Others:
        def identify(self, shown: Shown) -> None:
            return None

    gate = settings.gatekeeper
    believing = replace(settings, gatekeeper=replace(gate, users=(*gate.users, Others())))
    assert why(None, believing) == "", "away: nobody can tell"
    add(home, deny=["query"], who={"user": ["alice@wlcg"]})
    assert "denies it" in why(shown)
    home.http("op").post("/api/v1/bans", json={"kind": "user", "name": "alice@wlcg"})
    assert "banned" in why(None, believing) and "banned" in why(shown)
