"""Compounds in the words of L&B: their events, states, nodes, tags, access lists, and questions about them."""

from __future__ import annotations

import pytest

from gridwms.bookkeeping.access.acl import Client, Permission
from gridwms.bookkeeping.query.attributes import Subject
from gridwms.bookkeeping.query.flags import Flags
from gridwms.bookkeeping.query.url import parse_query
from gridwms.bookkeeping.states import JobType, StateCode
from gridwms.flow.audit import audit
from gridwms.flow.bookkeeping.named import named
from gridwms.flow.bookkeeping.search import Asker, find_events, find_jobs
from gridwms.flow.bookkeeping.show import events, lines, status
from gridwms.flow.cancel import cancel
from gridwms.flow.remarks import share, tag
from gridwms.flow.status import held
from gridwms.flow.status import status as views
from gridwms.jobs.ids import node_key
from gridwms.security.identity import Identity, Role
from gridwms.security.policy import allowed
from tests.flow.compounds import compound, hand_in
from tests.flow.conftest import Stage


def asker(name: str, *roles: Role) -> Asker:
    identity = Identity(subject=name, roles=frozenset(roles))
    return Asker(identity, lambda action, job: allowed(identity, action, job))


@pytest.fixture
def parent(stage: Stage) -> str:
    return hand_in(stage.world, compound(stage.world, 3))


def test_a_compound_and_its_nodes(stage: Stage, parent: str) -> None:
    whole = named(stage.world, parent)
    found = status(stage.world, whole, Flags.CHILDREN | Flags.CHILDSTAT)
    assert (found.state, found.jobtype, found.children_num) == (StateCode.WAITING, JobType.COLLECTION, 3)
    assert found.children_hist[StateCode.WAITING] == 3
    assert [child.state for child in found.children_states] == [StateCode.WAITING] * 3
    node = status(stage.world, named(stage.world, found.children[1]))
    assert (node.parent_job, node.state) == (whole.id, StateCode.WAITING)
    assert 'Arguments = "1"' in (node.jdl or "")
    stage.schedule()
    stage.errands()
    assert status(stage.world, whole).children_hist[StateCode.SCHEDULED] == 3
    other = named(stage.world, hand_in(stage.world, compound(stage.world, 2)))
    cancel(stage.world, "ann", [other.key])
    assert status(stage.world, other).state is StateCode.CANCELLED
    assert 'DG.COLLECTIONSTATE.STATE="Cancelled"' in lines(events(stage.world, other))


def test_questions(stage: Stage, parent: str) -> None:
    single = stage.submit()[0]
    operator = asker("op", Role.OPERATOR)

    def asked(text: str, who: Asker = operator) -> set[str]:
        query = parse_query(text, 0) if text else ()
        found: set[str] = set()
        after = ""
        while True:
            page = find_jobs(stage.world, who, query, after=after, limit=2)
            found |= {one.status.job_id.rsplit("/", 1)[1] for one in page.found}
            if not (after := page.next):
                return found

    nodes = {node_key(parent, number) for number in range(3)}
    assert asked("") == {parent, single, *nodes}
    assert asked(f"parent_job={stage.world.settings.base_url}/jobs/{parent}") == nodes
    assert asked("jobtype=collection") == {parent}
    assert asked("jobtype=simple&parent_job<>x") == nodes
    assert asked(f"jobid={parent}&status=waiting") == {parent}
    tag(stage.world, "ann", [parent], {"colour": "red"})
    assert asked("usertag(colour)=red") == {parent}
    registered, after = 0, ""
    while True:  # a page may end because its time is up
        page = find_events(stage.world, operator, (), parse_query("type=RegJob", 0, Subject.EVENTS), after=after)
        registered += len(page.found)
        if not (after := page.next):
            break
    assert registered == 5


def test_what_a_compound_allows_its_nodes_allow(stage: Stage, parent: str) -> None:
    owner = views(stage.world, [parent])[0].owner
    bob = asker("bob")
    assert find_jobs(stage.world, bob, (), limit=9).found == ()
    tag(stage.world, owner, [parent], {"a": "b"})
    share(stage.world, owner, [parent], "bob", "read")
    assert len(find_jobs(stage.world, bob, (), limit=9).found) == 4
    node = node_key(parent, 2)
    for key, known in held(stage.world, [parent, node]).items():
        assert known.access.allows(Client("bob"), Permission.READ), key
    # The first node has the row number of its compound: what is said of one is not said of the other.
    assert dict(views(stage.world, [parent])[0].user_tags) == {"a": "b"}
    assert dict(views(stage.world, [node_key(parent, 0)])[0].user_tags) == {}
    assert list(audit(stage.world.database)) == []
    share(stage.world, owner, [parent], "bob", "read", added=False)
    assert find_jobs(stage.world, bob, (), limit=9).found == ()
