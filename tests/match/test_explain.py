from __future__ import annotations

from gridwms.jobs.reasons import Reason
from gridwms.match import Verdict, explain, named, reason_of
from tests.match.resources import matched, place, snapshot_of

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
        "(2 because it is false, 1 because something it needs is not published); without it 2 more would match.",
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
    snapshot = snapshot_of(place("a", host="h"), place("b", site=None))
    found = named("a", snapshot)
    assert isinstance(found, Verdict)
    assert [(c.ce_id, c.host, c.site) for c in found.candidates] == [("a", "h", "here")]
    codes = [outcome.code for outcome in (named("b", snapshot), named("x", snapshot)) if isinstance(outcome, Reason)]
    assert codes == ["not_deliverable", "unknown_ce"]
    nowhere = named("a", snapshot_of())
    assert isinstance(nowhere, Reason)
    assert nowhere.code == "no_resources"
