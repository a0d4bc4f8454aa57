"""Input files by the names that they have at the client: gLite's clients put each under its own name."""

from __future__ import annotations

from collections.abc import Iterable

from gridwms.describe.jdl.names import leaf
from gridwms.flow.errors import NotFound
from gridwms.flow.find import find, the_job
from gridwms.flow.uploads import Upload, shared_uploads, uploads_of
from gridwms.flow.world import World


def input_called(world: World, key: str, name: str) -> tuple[str, int]:
    """The job in whose input sandbox the file called `name` of job `key` lies, and its number there.

    That of a node may be one that its compound has for all nodes. Raises UnknownJob, NotFound.
    """
    found = find(world, [key])
    if found.compounds:
        _number, parent = found.compounds[key]
        return key, _the_one(key, name, shared_uploads(parent))
    job = the_job(world, key)
    description = world.descriptions.of(job)
    own = uploads_of(description)
    shared = {file.shared for file in description.inputs if file.shared is not None}
    if job.parent is None or not shared:
        return key, _the_one(key, name, own)
    compound = world.descriptions.parent_key(job.parent)
    [(_number, parent)] = find(world, [compound]).compounds.values()
    of_all = [upload for upload in shared_uploads(parent) if upload.index in shared]
    if any(name in _names(upload) for upload in own):
        return key, _the_one(key, name, own)
    return compound, _the_one(key, name, of_all)


def _the_one(key: str, name: str, uploads: Iterable[Upload]) -> int:
    uploads = list(uploads)
    called = [upload.index for upload in uploads if leaf(upload.local) == name]
    called = called or [upload.index for upload in uploads if upload.name == name]
    if len(called) == 1:
        return called[0]
    if called:
        raise NotFound(
            f"Job {key} awaits {len(called)} different input files called '{name}'.",
            "Put each to the address of its own node.",
        )
    awaited = ", ".join(sorted(leaf(upload.local) for upload in uploads)[:10])
    raise NotFound(
        f"Job {key} awaits no input file called '{name}'.",
        f"It awaits {awaited}." if awaited else "It awaits none, or they belong to its nodes.",
    )


def _names(upload: Upload) -> tuple[str, str]:
    return leaf(upload.local), upload.name
