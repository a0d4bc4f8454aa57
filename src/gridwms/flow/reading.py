"""Descriptions as they were handed in, in any dialect, read with the defaults and policies of this service."""

from __future__ import annotations

from gridwms.describe.convert import dialects
from gridwms.describe.convert.dialects import Dialect
from gridwms.describe.convert.reading import Reading
from gridwms.flow.world import World


def read(world: World, text: bytes, dialect: Dialect | None = None) -> Reading:
    """Read and check a text; its dialect is guessed when it is not given."""
    chosen = dialect or dialects.guess(text)
    return dialects.read(text, chosen, world.settings.jdl_defaults, now=world.clock())
