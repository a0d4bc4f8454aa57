"""Where the output data of a job goes, and under which names it is registered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from gridwms.describe.data import SENT_BY, storage_for
from gridwms.describe.description import Description
from gridwms.flow.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file: its path below the job's directory, how it is sent (`SENT_BY`) and where to.

    A URL that ends in `/` is a place where the file goes into a directory named after the job; so do those without a
    logical name.
    """

    path: str
    way: str
    url: str
    name: str
    storage: str


def uploads(world: World, vo: str, description: Description) -> tuple[Upload, ...]:
    """Those whose storage element is still configured."""
    found = []
    for file in description.output_data:
        place = storage_for(file.storage, vo, world.settings.storage)
        if place is None:
            continue
        url = place.place(vo)
        if file.name:
            url += quote(re.sub(r"/+", "/", file.name.removeprefix("lfn:").replace(":", "/")).strip("/"))
        way = SENT_BY[place.scheme]
        if way == "put":
            url = re.sub(r"^dav(s?):", r"http\1:", url)
        found.append(Upload(path=file.path, way=way, url=url, name=file.name, storage=place.name))
    return tuple(found)
