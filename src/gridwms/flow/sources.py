"""The information sources as operators see them, and asking them."""

from __future__ import annotations

from gridwms.flow.errors import NotFound
from gridwms.flow.world import World
from gridwms.market.shelf import Held, Trial
from gridwms.market.source import Health


def health(world: World, name: str) -> Health:
    """How a source is doing. Raises NotFound."""
    known = world.market.health()
    for one in known:
        if one.source == name:
            return one
    names = ", ".join(one.source for one in known) or "none"
    raise NotFound(f"There is no information source '{name}'.", f"The sources are: {names}.")


def entries(world: World, name: str) -> list[Held]:
    """What a source told of and is kept, by id. Raises NotFound."""
    health(world, name)
    return world.market.entries(name)


def refresh(world: World, name: str) -> None:
    """Ask a source now, and let matching know when it told of something new. Raises NotFound."""
    health(world, name)
    before = world.market.snapshot.version
    if world.market.refresh(name).version != before:
        world.waiting.set()


def test(world: World, name: str) -> Trial:
    """Ask a source, and change nothing. Raises NotFound."""
    health(world, name)
    return world.market.test(name)
