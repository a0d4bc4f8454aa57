"""Where files go and come from, and how much of them may be kept (gLite reference §4.1, §5.7)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from gridwms.api.desk import Desk
from gridwms.api.wmproxy.common import OUTPUT, PEEK, PROTOCOL, Handler, check_protocol, items, job_id, place_of
from gridwms.flow import collect, perusal, quota, stated
from gridwms.flow.compound.names import child_names
from gridwms.flow.errors import IsCompound, NotInState
from gridwms.jobs.states import State
from gridwms.security.policy import Action

_UNLIMITED = -1
_NO_OUTPUT = "Job current status doesn't allow getOutputFileList operation"


def _get_sandbox_dest_uri(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    key = at.job(values["jobId"], Action.FEED)
    check_protocol(values["protocol"])
    return {"path": items([place_of(at, key)])}


def _get_sandbox_bulk_dest_uri(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    key = at.job(values["jobId"], Action.FEED)
    check_protocol(values["protocol"])
    keys = [key, *(child for child, _name in child_names(at.world, key))]
    return {"DestURIsStructType": {"Item": [{"id": job_id(at, one), **items([place_of(at, one)])} for one in keys]}}


def _get_output_file_list(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    key = at.job(values["jobId"], Action.FETCH)
    check_protocol(values["protocol"])
    try:
        found = collect.output_files(at.world, key)
    except IsCompound as error:
        raise NotInState(
            "getOutputFileList operation not allowed for dag or collection type", "Ask for each of its nodes."
        ) from error
    except NotInState as error:
        raise NotInState(_NO_OUTPUT, error.sentence) from error
    place = place_of(at, key, OUTPUT)
    if not found and stated.states(at.world, key)[0] is State.CLEARED:
        raise NotInState(_NO_OUTPUT, "It was fetched, and jobPurge has removed it.")
    files = [{"name": f"{place}/{quote(file.name, safe='')}", "size": file.size} for file in found]
    return {"OutputFileAndSizeList": {"file": files}}


def _get_transfer_protocols(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    at.may(Action.LOOK_AT_MARKET)
    return {"items": items([PROTOCOL])}


def _get_max_input_sandbox_size(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    at.may(Action.LOOK_AT_MARKET)
    return {"size": at.world.sandbox.limits.input_job}


def _get_total_quota(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    at.may(Action.LOOK_AT_MARKET)
    most = quota.view(at.world, at.identity.subject).max_bytes
    return _limits(_UNLIMITED if most is None else most)


def _get_free_quota(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    at.may(Action.LOOK_AT_MARKET)
    has = quota.view(at.world, at.identity.subject)
    return _limits(_UNLIMITED if has.max_bytes is None else max(0, has.max_bytes - has.bytes))


def _limits(size: int) -> dict[str, Any]:
    """There is one limit here, and it is hard."""
    return {"softLimit": size, "hardLimit": size}


def _enable_file_perusal(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    perusal.enable(at.world, at.job(values["jobId"], Action.FEED), [one or "" for one in values["fileList"]["Item"]])
    return {}


def _get_perusal_files(at: Desk, values: dict[str, Any]) -> dict[str, Any]:
    key = at.job(values["jobId"], Action.READ)
    check_protocol(values["protocol"])
    place = place_of(at, key, PEEK)
    found = perusal.pieces(at.world, key, values["file"], everything=values["allChunks"])
    return {"fileList": items(f"{place}/{quote(name, safe='')}" for name in found)}


HANDLERS: dict[str, Handler] = {
    "getSandboxDestURI": _get_sandbox_dest_uri,
    "getSandboxBulkDestURI": _get_sandbox_bulk_dest_uri,
    "getOutputFileList": _get_output_file_list,
    "getTransferProtocols": _get_transfer_protocols,
    "getMaxInputSandboxSize": _get_max_input_sandbox_size,
    "getTotalQuota": _get_total_quota,
    "getFreeQuota": _get_free_quota,
    "enableFilePerusal": _enable_file_perusal,
    "getPerusalFiles": _get_perusal_files,
}
