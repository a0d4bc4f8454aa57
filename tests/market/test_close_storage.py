"""Whoever tells of close storage elements: gang matching finds them."""

from __future__ import annotations

from gridwms.classad import EvaluationContext, evaluate, parse_ad, parse_expression
from gridwms.market.close_storage import STORAGE, close_storage
from gridwms.market.intake import take_in

CLOSE = """[ GlueCEUniqueID = "ce:1/x-y-z"; CloseStorageElements = {
  [ GlueSEUniqueID = "se1"; GlueSA = {[ GlueSALocalID = "atlas"; GlueSAStateAvailableSpace = 500 ]} ] } ]"""


def test_each_resource_that_has_any_gets_the_attribute_once() -> None:
    known = take_in([parse_ad(CLOSE), parse_ad('[ GlueCEUniqueID = "ce:1/x-y-w" ]')], source="test")
    with_some, without = known.resources["ce:1/x-y-z"].ad, known.resources["ce:1/x-y-w"].ad
    assert with_some["storage"] is STORAGE
    assert "storage" not in without
    again = take_in([parse_ad(CLOSE)], source="test", known=known)
    assert again.resources["ce:1/x-y-z"].ad is with_some
    job = parse_ad('[ VirtualOrganisation = "atlas" ]')
    condition = parse_expression("anyMatch(other.storage.CloseSEs, target.GlueSAStateAvailableSpace > 300)")
    assert evaluate(condition, job, with_some, context=EvaluationContext(close_storage=close_storage)) is True
