"""Which sites do not answer, and since when: told by the instance that drives a site to all that match jobs."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from gridwms.flow.world import World
from gridwms.store import standings
from gridwms.store.standings import Silence


def tell_silences(world: World, driven: Collection[str]) -> None:
    """Write down what has changed of the sites that this instance drives."""
    now = world.clock()
    known = world.database.read(standings.silent)
    silent = {
        site: Silence(known[site].since if site in known else now, why[:1000])
        for site, why in dict(world.troubles).items()
        if site in driven
    }
    # Of a site that was not asked yet since the start nothing is known: what was told of it before stands.
    over = {site for site in known if site in driven and site in world.answering and site not in silent}
    changed = {site: one for site, one in silent.items() if known.get(site) != one}
    if not changed and not over:
        return

    def work(connection: Connection) -> None:
        standings.tell_silences(connection, {*changed, *over}, changed)

    world.database.write(work)
    if over:
        world.waiting.set()
