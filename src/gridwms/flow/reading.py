"""Descriptions as they were handed in, in any dialect, read with the defaults and policies of this service."""

from __future__ import annotations

from dataclasses import replace

from gridwms.describe.convert import dialects
from gridwms.describe.convert.dialects import Dialect
from gridwms.describe.convert.reading import Reading, error
from gridwms.flow.world import World


def read(world: World, text: bytes, dialect: Dialect | None = None, vo: str = "") -> Reading:
    """Read and check a text; its dialect is guessed when it is not given.

    `vo`: the one that the sender speaks for, "" for any. A text that names none is of that one, and one that names
    another is refused (gLite reference §4.3).
    """
    chosen = dialect or dialects.guess(text)
    defaults = world.settings.jdl_defaults
    if vo:
        defaults = replace(defaults, vo=vo)
    reading = dialects.read(text, chosen, defaults, now=world.clock())
    named = reading.description or reading.compound
    if not vo or named is None or named.vo == vo:
        return reading
    message = f"'{named.vo}' is not the VO of your proxy or token"
    found = error("other_vo", "VirtualOrganisation", message, (0, 0), found=named.vo, accepted=vo)
    return replace(reading, description=None, compound=None, problems=(*reading.problems, found))
