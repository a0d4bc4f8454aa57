"""Which files of this machine a description names: a service may ask for these, and for no others."""

from __future__ import annotations

import functools
from dataclasses import replace

from gridwms.describe.compound import PLACEHOLDER, Compound
from gridwms.describe.convert import dialects
from gridwms.describe.convert.dialects import Dialect
from gridwms.describe.description import Description
from gridwms.describe.jdl import JdlDefaults, read_stored

_NO_LIMIT = 1 << 40
_DEFAULTS = replace(
    JdlDefaults(),
    max_bytes=_NO_LIMIT,
    max_tokens=_NO_LIMIT,
    max_input_files=_NO_LIMIT,
    max_output_files=_NO_LIMIT,
    max_nodes=_NO_LIMIT,
)
"""The limits are the service's."""


@functools.lru_cache(maxsize=4)
def local_files(text: bytes, dialect: str) -> frozenset[str]:
    """The paths as the description says them; none when it cannot be read."""
    reading = dialects.read(text, Dialect(dialect), _DEFAULTS, now=0.0)
    if reading.compound is not None:
        return frozenset(_of_compound(reading.compound))
    return frozenset(_of_job(reading.description))


def _of_job(job: Description | None) -> set[str]:
    return {file.local for file in job.inputs if file.local} if job else set()


def _of_compound(compound: Compound) -> set[str]:
    found = {file.local for file in compound.shared if file.local}
    own = [_of_job(read_stored(template.jdl)) for template in compound.templates]
    for _name, template, value in compound.nodes:
        found.update(path.replace(PLACEHOLDER, value) for path in own[template])
    return found
