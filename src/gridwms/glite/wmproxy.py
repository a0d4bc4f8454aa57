"""A WMProxy service as its official WSDL has it: the operations that the commands need (gLite reference §4.1)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gridwms.glite.failure import Failure, Fault
from gridwms.glite.https import Https, NotReached
from gridwms.soap.calling import CallFailed, Part, children, read_answer, write_call
from gridwms.soap.envelope import BadEnvelope

if TYPE_CHECKING:
    from lxml import etree

    from gridwms.glite.settings import Settings
    from gridwms.glite.user import User

NAMESPACE = "http://glite.org/wms/wmproxy"
DELEGATION = "http://www.gridsite.org/namespaces/delegation-2"
_ELSEWHERE = frozenset({"ServerOverloadedFault", "AuthorizationFault", "GenericFault"})
_LONGEST = 10 * 365 * 86400
"""Seconds; a delegated proxy lasts as long as the one that signs it."""


class ConnectionFailed(Failure):
    """The service did not answer. `lost`: it may have done what was asked, so nobody else is to do it again."""

    def __init__(self, reason: str, *, lost: bool = False) -> None:
        super().__init__("Operation failed", f"Connection failed: {reason}")
        self.reason, self.lost = reason, lost


@dataclass(frozen=True, slots=True)
class JobIds:
    """A job that was registered, and its nodes."""

    id: str
    name: str = ""
    path: str = ""
    children: tuple[JobIds, ...] = ()

    def all(self) -> Iterator[JobIds]:
        """This one and all below it."""
        yield self
        for child in self.children:
            yield from child.all()


@dataclass(frozen=True, slots=True)
class VoInfo:
    """Attributes of a proxy; `fields`: as the service names them."""

    fields: Mapping[str, str]
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProxyInfo:
    """What a service tells of a proxy it holds."""

    fields: Mapping[str, str]
    vos: tuple[VoInfo, ...] = field(default=())


class WmProxy:
    """One service. Methods raise ConnectionFailed or Fault."""

    def __init__(self, url: str, https: Https, settings: Settings) -> None:
        self.url = url
        self._https, self._settings = https, settings

    def version(self) -> str:
        """Of the service."""
        return _text(self._call("getVersion", {}), "version")

    def delegate(self, user: User, name: str) -> str:
        """Give the service a proxy under this name, or under a new one; the name. Raises Failure too."""
        from gridwms.client.delegating import own_credential, signed
        from gridwms.client.errors import ClientError

        if user.proxy is None:
            return name
        name = name or secrets.token_urlsafe(16)
        request = _text(self._call("getProxyReq", {"delegationID": name}, DELEGATION), "getProxyReqReturn")
        try:
            proxy = signed(request, own_credential(user.proxy), _LONGEST)
        except ClientError as error:
            raise Failure("Delegation failed", f"{error.sentence} {error.advice}".strip()) from error
        self._call("putProxy", {"delegationID": name, "proxy": proxy}, DELEGATION)
        return name

    def register(self, jdl: str, delegation: str) -> JobIds:
        """Register a job; it does not run before it is started."""
        return _ids(self._call("jobRegister", {"jdl": jdl, "delegationId": delegation}), "jobIdStruct")

    def submit(self, jdl: str, delegation: str) -> JobIds:
        """Register and start."""
        return _ids(self._call("jobSubmit", {"jdl": jdl, "delegationId": delegation}, once=True), "jobIdStruct")

    def register_jsdl(self, jsdl: etree._Element, delegation: str) -> JobIds:
        """The same for JSDL."""
        return _ids(self._call("jobRegisterJSDL", {"jsdl": jsdl, "delegationId": delegation}), "jobIdStruct")

    def submit_jsdl(self, jsdl: etree._Element, delegation: str) -> JobIds:
        """The same for JSDL; the order of its parts is the other one."""
        return _ids(self._call("jobSubmitJSDL", {"delegationId": delegation, "jsdl": jsdl}, once=True), "jobIdStruct")

    def start(self, job: str) -> None:
        """Let a registered job run."""
        self._call("jobStart", {"jobId": job})

    def cancel(self, job: str) -> None:
        """Ask for its end."""
        self._call("jobCancel", {"jobId": job})

    def purge(self, job: str) -> None:
        """Its output was fetched."""
        self._call("jobPurge", {"jobId": job})

    def matching(self, jdl: str, delegation: str) -> list[tuple[str, int]]:
        """Computing elements that a job could run on, and their ranks."""
        return _pairs(self._call("jobListMatch", {"jdl": jdl, "delegationId": delegation}), "CEIdAndRankList")

    def sandbox_uris(self, job: str, protocol: str) -> dict[str, list[str]]:
        """Where the input sandboxes of a job and of its nodes are to be sent: id to places, the best first."""
        answer = self._call("getSandboxBulkDestURI", {"jobId": job, "protocol": protocol})
        entries = [entry for part in children(answer, "DestURIsStructType") for entry in children(part, "Item")]
        return {_text(one, "id"): [(item.text or "").strip() for item in children(one, "Item")] for one in entries}

    def output_files(self, job: str, protocol: str) -> list[tuple[str, int]]:
        """The files of an output sandbox: where each is, and its size."""
        return _pairs(self._call("getOutputFileList", {"jobId": job, "protocol": protocol}), "OutputFileAndSizeList")

    def protocols(self) -> list[str]:
        """How files travel here."""
        return _strings(self._call("getTransferProtocols", {}), "items")

    def free_quota(self) -> tuple[int, int]:
        """Bytes that the user may still store: soft and hard limit."""
        answer = self._call("getFreeQuota", {})
        return _number(answer, "softLimit"), _number(answer, "hardLimit")

    def max_input_sandbox(self) -> int:
        """Bytes of the largest input sandbox; 0 or less: any."""
        return _number(self._call("getMaxInputSandboxSize", {}), "size")

    def jdl(self, job: str, kind: str) -> str:
        """The description of a job. `kind`: ORIGINAL or REGISTERED."""
        return _text(self._call("getJDL", {"jobId": job, "type": kind}), "jdl")

    def delegated_proxy(self, name: str) -> ProxyInfo:
        """What was delegated under a name."""
        return _proxy(self._call("getDelegatedProxyInfo", {"delegationID": name}))

    def job_proxy(self, job: str) -> ProxyInfo:
        """What a job runs with."""
        return _proxy(self._call("getJobProxyInfo", {"jobId": job}))

    def enable_perusal(self, job: str, files: Sequence[str]) -> None:
        """Let files be looked at while they grow; none: no longer."""
        self._call("enableFilePerusal", {"jobId": job, "fileList": files})

    def perusal_files(self, job: str, file: str, protocol: str, *, all_chunks: bool) -> list[str]:
        """Where the chunks of a growing file are."""
        parts: dict[str, Part] = {"jobId": job, "file": file, "allChunks": all_chunks, "protocol": protocol}
        return _strings(self._call("getPerusalFiles", parts), "fileList")

    def _call(
        self, operation: str, parts: Mapping[str, Part], namespace: str = NAMESPACE, *, once: bool = False
    ) -> etree._Element:
        limit = self._settings.timeout(operation)
        try:
            raw = self._https.post(self.url, write_call(namespace, operation, parts), limit)
            return read_answer(raw, operation)
        except NotReached as error:
            raise ConnectionFailed(str(error), lost=error.sent and once) from error
        except BadEnvelope as error:
            raise ConnectionFailed(f"{self.url} answers, and not as a WMProxy does: {error}", lost=once) from error
        except CallFailed as error:
            raise _fault(error, operation) from error


def _fault(error: CallFailed, operation: str) -> Fault:
    """As the commands print it: description, causes, method, code."""
    lines = [error.sentence, *error.causes, f"Method: {error.method or operation}"]
    lines += [f"Error code: {error.code}"] if error.code else []
    return Fault("WMProxy Server Error", "\n".join(lines), elsewhere=error.kind in _ELSEWHERE, kind=error.kind)


def _text(element: etree._Element, name: str) -> str:
    found = children(element, name)
    return "".join(str(text) for text in found[0].itertext()).strip() if found else ""


def _number(element: etree._Element, name: str) -> int:
    try:
        return int(_text(element, name))
    except ValueError:
        return 0


def _strings(element: etree._Element, name: str) -> list[str]:
    return [(item.text or "").strip() for part in children(element, name) for item in children(part, "Item")]


def _pairs(element: etree._Element, name: str) -> list[tuple[str, int]]:
    files = [file for part in children(element, name) for file in children(part, "file")]
    return [(_text(file, "name"), _number(file, "size")) for file in files]


def _ids(element: etree._Element, name: str) -> JobIds:
    found = children(element, name)
    if not found or not _text(found[0], "id"):
        raise ConnectionFailed("the answer has no job id", lost=True)
    return _job(found[0])


def _job(element: etree._Element) -> JobIds:
    below = tuple(_job(child) for child in children(element, "childrenJob") if children(child, "id"))
    return JobIds(_text(element, "id"), _text(element, "name"), _text(element, "path"), below)


def _proxy(element: etree._Element) -> ProxyInfo:
    found = children(element, "items")
    if not found:
        return ProxyInfo({})
    vos = tuple(
        VoInfo(_values(vo), tuple((one.text or "").strip() for one in children(vo, "Attribute")))
        for vo in children(found[0], "VOsInfo")
    )
    return ProxyInfo(_values(found[0]), vos)


def _values(element: etree._Element) -> dict[str, str]:
    return {str(one.tag).rpartition("}")[2]: (one.text or "").strip() for one in element if isinstance(one.tag, str)}
