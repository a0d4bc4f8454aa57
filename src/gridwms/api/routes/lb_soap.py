"""SOAP calls to an L&B server: at the root, where its clients look."""

from __future__ import annotations

import structlog
from anyio import to_thread
from fastapi import APIRouter, Request
from lxml import etree
from starlette.responses import Response

from gridwms.api.desk import desk
from gridwms.api.lb_errors import LbError, translated
from gridwms.api.lb_soap.operations import HANDLERS, PORT, fault_values
from gridwms.api.lb_soap.structures import FAULT
from gridwms.bookkeeping.query.errors import QueryError
from gridwms.flow.errors import FlowError
from gridwms.security.errors import SecurityError
from gridwms.soap.envelope import BadEnvelope, Fault, read_call, write_answer, write_fault
from gridwms.soap.types import BadValue, read_fields
from gridwms.soap.wsdl import write_wsdl

router = APIRouter(include_in_schema=False)
_XML = "text/xml; charset=utf-8"
LARGEST = 1 << 20
"""Bytes of a call."""
logger = structlog.get_logger(__name__)


def wsdl(address: str) -> Response:
    """What can be called."""
    return Response(write_wsdl(PORT, "LoggingAndBookkeeping", address), media_type=_XML)


@router.post("/")
async def call(request: Request) -> Response:
    """One call; a fault has status 500, as SOAP 1.1 wants it."""
    try:
        return Response(await _answer(request), media_type=_XML)
    except Fault as failed:
        return Response(write_fault(failed), 500, media_type=_XML)


async def _answer(request: Request) -> bytes:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > LARGEST:
            raise Fault("Client", f"The message is larger than the {LARGEST >> 20} MiB that are accepted.")
    try:
        called = read_call(bytes(raw))
    except BadEnvelope as error:
        raise Fault(error.side, str(error)) from error
    name = etree.QName(called)
    operation = PORT.operation(name.localname) if name.namespace == PORT.namespace else None
    if operation is None:
        raise Fault(
            "Client", f"There is no operation '{name.localname[:100]}' of '{(name.namespace or '')[:100]}' here."
        )
    try:
        at = await desk(request)
        values = read_fields(called, operation.takes)
        told = await to_thread.run_sync(HANDLERS[operation.name], at, values)
    except BadValue as error:
        raise _failed(LbError(400, 22, "Invalid argument", f"The call is not understood: {error}.")) from error
    except LbError as error:
        raise _failed(error) from error
    except (FlowError, SecurityError, QueryError) as error:
        raise _failed(translated(error)) from error
    return write_answer(PORT.namespace, operation, told)


def _failed(error: LbError) -> Fault:
    side = "Server" if error.status >= 500 else "Client"
    sentence = f"{error.text} ({error.description})"
    return Fault(side, sentence, PORT.namespace, "genericFault", FAULT, fault_values(error))
