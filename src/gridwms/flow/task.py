"""From a description to what is handed over to a site: the wrapper with its task."""

from __future__ import annotations

from functools import partial

from gridwms.describe.description import Description
from gridwms.flow.data.brokerinfo import brokerinfo
from gridwms.flow.data.outputs import uploads
from gridwms.flow.errors import NotFound
from gridwms.flow.inputs import input_file
from gridwms.flow.limits import memory_mb, wall_seconds
from gridwms.flow.world import World
from gridwms.jobs.ids import tag_of
from gridwms.jobs.job import Attempt, Job
from gridwms.sandbox.errors import SandboxError
from gridwms.sites.contract import Credentials, Handover
from gridwms.wrapper.render import Frame
from gridwms.wrapper.task import Input, Stored, Target, Task


def job_url(world: World, key: str) -> str:
    """The id of a job."""
    return f"{world.settings.job_ids or f'{world.settings.base_url}/jobs'}/{key}"


Frames = dict[tuple[int, str, str, str, bool], tuple[Frame, int | None, int]]
"""What equal jobs of one batch share: wrapper, time limit and the memory they demand of a host; it must not outlive the
descriptions of the batch."""


def handover(
    world: World,
    job: Job,
    attempt: Attempt,
    description: Description,
    frames: Frames,
    credentials: Credentials | None = None,
) -> Handover:
    """One attempt, ready to go. The same input gives the same wrapper, so a repeated delivery sends the same: all but
    what .BrokerInfo tells of the moment. Raises NotLocated."""
    tag = tag_of(job.key, attempt.number)
    alike = (id(description), job.vo, attempt.site, attempt.ce, bool(job.delegation))
    if alike not in frames:
        frames[alike] = (
            Frame(_task(world, job, attempt, description)),
            _wall_seconds(world, attempt, description),
            memory_mb(description.requirements, description.ad) if world.settings.ask_memory else 0,
        )
    frame, wall, memory = frames[alike]
    return Handover(
        tag=tag,
        ce=attempt.ce,
        script=partial(_wrapper, world, frame, tag, job.key, attempt.number),
        inputs=_inputs(world, job, description),
        cpus=description.cpus,
        nodes=description.hosts,
        smp_granularity=description.smp_granularity,
        whole_nodes=description.whole_nodes,
        wall_seconds=wall,
        memory_mb=max(memory, job.wishes.memory_mb) * _hosts(description) or None,
        credentials=credentials,
    )


def _hosts(description: Description) -> int:
    """On how many hosts its processors are to be; 1 when that is the site's affair."""
    return description.hosts or -(-description.cpus // (description.smp_granularity or description.cpus))


def _wall_seconds(world: World, attempt: Attempt, description: Description) -> int | None:
    margin = world.settings.wall_margin_seconds
    if margin is None:
        return None
    place = world.market.snapshot.find(attempt.ce)
    return wall_seconds(description, place.ad if place is not None else None, margin)


def _wrapper(world: World, frame: Frame, tag: str, key: str, attempt: int) -> str:
    return frame.render(tag, job_url(world, key), attempt, world.capability(tag))


def _inputs(world: World, job: Job, description: Description) -> tuple[tuple[str, str], ...] | None:
    """Where the files lie that are here; None when the wrapper is to ask for them."""
    if not description.inputs:
        return ()
    try:
        return tuple(
            (file.name, str(input_file(world, job, index, file)))
            for index, file in enumerate(description.inputs)
            if not file.url
        )
    except (SandboxError, NotFound):
        return None


def _task(world: World, job: Job, attempt: Attempt, description: Description) -> Task:
    """What the wrapper has to do, without names and secret."""
    settings = world.settings
    return Task(
        tag="",
        job_id="",
        attempt=0,
        service=settings.base_url,
        capability="",
        authority=settings.authority,
        vo=job.vo,
        executable=description.executable,
        arguments=description.arguments,
        std_input=description.std_input,
        std_output=description.std_output,
        std_error=description.std_error,
        environment=description.environment,
        inputs=tuple(
            Input(index=index, name=file.name, source=file.url, archive=file.archive)
            for index, file in enumerate(description.inputs)
        ),
        outputs=tuple(name for name, url in _where(description) if not url),
        targets=tuple(Target(name=name, url=url) for name, url in _where(description) if url),
        stored=tuple(
            Stored(path=one.path, way=one.way, url=one.url, name=one.name)
            for one in uploads(world, job.vo, description)
        ),
        prologue=description.prologue,
        prologue_arguments=description.prologue_arguments,
        epilogue=description.epilogue,
        epilogue_arguments=description.epilogue_arguments,
        cpus=description.cpus,
        mpi=description.mpi,
        interactive=description.interactive,
        terminal=description.terminal,
        container=description.container,
        brokerinfo=brokerinfo(world, job, attempt, description),
        max_output_bytes=settings.max_output_bytes,
        peek_seconds=max(description.peek_seconds, settings.min_peek_seconds) if description.peek else 0,
        ce=attempt.ce,
        site_hooks=settings.policy(attempt.site).hooks,
        credentials=bool(job.delegation),
    )


def _where(description: Description) -> list[tuple[str, str]]:
    """The output files and where each goes; "": to the service."""
    targets = description.output_targets or ("",) * len(description.outputs)
    return list(zip(description.outputs, targets, strict=True))
