"""WMProxy's endpoint: every operation but the versions asks who calls, and the policy."""

from __future__ import annotations

import pytest

from gridwms.api.routes.wmproxy import LARGEST, PATH, SERVED
from gridwms.flow.load import LOAD_1, LoadLimiter
from gridwms.security import policy
from gridwms.soap.types import Enumeration, Field, Struct
from tests.api.house import House

CALLS = [
    pytest.param(served.port.namespace, operation, id=f"{served.word} {operation.name}")
    for served in SERVED
    for operation in served.port.operations
    if operation.name not in ("getVersion", "getInterfaceVersion", "getServiceMetadata")
]


def call(house: House, user: str, namespace: str, operation: str, parts: str) -> tuple[int, str]:
    body = f'<x:{operation} xmlns:x="{namespace}">{parts}</x:{operation}>'
    message = f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{body}</e:Body></e:Envelope>'
    answer = house.http(user).post(PATH, content=message, headers={"Content-Type": "text/xml"})
    return answer.status_code, answer.text


def sample(field: Field, job: str) -> str:
    """An argument that nothing is wrong with."""
    kind = field.of
    inner = "1"
    if isinstance(kind, Enumeration):
        inner = kind.values[0]
    elif isinstance(kind, Struct):
        inner = "".join(sample(one, job) for one in kind.all_fields if one.of is not kind)
    elif field.name == "jobId":
        inner = job
    return f"<{field.name}>{inner}</{field.name}>"


@pytest.mark.parametrize(("namespace", "operation"), CALLS)
def test_nobody_unknown_and_nobody_refused(
    shared: House, monkeypatch: pytest.MonkeyPatch, namespace: str, operation: object
) -> None:
    job = shared.submit()
    parts = "".join(sample(field, job) for field in operation.takes)  # type: ignore[attr-defined]
    name = operation.name  # type: ignore[attr-defined]
    status, told = call(shared, "", namespace, name, parts)
    assert status == 500
    assert "no token and no certificate" in told
    no = policy.Decision(False, "The test says no.", "Nothing to do.")
    monkeypatch.setattr(policy, "allowed", lambda *_: no)
    status, told = call(shared, "ann", namespace, name, parts)
    assert status == 500
    assert "The test says no." in told
    assert ("AuthorizationFault" if "wmproxy" in namespace else "DelegationException") in told


def test_a_service_that_takes_no_proxies(shared: House) -> None:
    namespace = SERVED[0].port.namespace
    status, told = call(shared, "ann", namespace, "getProxyReq", "<delegationID>x</delegationID>")
    assert status == 500
    assert "takes no proxies" in told


VERSION = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    f'<x:getVersion xmlns:x="{SERVED[0].port.namespace}"/></e:Body></e:Envelope>'
)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'},
        {"Content-Type": "text/xml", "SOAPAction": "getVersion"},
        {"Content-Type": "application/soap+xml"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {},
    ],
)
def test_headers_of_toolkits(shared: House, headers: dict[str, str]) -> None:
    for raw in (VERSION.encode(), f'<?xml version="1.0" encoding="UTF-16"?>{VERSION}'.encode("utf-16")):
        answer = shared.http().post(PATH, content=raw, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        assert "getVersionResponse" in answer.text


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no XML"),
        (b"<a" * 100_000, "no XML"),
        (VERSION.encode() + b" " * LARGEST, "larger than the 10 MiB"),
        (VERSION.replace("getVersion", "getJDL").encode(), "&#39;jobId&#39; is missing"),
        (VERSION.replace("getVersion", "nothing").encode(), "no operation"),
    ],
)
def test_every_failure_is_a_fault(shared: House, raw: bytes, words: str) -> None:
    answer = shared.http().post(PATH, content=raw, headers={"Content-Type": "text/xml"})
    assert answer.status_code == 500
    assert "<faultcode>soap:Client</faultcode>" in answer.text
    assert words.replace("&#39;", "'") in answer.text


def test_too_much_load(shared: House, monkeypatch: pytest.MonkeyPatch) -> None:
    limiter = LoadLimiter({LOAD_1: 10.0}, lambda: {LOAD_1: 12.3})
    limiter.look()
    monkeypatch.setattr(shared.world, "load", limiter)
    namespace = SERVED[0].port.namespace
    for operation in ("jobRegister", "jobListMatch"):
        status, told = call(shared, "ann", namespace, operation, "<jdl>[]</jdl><delegationId>x</delegationId>")
        assert status == 500
        assert "<ns:ServerOverloadedFault" in told
        assert "<ErrorCode>1228</ErrorCode><Description>System load is too high:\nThreshold for Load Average" in told
    assert call(shared, "ann", namespace, "getTransferProtocols", "")[0] == 200
    assert "ServerOverloaded" not in call(shared, "ann", namespace, "jobStart", "<jobId>x</jobId>")[1]


def test_a_failure_of_ours_is_a_fault_too(shared: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SERVED[0].handlers, "getVersion", lambda *_: 1 / 0)
    answer = shared.http().post(PATH, content=VERSION)
    assert answer.status_code == 500
    assert "GenericFault" in answer.text
    assert "<ErrorCode>1202</ErrorCode>" in answer.text


@pytest.mark.parametrize("served", SERVED, ids=lambda served: served.port.namespace)
def test_every_operation_has_a_handler(served: object) -> None:
    names = [operation.name for operation in served.port.operations]  # type: ignore[attr-defined]
    assert sorted(served.handlers) == sorted(names)  # type: ignore[attr-defined]
