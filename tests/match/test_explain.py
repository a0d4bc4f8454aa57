from __future__ import annotations

from dataclasses import replace

import pytest

from gridwms.classad import ClassAd, Literal, parse_ad
from gridwms.jobs.reasons import Reason
from gridwms.match import Matching, Verdict, explain, match, named, reason_of
from gridwms.match.policies import read_policies
from tests.match.resources import ids, matched, place, snapshot_of

PLACES = (
    place("a", 'status = "Production"; cpus = 10'),
    place("b", 'status = "Closed"; cpus = 20'),
    place("c", 'status = "Closed"'),
)


def test_nothing_in_the_market() -> None:
    explanation = explain(matched("true", "1"))
    assert explanation.reason is not None
    assert explanation.reason.code == "no_resources"
    assert explanation.summary == "The market holds no resource at all."


def test_the_clause_to_blame_is_named() -> None:
    verdict = matched('other.status == "Closed" && other.cpus > 50', "1", *PLACES)
    reason = reason_of(verdict)
    assert reason is not None
    assert reason.code == "no_match"
    assert reason.params["considered"] == "3"
    assert reason.sentence == (
        "BrokerHelper: no compatible resources: none of 3 resources meets the requirements "
        "(other.cpus > 50 alone rejects 2)."
    )


def test_clauses_that_only_reject_together() -> None:
    reason = reason_of(matched("other.cpus > 50 && other.memory > 5", "1", *PLACES))
    assert reason is not None
    assert reason.params["clause"] == "other.cpus > 50 rejects 3"


def test_lines_tell_numbers_and_causes() -> None:
    explanation = explain(matched('other.status == "Closed" && other.cpus > 50', "1", *PLACES))
    assert [line.text for line in explanation.lines] == [
        "The job's clause other.cpus > 50 rejects 3 of 3 resources "
        "(2 because it is false, 1 because something it needs is not published); without it 2 more would match, "
        "1 with other.cpus >= 20.",
        'The job\'s clause other.status == "Closed" rejects 1 of 3 resources.',
    ]
    assert explanation.lines[0].side == "job"
    assert explanation.summary == "0 of 3 resources meet the requirements."


def test_requirements_of_resources_are_told_too() -> None:
    explanation = explain(matched("true", "1", place("a", "Requirements = other.vo == 1"), job="vo = 2"))
    (line,) = explanation.lines
    assert line.side == "resource"
    assert (
        line.text == "The resources' own clause other.vo == 1 rejects 1 of 1 resource; without it 1 more would match."
    )


def test_no_rank() -> None:
    explanation = explain(matched("true", "other.nothing", *PLACES))
    assert explanation.reason is not None
    assert (explanation.reason.code, explanation.reason.params["matching"]) == ("no_rank", "3")
    assert "3 of these have no numeric rank" in explanation.summary


def test_no_site_leads_there() -> None:
    explanation = explain(matched("true", "1", place("a", site=None), place("b", site=None)))
    assert explanation.reason is not None
    assert explanation.reason.code == "not_deliverable"
    assert explanation.reason.params["ce"] == "a"
    assert explanation.deliverable == 0


def test_a_match_needs_no_reason() -> None:
    explanation = explain(matched("true", "1", place("a"), place("b", site=None)))
    assert explanation.reason is None
    assert explanation.lines == ()
    assert explanation.summary == "2 of 2 resources meet the requirements; a configured site leads to 1 of them."


def test_submit_to() -> None:
    rules = 'GlueCEAccessControlBaseRule = {"VO:cms"}'
    snapshot = snapshot_of(place("a", host="h"), place("b", site=None), place("c", rules), place("d/x", rules))
    matching = Matching(parse_ad('[ VirtualOrganisation = "atlas" ]'), Literal(True), Literal(0), read_policies({}))
    found = named("a", snapshot, matching)
    assert isinstance(found, Verdict)
    assert [(c.ce_id, c.host, c.site) for c in found.candidates] == [("a", "h", "here")]
    codes = [getattr(named(ce_id, snapshot, matching), "code", None) for ce_id in ("b", "c", "d", "x")]
    assert codes == ["not_deliverable", "not_permitted", "unknown_ce", "unknown_ce"]
    nowhere = named("a", snapshot_of(), matching)
    assert isinstance(nowhere, Reason)
    assert nowhere.code == "no_resources"


def test_submit_to_takes_the_views_that_are_open() -> None:
    views = [
        replace(place("a", f'GlueCEAccessControlBaseRule = {{"VO:{vo}"}}'), view=vo)
        for vo in ("atlas", "biomed", "cms")
    ]
    snapshot = snapshot_of(place("a.other"), *views)
    matching = Matching(parse_ad('[ VirtualOrganisation = "cms" ]'), Literal(True), Literal(0), read_policies({}))
    found = named("a", snapshot, matching)
    assert isinstance(found, Verdict)
    assert [snapshot.at(place.row).view for place in found.candidates] == ["cms"]


@pytest.mark.parametrize(
    ("clause", "relaxed"),
    [
        ("other.x >= 10", (("other.x >= 8", 1), ("other.x >= 2", 4))),
        ("10 < other.x", (("other.x >= 8", 1), ("other.x >= 2", 4))),
        ("other.x < 2", (("other.x <= 2", 2), ("other.x <= 8", 4))),
        ("other.x == 3", (("other.x == 2", 2),)),
        ('other.s == "q"', (('other.s == "w"', 3),)),
        ("other.missing > 1", ()),
        ("member(1, other.x)", ()),
    ],
)
def test_by_how_much_a_clause_misses(clause: str, relaxed: tuple[tuple[str, int], ...]) -> None:
    values = ((2, "w"), (2, "w"), (5, "w"), (8, "v"))
    places = [place(f"p{number}", f'x = {x}; s = "{s}"') for number, (x, s) in enumerate(values)]
    (count,) = matched(clause, "1", *places).clauses
    assert count.relaxed == relaxed


def test_policies_are_counted_and_told() -> None:
    job = parse_ad('[ VirtualOrganisation = "atlas"; VOMS_FQAN = "/atlas/Role=production" ]')
    places = (
        place("a", 'GlueCEAccessControlBaseRule = {"VO:atlas"}'),
        place("b", 'GlueCEAccessControlBaseRule = {"VO:cms"}'),
        place("c", 'GlueCEAccessControlBaseRule = {"VO:atlas", "DENY:/atlas/Role=production"}'),
        place("d", 'GlueCEAccessControlBaseRule = {"VOMS:/atlas/Role=production"}'),
        place("e", "GlueCEStateTotalJobs = 9; GlueCEPolicyMaxTotalJobs = 9"),
        place("f-sdj"),
        place("g"),
    )
    verdict = match(job, Literal(True), Literal(0), snapshot_of(*places), read_policies({}))
    assert ids(verdict) == ["a", "d", "g"]
    assert {count.clause: count.alone for count in verdict.policies if count.rejects} == {
        "authorised": 2,
        "not_full": 1,
        "short_deadline": 1,
    }
    texts = [line.text for line in explain(verdict).lines]
    assert any("The service's policy authorised rejects 2 of 7 resources" in text for text in texts)


def test_policies_can_be_changed_by_name() -> None:
    policies = read_policies({"short_deadline": "", "mine": 'other.GlueCEUniqueID != "a"'})
    verdict = match(ClassAd(), Literal(True), Literal(0), snapshot_of(place("a"), place("b-sdj")), policies)
    assert ids(verdict) == ["b-sdj"]
