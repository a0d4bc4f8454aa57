"""ARC as a site: the contract and the bad days, on an A-REX that this process plays."""

from __future__ import annotations

import gzip
import json
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509

from gridwms.classad import evaluate_attribute
from gridwms.sites.arc import ArcSettings
from gridwms.sites.contract import Handover, Phase, Receipt, Refusal, SiteUnavailable
from tests.services.ca import Authority, Credential, proxy
from tests.sites.arc_rig import ArcRig
from tests.sites.contract import SiteContract, receipts_of, tags
from tests.sites.fakes.arex import FakeArex, Fault

SECONDS = 2.0
"""How long a request may take here: a hang is told by it."""


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("arc") / "ca")


@pytest.fixture(scope="session")
def alice(authority: Authority) -> Credential:
    return authority.user("alice")


@pytest.fixture(scope="session")
def shown(authority: Authority, alice: Credential) -> Path:
    return proxy(alice, authority.folder / "alice.proxy")


@pytest.fixture
def arex(tmp_path: Path, authority: Authority, alice: Credential) -> Iterator[FakeArex]:
    played = FakeArex(tmp_path / "arex", authority, mapped={alice.subject})
    yield played
    played.close()


@pytest.fixture
def rig(tmp_path: Path, arex: FakeArex, authority: Authority, shown: Path) -> Iterator[ArcRig]:
    settings = ArcSettings(
        name="arc",
        url=arex.url,
        proxy=str(shown),
        authorities=str(authority.certificates),
        call_seconds=SECONDS,
        settle_seconds=0,
        unseen_seconds=0,
    )
    made = ArcRig(tmp_path, settings, arex.ce, slots=arex.slots, many=60, pause=0.02)
    yield made
    made.site.close()


class TestArc(SiteContract):
    """The contract."""


def with_settings(rig: ArcRig, **changes: object) -> None:
    """The site as it is when it is configured so."""
    rig.settings = replace(rig.settings, **changes)  # type: ignore[arg-type]
    rig.restart()


def hand_over(rig: ArcRig, handovers: list[Handover]) -> list[Receipt]:
    return receipts_of(rig.site.submit(handovers))


def end_of(rig: ArcRig, receipts: list[Receipt]) -> None:
    rig.wait(lambda: all(one.phase is Phase.ENDED for one in rig.site.status(receipts)))


@pytest.mark.parametrize("count", [2000, pytest.param(10_000, marks=pytest.mark.long)])
def test_thousands_take_few_calls(rig: ArcRig, arex: FakeArex, count: int) -> None:
    arex.hold = True
    with_settings(rig, call_seconds=60)
    mine = [rig.quick(tag) for tag in tags(count)]
    receipts = [one for begin in range(0, count, 500) for one in hand_over(rig, mine[begin : begin + 500])]
    assert arex.calls["new"] == count // 500
    before = arex.calls.total()
    assert {one.phase for one in rig.site.status(receipts)} == {Phase.QUEUED}
    assert arex.calls.total() == before + 1
    rig.site.cancel(receipts)
    assert arex.calls.total() == before + 2


def test_the_wrapper_is_private(rig: ArcRig, arex: FakeArex) -> None:
    tag = tags(1)[0]
    receipts = hand_over(rig, [rig.script(tag, "secret=hush; ps -o args= -p $PPID -p $$; env; ls -l")])
    (job,) = arex.jobs.values()
    assert "hush" not in job.text
    assert "hush" not in " ".join(job.command)
    end_of(rig, receipts)
    rig.site._codes[receipts[0].id] = 1  # it ended well: make it look
    log = rig.site.collect(receipts)[0].log
    assert "hush" not in log
    assert "GRIDWMS_PACKED" not in log
    assert "-rw------- 1" in log
    assert stat.S_IMODE((arex.folder / job.id).stat().st_mode) == 0o700


def test_equal_wrappers_share_what_they_share(rig: ArcRig, arex: FakeArex) -> None:
    """What follows the mark is packed once, and comes out as it was."""
    mine = tags(2)
    body = f"\n#: shared\necho x >>{rig.traces}/$name\n" + "# filling\n" * 100
    receipts = hand_over(rig, [Handover(tag=tag, ce=rig.ce, script=f"name={tag}{body}") for tag in mine])
    end_of(rig, receipts)
    assert [rig.ran(tag) for tag in mine] == [1, 1]
    shared = {job.environment["GRIDWMS_PACKED_TOO"] for job in arex.jobs.values()}
    assert len(shared) == 1
    assert gzip.decompress(__import__("base64").b64decode(shared.pop())).decode() == body


def test_needs_are_told(rig: ArcRig, arex: FakeArex) -> None:
    arex.hold = True
    arex.slots = 64
    with_settings(rig, environments=("ENV/PROXY",))
    base = rig.quick("x")
    wanted = [
        replace(base, tag="a", cpus=6, nodes=4, wall_seconds=3600, memory_mb=1000),
        replace(base, tag="b", cpus=8, smp_granularity=4, whole_nodes=True, ce=rig.ce.replace("-main", "-other")),
        replace(base, tag="c"),
    ]
    hand_over(rig, wanted)
    a, b, c = (job.text.replace("ns0:", "") for job in arex.jobs.values())
    assert "<NumberOfSlots>6</NumberOfSlots><SlotsPerHost>2</SlotsPerHost>" in a
    assert "<WallTime>3600</WallTime>" in a
    assert f"<IndividualPhysicalMemory>{167 * 1024 * 1024}</IndividualPhysicalMemory>" in a
    assert "<RuntimeEnvironment><Name>ENV/PROXY</Name></RuntimeEnvironment>" in a
    assert "<NumberOfSlots>8</NumberOfSlots><SlotsPerHost>4</SlotsPerHost><ExclusiveExecution>true<" in b
    assert "<QueueName>other</QueueName>" in b
    assert "SlotRequirement" not in c


@pytest.mark.parametrize("what", ["--status", "--kill"])
def test_one_answer_is_no_list(rig: ArcRig, what: str) -> None:
    receipts = hand_over(rig, [rig.endless(tag) for tag in tags(1)])
    if what == "--kill":
        rig.site.cancel(receipts)
    assert len(rig.site.status(receipts)) == 1


def test_the_newest_common_version(rig: ArcRig, arex: FakeArex) -> None:
    arex.versions = ("1.0", "1.1", "2.0")
    end_of(rig, hand_over(rig, [rig.quick(tag) for tag in tags(1)]))
    arex.versions = ("2.0", "3.0")
    rig.restart()
    with pytest.raises(SiteUnavailable, match=r"it speaks REST 2\.0, 3\.0; known here: 1\.1, 1\.0"):
        rig.site.find(tags(1))


# ---- delegation and credentials


def test_delegation_is_a_proxy_of_ours(rig: ArcRig, arex: FakeArex, authority: Authority) -> None:
    hand_over(rig, [rig.quick(tag) for tag in tags(2)])
    hand_over(rig, [rig.quick(tag) for tag in tags(2)])
    assert len(arex.delegations) == 1
    ((name, chain),) = arex.delegations.items()
    assert all(f"DelegationID>{name}<" in job.text for job in arex.jobs.values())
    first, second, *_ = x509.load_pem_x509_certificates(chain)
    assert first.public_key() == arex.keys[name].public_key()
    first.verify_directly_issued_by(second)
    (authority.folder / "chain.pem").write_bytes(chain)
    words = f"openssl verify -allow_proxy_certs -CAfile {authority.file} -untrusted {authority.folder}/chain.pem"
    import subprocess

    done = subprocess.run(
        [*words.split(), f"{authority.folder}/chain.pem"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_new_proxy_renews_what_was_delegated(rig: ArcRig, arex: FakeArex, alice: Credential, tmp_path: Path) -> None:
    file = proxy(alice, tmp_path / "proxy", ends=3600)
    with_settings(rig, proxy=str(file))
    hand_over(rig, [rig.quick(tag) for tag in tags(1)])
    ((name, before),) = arex.delegations.items()
    proxy(alice, tmp_path / "new", ends=7200)
    os.replace(tmp_path / "new", file)
    hand_over(rig, [rig.quick(tag) for tag in tags(1)])
    assert list(arex.delegations) == [name]
    ends = [x509.load_pem_x509_certificates(chain)[0].not_valid_after_utc for chain in (before, arex.delegations[name])]
    assert 3500 < (ends[1] - ends[0]).total_seconds() < 3700
    rig.restart()
    hand_over(rig, [rig.quick(tag) for tag in tags(1)])
    assert list(arex.delegations) == [name], "after a restart the one that is there is used again"


def test_a_bearer_token(rig: ArcRig, arex: FakeArex, tmp_path: Path) -> None:
    arex.tokens, arex.mapped = {"word"}, set()
    (tmp_path / "token").write_text("word\n")
    with_settings(rig, proxy="", token=str(tmp_path / "token"))
    end_of(rig, hand_over(rig, [rig.quick(tag) for tag in tags(2)]))
    assert arex.delegations == {}
    arex.tokens = {"other"}
    with pytest.raises(SiteUnavailable, match="does not know us"):
        rig.site.find(tags(1))


def test_not_mapped(rig: ArcRig, arex: FakeArex) -> None:
    arex.mapped = set()
    with pytest.raises(
        SiteUnavailable, match=r"does not know us \(/DC=org/.*CN=Alice Tester.* is mapped to no account"
    ):
        rig.site.describe()


@pytest.mark.parametrize(
    ("begins", "ends", "where", "says"),
    [
        (-7200, -3600, "here", "The proxy .* expired at .* Put a new one there"),
        (-7200, -3600, "there", "it says that our certificate has expired"),
        (3600, 7200, "there", "it does not take our certificate .*clock"),
    ],
)
def test_our_certificate_is_out_of_its_time(
    rig: ArcRig, alice: Credential, tmp_path: Path, begins: float, ends: float, where: str, says: str
) -> None:
    """Told by us, or by the site when our clock is behind it."""
    file = proxy(alice, tmp_path / "proxy", begins=begins, ends=ends)
    with_settings(rig, proxy=str(file))
    rig.now = -5400 if where == "there" else 0
    with pytest.raises(SiteUnavailable, match=says):
        rig.site.describe()


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("nothing", "cannot be read: No such file"),
        ("words", "holds no certificate"),
    ],
)
def test_no_proxy(rig: ArcRig, tmp_path: Path, what: str, says: str) -> None:
    if what == "words":
        (tmp_path / "proxy").write_text("hello")
    with_settings(rig, proxy=str(tmp_path / "proxy"))
    with pytest.raises(SiteUnavailable, match=says):
        rig.site.submit([rig.quick(tag) for tag in tags(1)])


def test_the_host_certificate(rig: ArcRig, arex: FakeArex, authority: Authority, tmp_path: Path) -> None:
    """Expired, of another authority, and changed for a good one, which is no matter."""
    other = Authority(tmp_path / "other", "/DC=org/CN=Other")
    receipts = hand_over(rig, [rig.endless(tag) for tag in tags(1)])
    port = arex.port
    for host, says in (
        (authority.host("old", begins=-7200, ends=-3600), "its certificate has expired, or our clock is wrong"),
        (authority.host("young", begins=3600, ends=7200), "its certificate is not valid yet"),
        (other.host(), "the authority of its certificate is not trusted; put that into .*certificates"),
    ):
        arex.shut()
        arex.start(port, host)
        rig.restart()
        with pytest.raises(SiteUnavailable, match=says):
            rig.site.status(receipts)
    arex.shut()
    arex.start(port, authority.host())
    rig.wait(lambda: rig.site.status(receipts)[0].phase is Phase.RUNNING)


def test_nobody_there(rig: ArcRig, arex: FakeArex) -> None:
    arex.shut()
    with pytest.raises(SiteUnavailable, match=r"site arc \(https://localhost:\d+/arex\): no connection"):
        rig.site.find(tags(1))
    with_settings(rig, url="https://nowhere.invalid/arex")
    with pytest.raises(SiteUnavailable, match="its name is not known"):
        rig.site.find(tags(1))


# ---- lost answers


@pytest.mark.parametrize(
    "fault", [Fault(cut="before"), Fault(cut="after"), Fault(before=SECONDS + 0.5), Fault(status=500)]
)
def test_a_lost_answer(rig: ArcRig, arex: FakeArex, fault: Fault) -> None:
    """Found by their names, whether they got there or not, and run once."""
    mine = tags(4)
    arex.faults["new"] = [fault]
    with pytest.raises(SiteUnavailable):
        rig.site.submit([rig.quick(tag) for tag in mine])
    rig.wait(lambda: not fault.before or len(arex.jobs) == 4)
    found = rig.site.find(mine)
    assert set(found) == set(mine)
    there = {tag for tag, receipt in found.items() if receipt}
    assert there == (set(mine) if fault.cut == "after" or fault.before else set())
    receipts = hand_over(rig, [rig.quick(tag) for tag in mine])
    end_of(rig, receipts)
    assert [rig.ran(tag) for tag in mine] == [1] * 4
    assert len(arex.jobs) == 4


def test_in_doubt_while_arex_may_be_at_it(rig: ArcRig, arex: FakeArex) -> None:
    """The line was cut and jobs still come: what is not there yet is not said to be missing."""
    with_settings(rig, settle_seconds=30)
    rig.now = 31
    arex.hold = True
    mine = tags(5)
    arex.faults["new"] = [Fault(gap=0.1)]
    with pytest.raises(SiteUnavailable):
        rig.site.submit([rig.quick(tag) for tag in mine])
    found = rig.site.find(mine)
    assert None not in found.values()
    rig.wait(lambda: len(arex.jobs) == 5)
    assert set(rig.site.find(mine)) == set(mine)
    rig.now = 62
    assert rig.site.find([*mine, "never"])["never"] is None


def test_those_of_before_a_restart_are_in_doubt_for_a_while(rig: ArcRig) -> None:
    with_settings(rig, settle_seconds=30)
    assert rig.site.find(["gw-x-1"]) == {}
    rig.now = 31
    assert rig.site.find(["gw-x-1"]) == {"gw-x-1": None}


def test_one_that_came_too_late_is_cleaned(rig: ArcRig, arex: FakeArex) -> None:
    """Said not to be there, handed over again, and then the first comes through: it must not stay."""
    mine = tags(2)
    arex.hold = True
    arex.faults["new"] = [Fault(before=SECONDS + 1)]
    with pytest.raises(SiteUnavailable):
        rig.site.submit([rig.quick(tag) for tag in mine])
    assert rig.site.find(mine) == dict.fromkeys(mine)
    again = hand_over(rig, [rig.quick(mine[0])])
    rig.wait(lambda: len(arex.jobs) == 3)
    rig.now = 31
    rig.site.status(again)
    rig.wait(lambda: list(arex.jobs) == [again[0].id])
    arex.hold = False
    end_of(rig, again)
    assert [rig.ran(tag) for tag in mine] == [1, 0]


def test_a_dead_connection_is_no_trouble(rig: ArcRig, arex: FakeArex) -> None:
    arex.faults["jobs"] = [Fault(cut="before")]
    assert rig.site.find(["x"]) == {"x": None}


def test_the_service_is_restarted_in_the_middle(rig: ArcRig, arex: FakeArex) -> None:
    receipts = hand_over(rig, [rig.endless(tag) for tag in tags(2)])
    port = arex.port
    arex.shut()
    with pytest.raises(SiteUnavailable):
        rig.site.status(receipts)
    arex.start(port)
    rig.wait(lambda: {one.phase for one in rig.site.status(receipts)} == {Phase.RUNNING})


# ---- states


def test_information_is_a_minute_old(rig: ArcRig, arex: FakeArex) -> None:
    """The wrapper knows better and says so elsewhere; nothing wrong is concluded here."""
    arex.frozen = True
    receipts = hand_over(rig, [rig.quick(tag) for tag in tags(2)])
    rig.wait(lambda: all(rig.ran(one.tag) for one in receipts))
    assert {one.phase for one in rig.site.status(receipts)} == {Phase.QUEUED}
    arex.frozen = False
    end_of(rig, receipts)


def test_a_status_that_forgets(rig: ArcRig, arex: FakeArex) -> None:
    with_settings(rig, unseen_seconds=60)
    receipts = hand_over(rig, [rig.endless(tag) for tag in tags(2)])
    arex.blind = True
    assert {one.phase for one in rig.site.status(receipts)} == {Phase.NOT_YET_VISIBLE}
    rig.now = 59
    assert {one.phase for one in rig.site.status(receipts)} == {Phase.NOT_YET_VISIBLE}
    assert rig.site.find([one.tag for one in receipts]) == {one.tag: one for one in receipts}
    arex.blind = False
    rig.wait(lambda: {one.phase for one in rig.site.status(receipts)} == {Phase.RUNNING})
    arex.blind = True
    rig.site.status(receipts)
    rig.now = 125
    assert {one.phase for one in rig.site.status(receipts)} == {Phase.GONE}


def test_a_state_nobody_knows(rig: ArcRig, arex: FakeArex) -> None:
    receipts = hand_over(rig, [rig.endless(tag) for tag in tags(1)])
    (job,) = arex.jobs.values()
    rig.wait(lambda: job.state == "RUNNING")
    job.state = "TRANSCENDING"
    assert rig.site.status(receipts)[0].phase is Phase.QUEUED
    job.state = "RUNNING"


@pytest.mark.parametrize("action", ["status", "info", "kill", "clean", "new", "jobs"])
def test_a_service_that_is_not_well(rig: ArcRig, arex: FakeArex, action: str) -> None:
    receipts = hand_over(rig, [rig.quick(tag) for tag in tags(1)])
    end_of(rig, receipts)
    arex.faults[action] = [Fault(status=500)]
    with pytest.raises(SiteUnavailable, match="it answered 500 Service is not well"):
        if action in ("status", "info"):
            rig.site.status(receipts)
        elif action == "kill":
            rig.site.cancel(receipts)
        elif action == "clean":
            rig.site.forget(receipts)
        elif action == "new":
            rig.site.submit([rig.quick("x")])
        else:
            rig.site.find(["y"])
    rig.site.forget(receipts)
    assert {one.phase for one in rig.site.status(receipts)} == {Phase.GONE}


def test_a_slow_status(rig: ArcRig, arex: FakeArex) -> None:
    receipts = hand_over(rig, [rig.endless(tag) for tag in tags(1)])
    arex.faults["status"] = [Fault(before=SECONDS + 1)]
    begin = time.monotonic()
    with pytest.raises(SiteUnavailable, match="it did not answer in time"):
        rig.site.status(receipts)
    assert time.monotonic() - begin < SECONDS + 1


# ---- the end of attempts


def test_exit_codes(rig: ArcRig, arex: FakeArex) -> None:
    receipts = hand_over(
        rig, [rig.script(tag, f"exit {code}") for tag, code in zip(tags(3), (0, 13, 137), strict=True)]
    )
    end_of(rig, receipts)
    well, failed, killed = rig.site.status(receipts)
    assert (well.exit_code, well.reason) == (0, None)
    assert (failed.exit_code, failed.reason) == (13, None), "the wrapper has told why"
    assert killed.reason is not None
    assert killed.reason.sentence == "The site arc ended the job: its wrapper was killed there by SIGKILL"


def test_ended_by_arex(rig: ArcRig, arex: FakeArex) -> None:
    receipts = hand_over(rig, [rig.endless(tag) for tag in tags(1)])
    rig.wait(lambda: rig.ran(receipts[0].tag) == 1)
    (job,) = arex.jobs.values()
    assert job.process is not None
    os.killpg(job.process.pid, 9)
    end_of(rig, receipts)
    (sighting,) = rig.site.status(receipts)
    assert not sighting.cancelled
    assert sighting.reason is not None
    assert "its wrapper was killed there by SIGKILL" in sighting.reason.sentence


def test_what_is_left_behind(rig: ArcRig, arex: FakeArex) -> None:
    mine = tags(2)
    lines = f"mkdir {mine[0]}; printf 'type=Running\\ntype=Finished\\n' >{mine[0]}/events; echo said; echo + >&2"
    receipts = hand_over(rig, [rig.script(mine[0], lines), rig.quick(mine[1])])
    end_of(rig, receipts)
    assert [one.exit_code for one in rig.site.status(receipts)] == [0, 0]
    calls = arex.calls.total()
    left, nothing = rig.site.collect(receipts)
    assert arex.calls.total() == calls + 3, "nothing is asked about one that left nothing"
    assert (left.events, left.log) == (("type=Running", "type=Finished"), "said\n+\n")
    assert (nothing.events, nothing.log) == ((), "")
    rig.restart()
    assert rig.site.collect(receipts) == [left, nothing]


def test_a_job_that_is_started_again_does_nothing(rig: ArcRig, arex: FakeArex) -> None:
    """By its batch system, in the same session."""
    receipts = hand_over(rig, [rig.quick(tag) for tag in tags(1)])
    end_of(rig, receipts)
    (job,) = arex.jobs.values()
    job.process, job.code, job.state = None, None, "QUEUING"
    end_of(rig, receipts)
    assert rig.ran(receipts[0].tag) == 1
    (sighting,) = rig.site.status(receipts)
    assert sighting.reason is not None
    assert "started it a second time" in sighting.reason.sentence


# ---- refusals


def test_the_site_takes_no_jobs_now(rig: ArcRig, arex: FakeArex) -> None:
    """Not a refusal, which would use up a retry: they go when it is well again."""
    for trouble in ("draining", "full"):
        mine = tags(2)
        setattr(arex, trouble, True)
        with pytest.raises(SiteUnavailable, match=r"it takes no jobs now: (New job submission|Failed to create)"):
            rig.site.submit([rig.quick(tag) for tag in mine])
        assert rig.site.find(mine) == dict.fromkeys(mine)
        setattr(arex, trouble, False)


def test_a_queue_that_is_gone(rig: ArcRig, arex: FakeArex) -> None:
    mine = tags(2)
    ask = replace(rig.quick(mine[0]), ce=rig.ce.replace("-main", "-gone"))
    refusal, receipt = sorted(rig.site.submit([ask, rig.quick(mine[1])]), key=lambda one: one.tag == mine[1])
    assert isinstance(refusal, Refusal)
    assert "it has no queue 'gone'" in refusal.reason.sentence
    assert isinstance(receipt, Receipt)
    arex.queues = ("other",)
    (refusal,) = rig.site.submit([rig.quick(tag) for tag in tags(1)])
    assert isinstance(refusal, Refusal)
    assert "Requested queue main is not allowed for this user" in refusal.reason.sentence
    with_settings(rig, queues=("main",))
    with pytest.raises(SiteUnavailable, match="it has none of the queues main; it has: other"):
        rig.site.describe()


def test_only_the_queues_that_are_wanted(rig: ArcRig) -> None:
    with_settings(rig, queues=("other",))
    assert [evaluate_attribute(ad, "GlueCEName") for ad in rig.site.describe()] == ["other"]


def test_jobs_of_others_with_our_identity_are_let_alone(rig: ArcRig, arex: FakeArex) -> None:
    arex.hold = True
    with_settings(rig)
    stranger = hand_over(rig, [rig.quick("somebody-elses")])
    rig.restart()
    arex.faults["new"] = [Fault(cut="before")]
    with pytest.raises(SiteUnavailable):
        rig.site.submit([rig.quick("gw-mine-1")])
    rig.site.find(["gw-mine-1"])
    rig.now = 40
    rig.site.status([Receipt(tag="gw-mine-0", id="nothing")])
    assert list(arex.jobs) == [stranger[0].id]


def test_nonsense_is_told_as_such(rig: ArcRig, arex: FakeArex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arex, "info", lambda: json.loads("[]"))
    with pytest.raises(SiteUnavailable, match=r"no GLUE 2"):
        rig.site.describe()
