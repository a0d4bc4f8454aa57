"""The endpoint of gLite's clients: SOAP calls to WMProxy and to GridSite's delegation, and their WSDL."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from anyio import to_thread
from fastapi import APIRouter, Request
from lxml import etree
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from gridwms.api.desk import Desk, desk
from gridwms.api.wmproxy import delegation, handlers, operations
from gridwms.api.wmproxy.common import Handler
from gridwms.api.wmproxy.faults import AUTHENTICATION, FAILURE, INVALID_ARGUMENT, fault, fault_of
from gridwms.flow.errors import FlowError
from gridwms.sandbox.errors import SandboxError
from gridwms.security.errors import SecurityError
from gridwms.soap.envelope import BadEnvelope, Fault, read_call, write_answer, write_fault
from gridwms.soap.operations import Operation, PortType
from gridwms.soap.types import BadValue, read_fields
from gridwms.soap.wsdl import write_wsdl
from gridwms.store.errors import StoreUnavailable

PATH = "/glite_wms_wmproxy_server"
LARGEST = 10 << 20
"""Bytes of a call."""
_XML = "text/xml; charset=utf-8"
_HOST = re.compile(r"[\w.-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?", re.ASCII)
logger = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Served:
    """A port type with what does its operations, and the word for its WSDL."""

    port: PortType
    handlers: dict[str, Handler]
    word: str


SERVED = (
    Served(operations.WMPROXY, handlers.HANDLERS, ""),
    Served(delegation.DELEGATION_1, delegation.HANDLERS_1, "delegation-1"),
    Served(delegation.DELEGATION_2, delegation.HANDLERS_2, "delegation-2"),
)


@router.get(PATH)
def wsdl(request: Request) -> Response:
    """`?wsdl`: what can be called here; made of the tables of operations, for anybody."""
    address = f"{_address(request)}{PATH}"
    wanted = request.query_params.get("wsdl", "")
    first = next((one for one in SERVED if one.word == wanted), SERVED[0])
    others = [(one.port, f"{address}?wsdl={one.word}") for one in SERVED if one.word] if not first.word else []
    return Response(write_wsdl(first.port, "WMProxy", address, others), media_type=_XML)


def _address(request: Request) -> str:
    """The one that the caller came by: the service may listen at several."""
    host = request.headers.get("host", "")
    url: str = request.app.state.settings.url
    return f"{url.partition('://')[0]}://{host}" if _HOST.fullmatch(host) else url


@router.post(PATH)
async def call(request: Request) -> Response:
    """One call; a fault has status 500, as SOAP 1.1 wants it."""
    try:
        return Response(await _answer(request), media_type=_XML)
    except Fault as failed:
        return Response(write_fault(failed), status_code=500, media_type=_XML)


async def _answer(request: Request) -> bytes:
    called = await to_thread.run_sync(_called, await _body(request))
    served, operation = _find(called)
    at = await _desk(request, served, operation)
    return await to_thread.run_sync(_done, at, served, operation, called)


async def _body(request: Request) -> bytes:
    raw = bytearray()
    try:
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > LARGEST:
                raise Fault("Client", f"The message is larger than the {LARGEST >> 20} MiB that are accepted.")
    except ClientDisconnect as error:
        raise Fault("Client", "The message was cut short.") from error
    return bytes(raw)


def _called(raw: bytes) -> etree._Element:
    try:
        return read_call(raw)
    except BadEnvelope as error:
        raise Fault(error.side, str(error)) from error


def _done(at: Desk, served: Served, operation: Operation, called: etree._Element) -> bytes:
    try:
        values = read_fields(called, operation.takes)
        return write_answer(served.port.namespace, operation, served.handlers[operation.name](at, values))
    except BadValue as error:
        raise _failed(served, operation, at.world.clock, f"The call is not understood: {error}.") from error
    except (FlowError, SandboxError, SecurityError) as error:
        if served.port is operations.WMPROXY:
            raise fault_of(error, operation.name, at.world.clock(), operation.faults) from error
        raise _failed(served, operation, at.world.clock, f"{error.sentence} {error.advice}".strip()) from error
    except StoreUnavailable as error:
        raise _failed(served, operation, at.world.clock, str(error), ours=True) from error
    except Exception as error:
        logger.exception("call failed", operation=operation.name)
        sentence = "The service failed at this call; the cause is in its log."
        raise _failed(served, operation, at.world.clock, sentence, ours=True) from error


def _find(called: etree._Element) -> tuple[Served, Operation]:
    name = etree.QName(called)
    for served in SERVED:
        if served.port.namespace == name.namespace and (operation := served.port.operation(name.localname)):
            return served, operation
    raise Fault("Client", f"There is no operation '{name.localname[:100]}' of '{(name.namespace or '')[:100]}' here.")


async def _desk(request: Request, served: Served, operation: Operation) -> Desk:
    state = request.app.state
    try:
        return await desk(request)
    except SecurityError as error:
        logger.info("a caller is not known", operation=operation.name, why=error.sentence)
        if served.port is operations.WMPROXY:
            causes = (error.advice,)
            now = state.world.clock()
            raise fault("Authentication", AUTHENTICATION, operation.name, now, error.sentence, causes) from error
        raise _failed(served, operation, state.world.clock, f"{error.sentence} {error.advice}") from error


def _failed(
    served: Served, operation: Operation, clock: Callable[[], float], sentence: str, *, ours: bool = False
) -> Fault:
    """`ours`: nothing is known to be wrong with the call."""
    if served.port is operations.WMPROXY:
        kind = "InvalidArgument" if "InvalidArgumentFault" in operation.faults and not ours else "Generic"
        return fault(kind, FAILURE if ours else INVALID_ARGUMENT, operation.name, clock(), sentence)
    struct = served.port.faults["DelegationException"]
    values: dict[str, Any] = {struct.fields[0].name: sentence}
    return Fault("Server", sentence, served.port.namespace, "DelegationException", struct, values)
