# ruff: noqa: E501 - tables are easier to read with one case a line
"""The functions of the gLite broker, with the meaning that was intended."""

from __future__ import annotations

import pytest

from gridwms.classad import (
    UNDEFINED,
    ClassAd,
    EvaluationContext,
    evaluate,
    evaluate_attribute,
    parse_ad,
    parse_expression,
)
from gridwms.classad.conformance import evaluate as canonical

CE = """[storage = [VO = parent.other.VirtualOrganisation; CloseSEs = retrieveCloseSEsInfo(VO)]; GlueCEUniqueID = "ce";
    acl = {"VO:cms", "VOMS:/cms/Role=production", "VOMS:/atlas", "DENY:/cms/bad", "VOMS:/grid/*/Role=*", 5}]"""
JOB = '[VirtualOrganisation = "cms"; need = 300; SEs = {[s = 100; ok = true], [s = 500; ok = false], [s = 900; ok = true]}]'


def value(text: str) -> list:
    return canonical(text, JOB, CE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("anyMatch(SEs, target.s > need)", ["bool", True]),
        ("anyMatch(SEs, other.s > 1000)", ["bool", False]),
        ("anyMatch({}, target.s > 1)", ["bool", False]),
        ("anyMatch(SEs, target.s > my.need && target.ok)", ["bool", True]),
        ("allMatch(SEs, target.s > 50)", ["bool", True]),
        ("allMatch(SEs, target.s > need)", ["bool", False]),
        ("allMatch({}, target.s > need)", ["bool", True]),
        ("size(whichMatch(SEs, target.s > need))", ["int", 2]),
        ("whichMatch(SEs, target.s > need).s", ["list", [["int", 500], ["int", 900]]]),
        ("whichMatch(SEs, target.s > 1000)", ["undefined"]),
        ("anyMatch(SEs, target.missing > 1)", ["bool", False]),
        ("anyMatch(SEs, target.s)", ["error"]),
        ("anyMatch(SEs, target.s + 1)", ["error"]),
        ("anyMatch({1}, target.s > 1)", ["error"]),
        ("anyMatch(5, target.s > 1)", ["error"]),
        ("anyMatch(SEs)", ["error"]),
        ("anyMatch(missing, target.s > 1)", ["undefined"]),
        ("isMember(1, {1, 2})", ["bool", True]),
    ],
)
def test_gangs(text: str, expected: list) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("fqan", "held"),
    [
        ("VO:cms", True),
        ("VOMS:/cms/Role=production", True),
        ("VOMS:/cms/Role=production/Capability=NULL", True),
        ("VOMS:/cms", False),
        ("VOMS:/cms/Role=NULL", False),
        ("VOMS:/cms/sub/Role=production", False),
        ("VOMS:/atlas", True),
        ("VOMS:/atlas/Role=NULL/Capability=NULL", True),
        ("VOMS:/atlas/Role=admin", False),
        ("VOMS:/VO=atlas/GROUP=/atlas", True),
        ("VOMS:/grid/any/Role=x", True),
        ("VOMS:/grid/any/deep/Role=NULL", True),
        ("VOMS:/grid", False),
        ("DENY:/cms/bad", True),
        ("DENY:/cms", False),
        ("nonsense", False),
    ],
)
def test_fqan_member(fqan: str, held: bool) -> None:
    assert value(f'fqanMember("{fqan}", other.acl)') == ["bool", held]
    assert value(f'fqanMember(other.acl, "{fqan}")') == ["bool", held]


def test_fqan_member_of_the_broker_s_regression() -> None:
    text = 'fqanMember("VOMS:/gridit/ansys/Role=NULL/Capability=NULL", {"VOMS:/gridit/ansys", "VO:x"})'
    assert value(text) == ["bool", True]
    assert value("fqanMember(5, 6)") == ["bool", False]
    assert value('fqanMember("x")') == ["error"]


def test_list_attr_regex() -> None:
    job = parse_ad('[req = other.GlueCEStatus == "x" && mine > 5; mine = other.GlueCPUs]')
    found = evaluate(parse_expression('listAttrRegEx("^Glue", req)'), job)
    assert found == ("GlueCEStatus", "GlueCPUs")
    assert evaluate(parse_expression('listAttrRegEx("^Nothing", req)'), job) is UNDEFINED
    assert evaluate(parse_expression('listAttrRegEx("^Glue", missing)'), job) is UNDEFINED


def test_close_storage_elements_come_from_the_information_system() -> None:
    storage = {"cms": [parse_ad('[name = "se1"; free = 10]'), parse_ad('[name = "se2"; free = 900]')]}
    asked = []

    def close(ad: ClassAd, vo: str) -> list[ClassAd]:
        asked.append((evaluate_attribute(ad, "GlueCEUniqueID"), vo))
        return storage.get(vo, [])

    context = EvaluationContext(close_storage=close)
    text = "anyMatch(other.storage.CloseSEs, target.free > 300)"
    assert evaluate(parse_expression(text), parse_ad(JOB), parse_ad(CE), context=context) is True
    assert asked == [("ce", "cms")]
    other = parse_ad(JOB).with_(VirtualOrganisation="atlas")
    assert evaluate(parse_expression(text), other, parse_ad(CE), context=context) is False


def test_bookkeeping_comes_from_outside() -> None:
    context = EvaluationContext(success_fraction=lambda ce: 0.5, response_time=lambda ce, mode, seconds: 12.0 * seconds)
    assert evaluate(parse_expression('successFraction("ce")'), context=context) == 0.5
    assert evaluate(parse_expression('measuredResponseTime("q", "m", 2)'), context=context) == 24.0
    assert evaluate(parse_expression('successFraction("ce")')) == 1.0
    assert evaluate(parse_expression('measuredResponseTime("q", "m", 2)')) is UNDEFINED
