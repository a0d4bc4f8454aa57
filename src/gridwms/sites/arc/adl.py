"""The description of an attempt in ADL, the language of activities of EMI-ES that A-REX reads.

The wrapper travels in it, packed, in the environment: a thousand descriptions are one request, with no upload for each;
and a secret in it shows on no command line. It is written to a file of the session and leaves the environment at once.
A-REX makes one line of an argument, so that what unpacks it is one. Packed files that follow one another unpack as one.
"""

from __future__ import annotations

import base64
import zlib
from functools import cache, lru_cache
from importlib import resources
from xml.sax.saxutils import escape

from gridwms.sites.arc.settings import ArcSettings
from gridwms.sites.arc.staging import inputs_of
from gridwms.sites.contract import Handover
from gridwms.wrapper.render import leftover

_SHARED = "\n#: shared\n"
"""In a wrapper: what follows is the same for all attempts of equal jobs."""
_UNPACK = (
    "umask 077; [ ! -e task ] || exit 97; "
    '{ printf %s "$GRIDWMS_PACKED" | base64 -d; printf %s "$GRIDWMS_PACKED_TOO" | base64 -d; } | gzip -d >task '
    "|| exit 98; exec /bin/sh task"
)


def describe(one: Handover, queue: str, delegation: str, settings: ArcSettings) -> str:
    """The description; its name is the tag. Whatever is in the session at the end is kept."""
    own, mark, shared = one.wrapper.partition(_SHARED)
    return (
        '<ActivityDescription xmlns="http://www.eu-emi.eu/es/2010/12/adl">'
        f"<ActivityIdentification><Name>{escape(one.tag)}</Name></ActivityIdentification>"
        "<Application><Executable><Path>/bin/sh</Path><Argument>-c</Argument>"
        f"<Argument>{escape(_UNPACK)}</Argument></Executable>"
        f"<Environment><Name>GRIDWMS_PACKED</Name><Value>{_pack(_task(settings) + own)}</Value></Environment>"
        f"<Environment><Name>GRIDWMS_PACKED_TOO</Name><Value>{_pack_shared(mark + shared)}</Value></Environment>"
        f"<WipeTime>P{max(1, round(settings.keep_days))}D</WipeTime></Application>"
        f"<Resources>{_resources(one, queue, settings)}</Resources>"
        f"<DataStaging>{f'<DelegationID>{escape(delegation)}</DelegationID>' if delegation else ''}"
        f"{'' if settings.network else _inputs(one)}"
        "<OutputFile><Name>/</Name></OutputFile></DataStaging></ActivityDescription>"
    )


def _inputs(one: Handover) -> str:
    """What A-REX waits for: files without a source are uploaded by the client."""
    return "".join(f"<InputFile><Name>{escape(name)}</Name></InputFile>" for name in inputs_of(one))


def _resources(one: Handover, queue: str, settings: ArcSettings) -> str:
    """Seconds, and bytes for each slot. Slots of a host must divide the slots in all, or A-REX refuses."""
    parts = [f"<RuntimeEnvironment><Name>{escape(name)}</Name></RuntimeEnvironment>" for name in settings.environments]
    if one.wall_seconds is not None:
        parts.append(f"<WallTime>{one.wall_seconds}</WallTime>")
    if one.memory_mb is not None:
        parts.append(f"<IndividualPhysicalMemory>{-(-one.memory_mb // one.cpus) << 20}</IndividualPhysicalMemory>")
    wide = one.cpus > 1 or one.nodes or one.whole_nodes
    if wide:
        host = _slots_per_host(one)
        inner = f"<NumberOfSlots>{one.cpus}</NumberOfSlots>" + (f"<SlotsPerHost>{host}</SlotsPerHost>" if host else "")
        inner += "<ExclusiveExecution>true</ExclusiveExecution>" if one.whole_nodes else ""
        parts.append(f"<SlotRequirement>{inner}</SlotRequirement>")
    parts.append(f"<QueueName>{escape(queue)}</QueueName>")
    return "".join(parts)


def _slots_per_host(one: Handover) -> int:
    """0: the site's affair."""
    wanted = 0
    if one.nodes:
        wanted = -(-one.cpus // one.nodes)
    elif one.smp_granularity:
        wanted = min(one.cpus, one.smp_granularity)
    return next((size for size in range(wanted, one.cpus + 1) if one.cpus % size == 0), 0) if wanted else 0


def _pack(text: str) -> str:
    """Without a time or a name in it: the same wrapper gives the same description."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    data = packer.compress(text.encode("utf-8", "surrogateescape")) + packer.flush()
    return base64.b64encode(data).decode()


@lru_cache(maxsize=8)
def _pack_shared(text: str) -> str:
    """What the wrappers of equal jobs have in common is packed once."""
    return _pack(text)


def _task(settings: ArcSettings) -> str:
    return ("" if settings.network else "gw_alone=1\n") + _script()


@cache
def _script() -> str:
    return leftover() + resources.files("gridwms.sites.arc").joinpath("task.sh").read_text("utf-8")
