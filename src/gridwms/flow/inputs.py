"""Where the files of an input sandbox lie at the service."""

from __future__ import annotations

from pathlib import Path

from gridwms.describe.description import SandboxFile
from gridwms.flow.errors import NotFound
from gridwms.flow.find import the_job
from gridwms.flow.world import World
from gridwms.jobs.job import Job
from gridwms.store import nodes


def input_file(world: World, job: Job, index: int, file: SandboxFile) -> Path:
    """Where input file number `index` of a job lies, which it says is `file`. Raises NotThere, NotFound.

    A node's may lie with its compound, which has it once for all, or be the output of a node that it waited for.
    """
    if job.parent is None or (file.shared is None and not file.node):
        return world.sandbox.input_path(job.key, index)
    compound = job.parent
    if file.shared is not None:
        return world.sandbox.input_path(world.descriptions.parent_key(compound), file.shared)
    source = world.database.read(
        lambda connection: nodes.parent_named(connection, compound, compound + job.node, file.node)
    )
    if source is None:
        raise NotFound(
            f"Node '{job.node_name}' takes '{file.output}' from node '{file.node}' without waiting for that.",
            "Add the dependency.",
        )
    return world.sandbox.output_path(source, len(the_job(world, source).attempts), file.output.rsplit("/", 1)[-1])
