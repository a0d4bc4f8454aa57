"""The endpoint of gLite's clients: SOAP calls to WMProxy and to GridSite's delegation, and their WSDL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from anyio import to_thread
from fastapi import APIRouter, Request
from lxml import etree
from starlette.responses import Response

from gridwms.api.desk import Desk, shown
from gridwms.api.wmproxy import delegation, operations
from gridwms.api.wmproxy.delegation import Handler
from gridwms.api.wmproxy.faults import AUTHENTICATION, fault, fault_of
from gridwms.flow.errors import FlowError
from gridwms.security.errors import NotIdentified
from gridwms.soap.envelope import BadEnvelope, Fault, read_call, write_answer, write_fault
from gridwms.soap.operations import Operation, PortType
from gridwms.soap.types import BadValue, read_fields
from gridwms.soap.wsdl import write_wsdl

PATH = "/glite_wms_wmproxy_server"
_XML = "text/xml; charset=utf-8"
logger = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Served:
    """A port type with what does its operations, and the word for its WSDL."""

    port: PortType
    handlers: dict[str, Handler]
    word: str


SERVED = (
    Served(operations.WMPROXY, operations.HANDLERS, ""),
    Served(delegation.DELEGATION_1, delegation.HANDLERS_1, "delegation-1"),
    Served(delegation.DELEGATION_2, delegation.HANDLERS_2, "delegation-2"),
)


@router.get(PATH)
def wsdl(request: Request) -> Response:
    """`?wsdl`: what can be called here; made of the tables of operations, for anybody."""
    address = f"{request.app.state.settings.url}{PATH}"
    wanted = request.query_params.get("wsdl", "")
    first = next((one for one in SERVED if one.word == wanted), SERVED[0])
    others = [(one.port, f"{address}?wsdl={one.word}") for one in SERVED if one.word] if not first.word else []
    return Response(write_wsdl(first.port, "WMProxy", address, others), media_type=_XML)


@router.post(PATH)
async def call(request: Request) -> Response:
    """One call; a fault has status 500, as SOAP 1.1 wants it."""
    raw = await request.body()
    try:
        return Response(await to_thread.run_sync(_answer, request, raw), media_type=_XML)
    except Fault as failed:
        return Response(write_fault(failed), status_code=500, media_type=_XML)


def _answer(request: Request, raw: bytes) -> bytes:
    try:
        called = read_call(raw)
    except BadEnvelope as error:
        raise Fault("Client", str(error)) from error
    served, operation = _find(called)
    at = _desk(request, served, operation)
    try:
        values = read_fields(called, operation.takes)
        told = served.handlers[operation.name](at, values)
    except BadValue as error:
        raise _failed(served, operation, at.world.clock, f"The call is not understood: {error}.") from error
    except FlowError as error:
        if served.port is operations.WMPROXY:
            raise fault_of(error, operation.name, at.world.clock(), operation.faults) from error
        raise _failed(served, operation, at.world.clock, f"{error.sentence} {error.advice}".strip()) from error
    return write_answer(served.port.namespace, operation, told)


def _find(called: etree._Element) -> tuple[Served, Operation]:
    name = etree.QName(called)
    for served in SERVED:
        if served.port.namespace == name.namespace and (operation := served.port.operation(name.localname)):
            return served, operation
    raise Fault("Client", f"There is no operation '{name.localname[:100]}' of '{(name.namespace or '')[:100]}' here.")


def _desk(request: Request, served: Served, operation: Operation) -> Desk:
    state = request.app.state
    try:
        return Desk(state.world, state.settings, state.settings.gatekeeper.identify(shown(request)))
    except NotIdentified as error:
        logger.info("a caller is not known", operation=operation.name, why=error.sentence)
        if served.port is operations.WMPROXY:
            causes = (error.advice,)
            now = state.world.clock()
            raise fault("Authentication", AUTHENTICATION, operation.name, now, error.sentence, causes) from error
        raise _failed(served, operation, state.world.clock, f"{error.sentence} {error.advice}") from error


def _failed(served: Served, operation: Operation, clock: Callable[[], float], sentence: str) -> Fault:
    if served.port is operations.WMPROXY:
        kind = "InvalidArgument" if "InvalidArgumentFault" in operation.faults else "Generic"
        return fault(kind, 1225, operation.name, clock(), sentence)
    values: dict[str, Any] = {"msg": sentence}
    struct = served.port.faults["DelegationException"]
    return Fault("Server", sentence, served.port.namespace, "DelegationException", struct, values)
