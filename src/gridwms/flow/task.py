"""From a description to what is handed over to a site: the wrapper with its task."""

from __future__ import annotations

from gridwms.describe.description import Description
from gridwms.flow.world import World
from gridwms.jobs.ids import tag_of
from gridwms.jobs.job import Attempt, Job
from gridwms.sites.contract import Handover
from gridwms.wrapper.render import render
from gridwms.wrapper.task import Input, Task


def job_url(world: World, key: str) -> str:
    """The id of a job."""
    return f"{world.settings.base_url}/jobs/{key}"


def handover(world: World, job: Job, attempt: Attempt, description: Description) -> Handover:
    """One attempt, ready to go. The same input gives the same wrapper, so a repeated delivery sends the same."""
    tag = tag_of(job.key, attempt.number)
    settings = world.settings
    task = Task(
        tag=tag,
        job_id=job_url(world, job.key),
        attempt=attempt.number,
        service=settings.base_url,
        capability=world.capability(tag),
        authority=settings.authority,
        vo=job.vo,
        executable=description.executable,
        arguments=description.arguments,
        std_input=description.std_input,
        std_output=description.std_output,
        std_error=description.std_error,
        environment=description.environment,
        inputs=tuple(
            Input(index=index, name=file.name, source=file.url) for index, file in enumerate(description.inputs)
        ),
        outputs=description.outputs,
        prologue=description.prologue,
        prologue_arguments=description.prologue_arguments,
        epilogue=description.epilogue,
        epilogue_arguments=description.epilogue_arguments,
        cpus=description.cpus,
        mpi=description.mpi,
        max_output_bytes=settings.max_output_bytes,
        peek_seconds=max(description.peek_seconds, settings.min_peek_seconds) if description.peek else 0,
        ce=attempt.ce,
        site_hooks=settings.policy(attempt.site).hooks,
    )
    return Handover(
        tag=tag,
        ce=attempt.ce,
        wrapper=render(task),
        cpus=description.cpus,
        nodes=description.hosts,
        smp_granularity=description.smp_granularity,
        whole_nodes=description.whole_nodes,
    )
