"""Attributes that only a service may set, taken out of what was handed in.

gLite's WMProxy put its own values in their place, so a description that `glite-wms-job-info` wrote could be handed in
again (gLite reference §1.2).
"""

from __future__ import annotations

import re

from gridwms.classad import ClassAdSyntaxError, parse_ad, unparse
from gridwms.describe.jdl.attributes import ATTRIBUTES, Standing

_NAMES = [one.name for one in ATTRIBUTES.values() if one.standing is Standing.PRIVATE]
_SET = re.compile(rf"\b(?:{'|'.join(map(re.escape, _NAMES))})\s*=(?!=)".encode(), re.IGNORECASE)


def without_private(text: bytes) -> bytes:
    """The text without them; as it is when it has none, or cannot be read."""
    if not _SET.search(text):
        return text
    try:
        ad = parse_ad(text.decode(), jdl=True)
    except (ClassAdSyntaxError, UnicodeDecodeError, RecursionError):
        return text
    return unparse(ad.without(_NAMES), multiline=True).encode()
