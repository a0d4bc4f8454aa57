"""What the operations of WMProxy share: arguments as ours, our jobs as its structures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from gridwms.api.desk import Desk
from gridwms.api.wmproxy.faults import BadArgument
from gridwms.flow import delegation
from gridwms.flow.compound.names import child_names
from gridwms.flow.task import job_url

Handler = Callable[[Desk, dict[str, Any]], dict[str, Any]]
PROTOCOL = "https"
_ANY = ("", "all", "default", PROTOCOL)
INPUT, OUTPUT, PEEK = "input", "output", "peek"


def job_id(at: Desk, key: str) -> str:
    """The id of a job."""
    return job_url(at.world, key)


def path_of(key: str, part: str = INPUT) -> str:
    """Where a part of the sandbox of a job lies below our address; in archives (ZippedISB) too."""
    return f"/sandbox/{key}/{part}"


def place_of(at: Desk, key: str, part: str = INPUT) -> str:
    """The URI that a client puts files into, or gets them from, by adding `/` and a name."""
    return at.settings.url + path_of(key, part)


def structure(at: Desk, key: str) -> dict[str, Any]:
    """A job as JobIdStructType, with its nodes."""
    children = [_of_job(at, child, name) for child, name in child_names(at.world, key)]
    return {**_of_job(at, key, None), "childrenJob": children}


def _of_job(at: Desk, key: str, name: str | None) -> dict[str, Any]:
    return {"id": job_id(at, key), "name": name, "path": path_of(key)}


def check_protocol(asked: str | None) -> None:
    """Raise BadArgument when files are to travel by a protocol that is not served."""
    if (asked or "").lower() not in _ANY:
        raise BadArgument(
            f"The protocol '{(asked or '')[:50]}' is not available; available are: {PROTOCOL}.",
            "getTransferProtocols tells; an empty one stands for any.",
        )


def delegation_name(at: Desk, given: str) -> str:
    """The name of a delegation as it was given; the caller's own one when it is empty, as putProxy takes it."""
    return given or delegation.name_for(at.identity)


def items(texts: Iterable[str]) -> dict[str, Any]:
    """Texts as StringList."""
    return {"Item": list(texts)}
