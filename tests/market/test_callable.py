from __future__ import annotations

import pytest

from gridwms.classad import ClassAd, evaluate_attribute
from gridwms.market import SourceError
from gridwms.market.sources.callable import CallableSource

AD = ClassAd.from_values({"GlueCEUniqueID": "a"})


def test_ads_of_a_site_lead_there() -> None:
    (ad,) = CallableSource("here", 30, lambda: [AD], site="here").fetch()
    assert evaluate_attribute(ad, "GridwmsSite") == "here"


def test_without_a_site_ads_are_left_alone() -> None:
    assert CallableSource("here", 30, lambda: [AD]).fetch() == [AD]


def test_an_operator_may_say_more_of_them() -> None:
    more = ClassAd.from_values({"GlueHostMainMemoryRAMSize": 64000, "GlueCEUniqueId": "b"})
    (ad,) = CallableSource("here", 30, lambda: [AD], site="here", attributes=more).fetch()
    names = ("GridwmsSite", "GlueHostMainMemoryRAMSize", "GlueCEUniqueID")
    assert [evaluate_attribute(ad, name) for name in names] == ["here", 64000, "b"]


def test_any_failure_becomes_a_sentence() -> None:
    def fail() -> list[ClassAd]:
        raise OSError("no route")

    with pytest.raises(SourceError, match="the source 'here' did not answer: no route"):
        CallableSource("here", 30, fail).fetch()
