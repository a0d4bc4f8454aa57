"""How often the interpreter looks for garbage that only it can find."""

from __future__ import annotations

import gc

_NEW = 100_000
"""Objects that are made before it looks at the new ones. Jobs on their way are tuples that nothing points back to:
looking through thousands of them again and again finds nothing, and took a quarter of the writer's time."""


def settle() -> None:
    """Leave what was made so far alone for good, and look seldom; once, when the service has been built."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW, 20, 50)
