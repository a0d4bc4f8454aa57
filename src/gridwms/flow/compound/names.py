"""The nodes of a compound by their names, for those who have to tell all of them."""

from __future__ import annotations

from sqlalchemy import Connection

from gridwms.flow.world import World
from gridwms.store import compounds, nodes


def child_names(world: World, key: str) -> list[tuple[str, str]]:
    """Key and name of each node of a compound, in their order; of a single job nothing."""

    def read(connection: Connection) -> list[tuple[str, str]]:
        found = compounds.load(connection, [key])
        if key not in found:
            return []
        number, parent = found[key]
        return nodes.names(connection, number, number + parent.nodes)

    return world.database.read(read)
