"""How the service is, for people, programs and information systems."""

from __future__ import annotations

from gridwms.api.settings import Settings
from gridwms.flow.load import line
from gridwms.flow.world import World


def accepts(world: World) -> bool:
    """Whether it takes new work."""
    return not world.drain.on and not any(one.over for one in (world.load.vitals() if world.load is not None else []))


def briefly(world: World, settings: Settings) -> list[str]:
    """The same for everybody to read: what is wrong, without the words of other programs and files."""
    found = [f"site {name} does not answer" for name, text in world.troubles.items() if text]
    found += ["too much load"] if world.load is not None and any(one.over for one in world.load.vitals()) else []
    found += ["drained"] if world.drain.on else []
    found += ["rules that were changed cannot be used"] if settings.gatekeeper.policies.trouble else []
    return found + [f"source {health.source} does not answer" for health in world.market.health() if health.error]


def troubles(world: World, settings: Settings) -> list[str]:
    """What is wrong with it, a line each."""
    found = [f"site {name}: {text}" for name, text in world.troubles.items() if text]
    found += [line(one) for one in (world.load.vitals() if world.load is not None else []) if one.over]
    found += ["it is drained: no new work is taken"] if world.drain.on else []
    found += [rules] if (rules := settings.gatekeeper.policies.trouble) else []
    return found + [f"source {health.source}: {health.error}" for health in world.market.health() if health.error]
