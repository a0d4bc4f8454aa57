"""States as a query names them."""

from __future__ import annotations

from gridwms.api.errors import BadQuery
from gridwms.jobs.states import State


def states_in(text: str) -> list[State]:
    """The states in a list separated by commas. Raises BadQuery."""
    names = [name.strip().upper() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in State.__members__:
            raise BadQuery(f"'{name}' is not the state of a job.", f"States are {', '.join(State)}.")
    return [State(name) for name in names]
