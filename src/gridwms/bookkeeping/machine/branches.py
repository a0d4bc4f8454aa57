"""The rows of the branches: what Match, EnQueued and Running told, kept by the WM counter of the event.

Within one cycle Match has a lower counter than EnQueued, and that may have a lower one than the events after the
hand-over, so a selection looks at the row of the selected counter and the two before it, the newer winning.
"""

from __future__ import annotations

from gridwms.bookkeeping.machine.memory import Branch
from gridwms.bookkeeping.machine.work import Work


def remember(work: Work, *, destination: str | None = None, ce_node: str | None = None, jdl: str | None = None) -> None:
    """Note in the row of the event's WM counter. Counter 0 has no row: such a job never was in the WM."""
    counter = work.code.wm
    if counter == 0:
        return
    rows = {row.counter: row for row in work.known("branches")}
    row = rows.get(counter, Branch(counter))
    rows[counter] = Branch(counter, destination or row.destination, ce_node or row.ce_node, jdl or row.jdl)
    work.memory["branches"] = tuple(sorted(rows.values(), key=lambda one: one.counter))


def select(work: Work) -> None:
    """Take destination, ce_node and matched_jdl from the selected branch."""
    selected, rows = work.known("selected"), work.known("branches")
    if selected is None or not rows:
        return
    place = next((place for place, row in enumerate(rows) if row.counter == selected.wm), len(rows))
    for row in rows[max(0, place - 2) : place + 1]:
        if row.destination is not None:
            work.changes["destination"] = row.destination
        if row.ce_node is not None:
            work.changes["ce_node"] = row.ce_node
        if row.jdl is not None:
            work.changes["matched_jdl"] = row.jdl


def reset(work: Work) -> None:
    """A deep resubmission, or the end: forget the branches; what is older than this event no longer counts."""
    work.changes |= {"possible_destinations": (), "possible_ce_nodes": (), "payload_running": False}
    work.memory |= {"branches": (), "selected": None, "floor": work.code, "resubmission": "WILLRESUB"}
