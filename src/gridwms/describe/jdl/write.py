"""A description to JDL text. Reading the text again gives an equal description."""

from __future__ import annotations

from gridwms.classad import unparse
from gridwms.describe.description import Description


def write_jdl(description: Description) -> str:
    """The whole ad, one attribute a line, in the user's order and spelling."""
    return unparse(description.ad, multiline=True)
