"""Errors as answers: one JSON form for all of them, `{"error": {"code", "message", "advice", "problems"}}`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from gridwms.api.models.problem import ErrorBody, ErrorOut, ProblemOut
from gridwms.describe.problem import Problem
from gridwms.flow.archive.directory import NoArchive
from gridwms.flow.bookkeeping.pages import BadCursor
from gridwms.flow.delegation import DelegationRefused, UnknownDelegation
from gridwms.flow.errors import (
    Draining,
    FlowError,
    NotFound,
    NotInState,
    NotPermitted,
    Overloaded,
    Refused,
    StoreFull,
    UnknownJob,
)
from gridwms.flow.load import RETRY_SECONDS
from gridwms.flow.once import BadKey, KeyReused
from gridwms.flow.quota import OverQuota, TooManyWaiting
from gridwms.flow.remarks import BadRemark
from gridwms.flow.subscriptions import BadSubscription
from gridwms.sandbox.archive import BadArchive
from gridwms.sandbox.errors import BadName, CutShort, NotThere, SandboxError, SandboxFull, TooLarge, WrongOffset
from gridwms.security.errors import NotIdentified, SecurityError
from gridwms.security.tokens.keys import IssuerSilent
from gridwms.store.errors import InDoubt, StoreUnavailable


class BadQuery(FlowError):
    """A value in the address is not one that is foreseen."""

    code = "bad_request"


logger = structlog.get_logger(__name__)

_STATUS: Mapping[type[Exception], int] = {
    NotIdentified: 401,
    IssuerSilent: 503,
    NotPermitted: 403,
    UnknownJob: 404,
    NotFound: 404,
    NotThere: 404,
    NotInState: 409,
    WrongOffset: 409,
    TooLarge: 413,
    Refused: 422,
    BadRemark: 422,
    BadCursor: 422,
    NoArchive: 503,
    BadQuery: 422,
    UnknownDelegation: 404,
    DelegationRefused: 422,
    BadName: 422,
    BadArchive: 422,
    BadKey: 422,
    BadSubscription: 422,
    KeyReused: 422,
    CutShort: 400,
    Overloaded: 503,
    Draining: 503,
    StoreFull: 507,
    OverQuota: 507,
    TooManyWaiting: 429,
    SandboxFull: 507,
}
_RETRY = {"Retry-After": "5"}
_OURS = (FlowError, SandboxError, SecurityError, StoreUnavailable)


def status_of(error: Exception) -> int:
    """The HTTP status of one of our errors: that of its nearest known class."""
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 400)


def error_out(error: FlowError | SandboxError | SecurityError) -> ErrorOut:
    """One of our errors as it is shown."""
    problems: Sequence[Problem] = getattr(error, "problems", ())
    return ErrorOut(
        code=error.code,
        message=error.sentence,
        advice=error.advice,
        problems=[ProblemOut.model_validate(problem, from_attributes=True) for problem in problems],
    )


def answer_to(error: FlowError | SandboxError | SecurityError | StoreUnavailable) -> Response:
    """The whole answer that an error of ours leads to."""
    if isinstance(error, StoreUnavailable):
        told = ErrorOut(code="store_unavailable", message=str(error), advice="Nothing was changed; try again later.")
        if isinstance(error, InDoubt):
            told = ErrorOut(
                code="in_doubt", message=str(error), advice="'gridwms status' tells, when it answers again."
            )
        return _answer(503, told)
    later = {"Retry-After": str(RETRY_SECONDS)} if isinstance(error, Overloaded) else None
    return _answer(status_of(error), error_out(error), later)


def unread(request: Request) -> dict[str, str]:
    """The header of an answer that refuses an upload: what is still on its way will not be read."""
    return {"Connection": "close"} if request.method == "PUT" else {}


def install(app: FastAPI) -> None:
    """Let `app` answer every error in the one form."""
    for kind in _OURS:
        app.add_exception_handler(kind, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)


def _answer(status: int, told: ErrorOut, headers: Mapping[str, str] | None = None) -> Response:
    headers = (_RETRY if status in (503, 507) else {}) | dict(headers or {})
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="gridwms"'
    return JSONResponse(ErrorBody(error=told).model_dump(), status, headers)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, _OURS)  # noqa: S101 (registered for these alone)
    answer = answer_to(error)
    answer.headers.update(unread(request))
    return answer


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (registered for it alone)
    findings = error.errors()
    first: dict[str, Any] = findings[0] if findings else {"loc": (), "msg": "it is not understood"}
    place = ".".join(str(part) for part in first["loc"])
    more = f" ({len(findings) - 1} more like it)" if len(findings) > 1 else ""
    told = ErrorOut(
        code="bad_request",
        message=f"The request is not understood: {place}: {first['msg']}{more}.",
        advice="The forms of all requests are at /docs.",
    )
    return _answer(422, told)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 (registered for it alone)
    phrase = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    advice = "All addresses of this service are listed at /docs."
    message = f"{request.method} {request.url.path[:200]}: {error.detail}."
    if error.status_code == 413:
        message, advice = "The request is larger than the service accepts.", "Send it in several parts."
    return _answer(error.status_code, ErrorOut(code=phrase, message=message, advice=advice), error.headers)


async def _unforeseen(request: Request, error: Exception) -> Response:
    logger.error("request failed", method=request.method, path=request.url.path, exc_info=error)
    told = ErrorOut(
        code="internal_error",
        message="The service failed at this request; nothing is known to be wrong with the request.",
        advice="The cause is in the log of the service; tell its operator.",
    )
    return _answer(500, told)
