"""The out-of-order rules: whether an event of a WMS job is late, too old or of another branch.

gLite reference: out-of-order rules 1 to 5, evaluated in this order.
"""

from __future__ import annotations

from gridwms.bookkeeping.machine.work import Branching, Work
from gridwms.bookkeeping.states import StateCode

_ENDED = frozenset({StateCode.CANCELLED, StateCode.CLEARED})


def judge(work: Work) -> None:
    """Set `late` and `branching`; drop what a new entry into the WMS makes void."""
    event, code, before = work.event, work.code, work.before
    state = before.state
    if state in _ENDED or (state is StateCode.ABORTED and event.type != "CollectionState"):
        work.late = True
    last = before.last
    if event.type != "Cancel" and last is not None and (code.ns > last.ns or code.ui > last.ui):
        work.memory |= {"selected": None, "last_on_branch": None, "floor": None}
    floor, selected = work.known("floor"), work.known("selected")
    if floor is not None and code.wm < floor.wm:
        work.late = True
        work.branching = Branching.TOO_OLD
    elif selected is not None:
        if code.wm == selected.wm:
            newest = work.known("last_on_branch")
            if newest is not None and code < newest:
                work.late = True
            work.branching = Branching.GOOD
        else:
            work.late = True
            work.branching = Branching.BAD
    elif last is not None and code < last:
        work.late = True
