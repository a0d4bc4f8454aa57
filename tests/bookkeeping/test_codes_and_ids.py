"""Sequence codes, job ids, subjects."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridwms.bookkeeping import jobid, seqcode, sources
from gridwms.bookkeeping.seqcode import BadSequenceCode, SequenceCode
from gridwms.bookkeeping.subjects import same_subject

codes = st.builds(SequenceCode, *[st.integers(0, 999_999)] * 9)


@given(codes, codes)
def test_codes_compare_from_left_to_right(one: SequenceCode, other: SequenceCode) -> None:
    assert seqcode.parse(str(one)) == one
    assert seqcode.compare(str(one), str(other)) == (one > other) - (one < other)


def test_a_missing_lbs_is_0() -> None:
    assert seqcode.parse(seqcode.CLEARED_BY_PURGER) == SequenceCode(ui=9, ns=96669)
    assert seqcode.parse(seqcode.ABORTED_WITHOUT_CODE).lbs == 0
    assert str(seqcode.parse(seqcode.ABORTED_WITHOUT_CODE)) == seqcode.ABORTED_WITHOUT_CODE + ":LBS=000000"


def test_increments() -> None:
    code = seqcode.increment(SequenceCode(), sources.WORKLOAD_MANAGER)
    assert code == SequenceCode(wm=1)
    assert seqcode.increment(code, sources.CREAM_EXECUTOR) is code
    assert seqcode.without_log_monitor(SequenceCode(wm=1, lm=3)) == code


@pytest.mark.parametrize("text", ["", "UI=1", "UI=-1:NS=0", seqcode.CLEARED_BY_PURGER + ":", "UI=" + "9" * 99])
def test_what_is_no_code(text: str) -> None:
    with pytest.raises(BadSequenceCode):
        seqcode.parse(text)
    assert seqcode.parse_or_none(text) is None


def test_the_other_families() -> None:
    text = "CLIENT=000001:SERVER=0000000002:SCHED=000003:SMOM=000004:MOM=000005"
    assert str(seqcode.parse_pbs(text)) == text
    text = "TIMESTAMP=20110313063320:POS=0000000012:EV.CODE=203:SRC=s"
    early, late = seqcode.parse_condor(text), seqcode.parse_condor(text.replace("SRC=s", "SRC=m"))
    assert str(early) == text
    assert seqcode.parse_condor(text.replace("SRC=s", "SRC=C")) < early < late
    for parse in (seqcode.parse_pbs, seqcode.parse_condor):
        with pytest.raises(BadSequenceCode):
            parse("x")


def test_job_ids() -> None:
    text = "https://lb.example.org:9000/AAAAAAAAAAAAAAAAAAAAAA"
    parent = jobid.parse(text)
    assert (str(parent), jobid.parse("https://lb.example.org/AAAAAAAAAAAAAAAAAAAAAA")) == (text, parent)
    assert len(jobid.new_job_id("h", 9000, 1, 2, 3).unique) == jobid.UNIQUE_LENGTH
    notification = "https://lb.example.org:9000/NOTIF:abc"
    assert str(jobid.parse_notification(notification)) == notification


def test_sub_jobs_can_be_computed_by_anybody() -> None:
    parent = jobid.parse("https://lb.example.org:9000/AAAAAAAAAAAAAAAAAAAAAA")
    digest = hashlib.md5(b"AAAAAAAAAAAAAAAAAAAAAA,seed,1").digest()
    expected = urlsafe_b64encode(digest).decode().rstrip("=")
    first, second = jobid.sub_jobs(parent, 2, "seed")
    assert second.unique == expected != first.unique
    assert jobid.sub_job(parent, 0) == jobid.sub_job(parent, 0, "edg_wll_GenerateSubjobIds()")
    assert (first.host, first.port) == (parent.host, parent.port)


@pytest.mark.parametrize(
    "text", ["", "http://a:1/b", "https://a:0/b", "https://a:99999/b", "https://a/NOTIF:b", "https://a/"]
)
def test_what_is_no_job_id(text: str) -> None:
    with pytest.raises(jobid.BadId):
        jobid.parse(text)


def test_a_job_id_is_no_notification_id() -> None:
    with pytest.raises(jobid.BadId):
        jobid.parse_notification("https://a/b")


def test_subjects() -> None:
    assert same_subject("/CN=Ann/Email=a@x", "/CN=Ann/emailAddress=a@x/CN=proxy/CN=12345")
    assert not same_subject("/CN=Ann", "/CN=Bob")
