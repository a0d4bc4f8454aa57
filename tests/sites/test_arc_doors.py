"""An ARC computing element to which each job goes with what its user has delegated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from cryptography import x509

from gridwms.sites.arc import ArcSettings, CarryingArcSite
from gridwms.sites.contract import Credentials, Handover, Phase, Receipt, Refusal, SiteUnavailable
from tests.services import arex as real
from tests.services.ca import Authority, Credential, proxy
from tests.sites.arc_rig import ArcRig
from tests.sites.contract import receipts_of, tags
from tests.sites.fakes.arex import FakeArex


@dataclass
class Purse:
    """Credentials by handle, and the handles of attempts."""

    held: dict[str, Credentials] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def of_tags(self, tags: Sequence[str]) -> Mapping[str, Credentials]:
        return {tag: self.held[self.tags[tag]] for tag in tags if self.tags.get(tag) in self.held}

    def of_handle(self, handle: str) -> Credentials | None:
        return self.held.get(handle)


@dataclass
class Door:
    """The site, the element, and two users."""

    arex: FakeArex
    settings: ArcSettings
    purse: Purse
    site: CarryingArcSite

    def restart(self) -> None:
        self.site.close()
        self.site = CarryingArcSite(self.settings)
        self.site.wallet = self.purse

    def job(self, handle: str) -> Handover:
        [tag] = tags(1)
        self.purse.tags[tag] = handle
        return Handover(tag=tag, ce=self.arex.ce, script="#!/bin/sh\n", credentials=self.purse.held[handle])


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca") / "ca")


@pytest.fixture(scope="module")
def users(authority: Authority) -> dict[str, Credential]:
    return {name: authority.user(name) for name in ("alice", "bob", "robot")}


def of(user: Credential, place: Path, *, serial: int = 1, ends: float = 3600.0) -> Credentials:
    file = proxy(user, place / f"{serial}-{ends}.pem", ends=ends)
    handle = user.certificate.parent.name
    return Credentials(handle=handle, serial=serial, ends=4e9, proxy=file.read_bytes())


@pytest.fixture
def door(tmp_path: Path, authority: Authority, users: dict[str, Credential]) -> Iterator[Door]:
    arex = FakeArex(tmp_path / "arex", authority, mapped={one.subject for one in users.values()}, hold=True)
    settings = ArcSettings(
        name="arc",
        url=arex.url,
        proxy=str(proxy(users["robot"], tmp_path / "robot.pem")),
        authorities=str(authority.certificates),
        call_seconds=10.0,
        settle_seconds=0,
        unseen_seconds=0,
    )
    purse = Purse({name: of(users[name], tmp_path) for name in ("alice", "bob")})
    made = Door(arex, settings, purse, CarryingArcSite(settings))
    made.site.wallet = purse
    yield made
    made.site.close()
    arex.close()


def submit(door: Door, *handles: str) -> list[Receipt]:
    return receipts_of(door.site.submit([door.job(handle) for handle in handles]))


def callers(door: Door, what: str) -> set[str]:
    return {who.rpartition("CN=")[2].partition(" ")[0].lower() for (who, asked) in door.arex.callers if asked == what}


def test_each_goes_with_the_proxy_of_its_user(door: Door) -> None:
    receipts = submit(door, "alice", "alice", "bob")
    assert callers(door, "new") == {"alice", "bob"}
    assert [one.id.split("@")[1] for one in receipts] == ["alice", "alice", "bob"]
    assert len(door.arex.delegations) == 2
    leaves = [
        x509.load_pem_x509_certificates(chain)[0].subject.rfc4514_string() for chain in door.arex.delegations.values()
    ]
    assert ["Alice" in one for one in leaves] == [True, False]
    assert {one.phase for one in door.site.status(receipts)} == {Phase.QUEUED}
    assert callers(door, "status") == {"alice", "bob"}
    door.site.cancel(receipts)
    assert callers(door, "kill") == {"alice", "bob"}
    door.site.describe()
    assert callers(door, "info") >= {"robot"}


def test_one_without_a_credential_is_refused(door: Door) -> None:
    one = replace(door.job("alice"), credentials=None)
    [answer] = door.site.submit([one])
    assert isinstance(answer, Refusal)
    assert "delegated credential" in answer.reason.sentence


def test_after_a_restart_all_is_found_again(door: Door) -> None:
    receipts = submit(door, "alice", "bob")
    door.restart()
    found = door.site.find([one.tag for one in receipts])
    ids = [one.id.split("@")[:2] for one in found.values() if one is not None]
    assert ids == [one.id.split("@")[:2] for one in receipts]
    door.restart()
    assert {one.phase for one in door.site.status(receipts)} == {Phase.QUEUED}


@pytest.mark.parametrize("asked", [False, True], ids=["known", "asked for"])
def test_a_renewed_proxy_is_brought_to_its_delegation_alone(
    door: Door, users: dict[str, Credential], tmp_path: Path, asked: bool
) -> None:
    receipts = submit(door, "alice", "bob")
    if asked:  # a receipt that was found again does not tell it
        receipts = [one for one in door.site.find([one.tag for one in receipts]).values() if one is not None]
    mine = _delegation_of(door, receipts[0])
    before = dict(door.arex.delegations)
    door.arex.delegations["made by alice herself"] = b"untouched"
    door.restart()
    door.purse.held["alice"] = of(users["alice"], tmp_path, serial=2, ends=7200.0)
    door.site.renew([receipts[0]], door.purse.held["alice"])
    after = door.arex.delegations
    assert {name for name, chain in before.items() if after[name] != chain} == {mine}
    assert after["made by alice herself"] == b"untouched"
    ends = [x509.load_pem_x509_certificates(chain[mine])[0].not_valid_after_utc for chain in (before, after)]
    assert 3500 < (ends[1] - ends[0]).total_seconds() < 3700


def test_the_trouble_of_one_user_is_no_trouble_of_the_site(door: Door, users: dict[str, Credential]) -> None:
    door.arex.mapped.discard(users["bob"].subject)
    answers = door.site.submit([door.job("alice"), door.job("bob")])
    assert len(receipts_of(answers)) == 1
    with pytest.raises(SiteUnavailable):
        door.site.submit([door.job("bob")])


def test_without_its_credential_a_job_is_given_up_after_a_while(door: Door) -> None:
    time = [0.0]
    receipts = submit(door, "alice")
    del door.purse.held["alice"]
    door.site.close()
    door.site = CarryingArcSite(door.settings, lambda: time[0])
    door.site.wallet = door.purse
    assert door.site.status(receipts)[0].phase is Phase.NOT_YET_VISIBLE
    door.site.cancel(receipts)
    door.site.forget(receipts)
    time[0] = 301.0
    assert door.site.status(receipts)[0].phase is Phase.GONE


def test_a_token_where_there_is_no_proxy(door: Door) -> None:
    door.arex.tokens.add("ey.of.carol")
    door.purse.held["carol"] = Credentials(handle="carol", serial=1, ends=4e9, token="ey.of.carol")
    [receipt] = submit(door, "carol")
    assert receipt.id.endswith("@carol@")
    assert ("ey.of.carol", "new") in door.arex.callers


def test_no_proxy_lies_in_a_file(door: Door, tmp_path: Path) -> None:
    submit(door, "alice")
    key = door.purse.held["alice"].proxy.split(b"PRIVATE KEY-----")[1].splitlines()[3]
    files = [path for path in tmp_path.rglob("*") if path.is_file() and not path.name.endswith(".pem")]
    assert not any(key in path.read_bytes() for path in files)
    assert not any(key.decode() in job.text for job in door.arex.jobs.values())


def _delegation_of(door: Door, receipt: Receipt) -> str:
    text = door.arex.jobs[receipt.id.partition("@")[0]].text
    return text.partition("DelegationID>")[2].partition("<")[0]


@pytest.mark.long
@pytest.mark.timeout(600)
def test_each_has_an_account_at_a_real_one(real_arex: real.Arex, real_arc: ArcRig, tmp_path: Path) -> None:
    """Those whom the element does not take, or does not take any more, are no trouble of the others."""
    purse = Purse({name: of(user, tmp_path) for name, user in real_arex.users.items()})
    good = purse.held["carol"]
    site = CarryingArcSite(real_arc.settings)
    site.wallet = purse

    def job(name: str) -> Handover:
        [tag] = tags(1)
        purse.tags[tag] = name
        one = real_arc.script(tag, f"id -un >{real_arc.traces}/{name}\nread -r x <{real_arc.gate}")
        return replace(one, credentials=purse.held[name])

    def running(receipts: Sequence[Receipt]) -> set[str]:
        return {purse.tags[one.tag] for one in site.status(receipts) if one.phase is Phase.RUNNING}

    try:
        receipts = receipts_of(site.submit([job(name) for name in ("alice", "bob", "carol")]))
        real_arc.wait(lambda: running(receipts) == {"alice", "carol"})
        assert {name: (real_arc.traces / name).read_text().strip() for name in real.ACCOUNTS} == real.ACCOUNTS
        with pytest.raises(SiteUnavailable, match=r"Bob Tester.* is mapped to no account there"):
            site.submit([job("bob")])
        stranger = Authority(tmp_path / "other", "/DC=org/CN=Other").user("carol")
        purse.held["carol"] = replace(of(stranger, tmp_path, ends=1800), serial=2)
        [late] = receipts_of(site.submit([job("alice"), job("carol")]))
        assert running(receipts) == {"alice"}
        with pytest.raises(SiteUnavailable, match=r"it does not t"):
            site.status([one for one in receipts if purse.tags[one.tag] == "carol"])
        purse.held["carol"] = replace(good, serial=3)
        site.renew([one for one in receipts if purse.tags[one.tag] == "carol"], purse.held["carol"])
        assert running(receipts) == {"alice", "carol"}
        real_arc.release()
        real_arc.wait(lambda: {one.exit_code for one in site.status([*receipts, late])} == {0})
        site.forget([*receipts, late])
    finally:
        site.close()
