"""An A-REX that this process plays: REST 1.0 over TLS, sessions in a folder, jobs as processes in a few slots.

Its answers have the oddities of the real one: JSON made of XML (one is no list), empty answers, certificate requests of
version 2. Bad days are ordered by `faults`: by action, what happens at its next calls.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import ssl
import subprocess
import threading
import time
import uuid
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.services.ca import Authority, Credential, name_of

_ADL = "{http://www.eu-emi.eu/es/2010/12/adl}"
_RSA_SHA256 = bytes.fromhex("300d06092a864886f70d01010b0500")
_ENDED = ("FINISHED", "FAILED", "KILLED")


@dataclass
class Fault:
    """`before`: seconds until it does anything. `cut`: the line breaks "before" or "after" the work is done. `status`:
    it answers with this alone. `gap`: seconds between one job and the next, the line being cut when it begins."""

    before: float = 0.0
    cut: str = ""
    status: int = 0
    gap: float | None = None


@dataclass
class Job:
    """`state` in the words of REST; `told`: what the information providers have seen."""

    id: str
    name: str
    text: str
    command: list[str]
    environment: dict[str, str]
    slots: int = 1
    awaited: frozenset[str] = frozenset()
    state: str = "ACCEPTED"
    told: str = "ACCEPTED"
    code: int | None = None
    end: float = 0.0
    process: subprocess.Popen[bytes] | None = None
    cleaned: bool = False


@dataclass
class FakeArex:
    """`frozen`: the information providers do not run. `hold`: nothing starts. `blind`: it forgets all jobs. `full`: its
    disk is. `versions`: of REST."""

    folder: Path
    authority: Authority
    slots: int = 2
    versions: tuple[str, ...] = ("1.0",)
    queues: tuple[str, ...] = ("main", "other")
    hold: bool = False
    frozen: bool = False
    blind: bool = False
    full: bool = False
    draining: bool = False
    mapped: set[str] = field(default_factory=set)
    tokens: set[str] = field(default_factory=set)
    jobs: dict[str, Job] = field(default_factory=dict)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    callers: Counter[tuple[str, str]] = field(default_factory=Counter)
    delegations: dict[str, bytes] = field(default_factory=dict)
    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.folder.mkdir(exist_ok=True)
        self.connections: set[Any] = set()
        self.closed = threading.Event()
        self.start(0)
        threading.Thread(target=self._tick, daemon=True).start()

    def start(self, port: int, host: Any = None) -> None:
        """Open the door, with another certificate if one is given."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made = host or _host_of(self.authority)
        context.load_cert_chain(made.certificate, made.key)
        context.load_verify_locations(self.authority.file)
        context.verify_mode = ssl.CERT_OPTIONAL
        context.verify_flags |= ssl.VERIFY_ALLOW_PROXY_CERTS
        arex = self

        class Handler(_Handler):
            owner = arex

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.server.socket = context.wrap_socket(
            self.server.socket, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=True
        )
        self.port = self.server.server_port
        self.url = f"https://localhost:{self.port}/arex"
        self.ce = f"localhost:{self.port}/nordugrid-fork-{self.queues[0]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def shut(self) -> None:
        """Close the door; jobs go on."""
        self.server.shutdown()
        self.server.server_close()
        with self.lock:
            for one in self.connections:
                with suppress(OSError):
                    one.shutdown(2)

    def close(self) -> None:
        self.hold = True
        self.closed.set()
        with suppress(OSError):
            self.shut()
        for job in self.jobs.values():
            if job.process is not None and job.process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(job.process.pid, signal.SIGKILL)
                job.process.wait()

    # ---- what it does

    def _tick(self) -> None:
        while not self.closed.wait(0.05):
            self.turn()

    def turn(self) -> None:
        """Start and end what can be, and let the information providers run."""
        with self.lock:
            used = 0
            for job in list(self.jobs.values()):
                if job.process is not None and job.code is None and (code := job.process.poll()) is not None:
                    job.code = code if code >= 0 else 128 - code
                    job.end = time.time()
                    job.state = "KILLED" if job.state == "KILLING" else "FINISHED" if job.code == 0 else "FAILED"
                used += job.slots if job.process is not None and job.code is None else 0
            for job in self.jobs.values():
                if job.state == "KILLING" and job.process is None:
                    job.state, job.end = "KILLED", time.time()
                elif job.state == "PREPARING" or (job.state == "ACCEPTED" and job.awaited):
                    job.state = "QUEUING" if job.awaited <= self._files(job) else "PREPARING"
                elif job.state in ("ACCEPTED", "QUEUING") and not self.hold:
                    job.state = "QUEUING"
                    if used + job.slots <= self.slots:
                        used += job.slots
                        self._run(job)
            for job in [one for one in self.jobs.values() if one.cleaned and one.state in _ENDED]:
                del self.jobs[job.id]
            if not self.frozen:
                for job in self.jobs.values():
                    job.told = job.state

    def _files(self, job: Job) -> set[str]:
        place = self.folder / job.id
        return {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}

    def _run(self, job: Job) -> None:
        place = self.folder / job.id
        place.mkdir(mode=0o700, exist_ok=True)
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), **job.environment}
        job.process = subprocess.Popen(
            job.command, cwd=place, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
        )
        job.state = "RUNNING"

    def create(self, tree: ElementTree.Element) -> dict[str, Any]:
        def texts(path: str) -> list[str]:
            return [(one.text or "").replace("\n", "") for one in tree.iterfind(path.replace("/", f"/{_ADL}"))]

        app = f".//{_ADL}Application/{_ADL}"
        queue = (texts("./Resources/QueueName") or [self.queues[0]])[0]
        if self.draining:
            return {"status-code": "500", "reason": "New job submission is not allowed"}
        if self.full:
            return {"status-code": "500", "reason": "Failed to create session directory"}
        if queue not in self.queues:
            return {"status-code": "500", "reason": f"Requested queue {queue} is not allowed for this user"}
        names = [one.text or "" for one in tree.iterfind(f"{app}Environment/{_ADL}Name")]
        values = [one.text or "" for one in tree.iterfind(f"{app}Environment/{_ADL}Value")]
        path = tree.find(f"{app}Executable/{_ADL}Path")
        arguments = tree.iterfind(f"{app}Executable/{_ADL}Argument")
        command = [one.text.replace("\n", "") for one in (path, *arguments) if one is not None and one.text]
        slots = int((texts("./Resources/SlotRequirement/NumberOfSlots") or ["1"])[0])
        name = texts("./ActivityIdentification/Name")[0]
        job = Job(
            uuid.uuid4().hex,
            name,
            ElementTree.tostring(tree, "unicode"),
            command,
            dict(zip(names, values, strict=True)),
            slots,
        )
        job.awaited = frozenset(one.text or "" for one in tree.iterfind(f".//{_ADL}InputFile/{_ADL}Name"))
        with self.lock:
            self.jobs[job.id] = job
        return {"status-code": "201", "reason": "Created", "id": job.id, "state": "ACCEPTING"}

    def act(self, action: str, job_id: str) -> dict[str, Any]:
        job = None if self.blind else self.jobs.get(job_id)
        if job is None:
            return {"status-code": "404", "reason": "Job not found", "id": job_id, "state": "None", "info_document": ""}
        if action == "status":
            return {"status-code": "200", "reason": "OK", "id": job_id, "state": job.told}
        if action == "info":
            return {
                "status-code": "200",
                "reason": "OK",
                "id": job_id,
                "info_document": {"ComputingActivity": _told(job)},
            }
        if action == "delegations":
            found = re.findall(r"DelegationID>([^<]+)<", job.text)
            return {"status-code": "200", "reason": "OK", "id": job_id, "delegation_id": found[:1]}
        if action == "clean":  # looked at when the job is over
            job.cleaned = True
        elif job.state not in _ENDED:
            job.state = "KILLING"
            if job.process is not None:
                with suppress(ProcessLookupError):
                    os.killpg(job.process.pid, signal.SIGTERM)
        return {"status-code": "202", "reason": "Queued", "id": job_id}

    def info(self) -> dict[str, Any]:
        self.turn()
        states = Counter(job.state for job in self.jobs.values())
        running, waiting = states["RUNNING"], states["ACCEPTED"] + states["QUEUING"]
        shares = [
            {
                "Name": name,
                "MappingQueue": name,
                "ServingState": "production",
                "RunningJobs": str(running if name == self.queues[0] else 0),
                "WaitingJobs": str(waiting if name == self.queues[0] else 0),
                "FreeSlots": str(max(0, self.slots - running)),
            }
            for name in self.queues
        ]
        manager = {"ProductName": "fork", "TotalSlots": str(self.slots), "TotalLogicalCPUs": str(self.slots)}
        service = {"ID": "urn:played", "ComputingShare": shares, "ComputingManager": manager}
        return {"Domains": {"AdminDomain": {"Services": {"ComputingService": service}}}}

    def request_of(self, delegation: str) -> bytes:
        key = _key_of(len(self.keys) % 2)
        self.keys[delegation] = key
        made = x509.CertificateSigningRequestBuilder().subject_name(name_of("/CN=arex")).sign(key, hashes.SHA256())
        asked = made.tbs_certrequest_bytes.replace(b"\x02\x01\x00", b"\x02\x01\x02", 1)  # as A-REX 6 does
        signature = key.sign(asked, padding.PKCS1v15(), hashes.SHA256())
        inner = asked + _RSA_SHA256 + b"\x03\x82\x01\x01\x00" + signature
        body = base64.encodebytes(b"\x30\x82" + len(inner).to_bytes(2) + inner).decode()
        return f"-----BEGIN CERTIFICATE REQUEST-----\n{body}-----END CERTIFICATE REQUEST-----\n".encode()


@cache
def _key_of(_number: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def _host_of(authority: Authority) -> Credential:
    return authority.host()


def _told(job: Job) -> dict[str, Any]:
    told: dict[str, Any] = {"Name": job.name, "State": [f"arcrest:{job.told}", "nordugrid:X"]}
    if job.told in _ENDED:
        told |= {"ExecutionNode": "node1", "EndTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(job.end))}
        if job.told != "KILLED":
            told["ExitCode"] = str(job.code)
        if job.code:
            told["Error"] = f"LRMS error: ({job.code}) Job finished with wrong exit code - {job.code} != 0"
    return told


class _Cut(Exception):
    """The line breaks."""


class _Handler(BaseHTTPRequestHandler):
    owner: FakeArex
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the class above has it
        """Nothing."""

    def do_GET(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    do_PUT = do_POST

    def handle(self) -> None:
        with self.owner.lock:
            self.owner.connections.add(self.connection)
        with suppress(OSError, _Cut):  # refused in TLS, or broken off
            super().handle()
        with self.owner.lock:
            self.owner.connections.discard(self.connection)

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()

    def _subject(self) -> str:
        peer = self.connection.getpeercert()  # type: ignore[attr-defined]
        parts = [f"/{k}={v}" for one in (peer or {}).get("subject", ()) for k, v in one]
        short = {"domainComponent": "DC", "organizationName": "O", "commonName": "CN"}
        names = [f"/{short[k]}={v}" for k, _, v in (part[1:].partition("=") for part in parts)]
        while names and names[-1].startswith("/CN=") and names[-1][4:].isdigit():
            names.pop()
        return "".join(names)

    def _serve(self, body: bytes) -> None:
        owner, url = self.owner, urlsplit(self.path)
        action = parse_qs(url.query).get("action", [""])[0]
        parts = url.path.strip("/").split("/")[2:]  # below arex/rest
        what = action or (parts[1] if len(parts) > 1 else "versions")
        what = f"{parts[1]} {action}" if len(parts) > 1 and parts[1] == "delegations" else what
        what = "put" if self.command == "PUT" and "session" in parts else what
        with owner.lock:
            owner.calls[what] += 1
            waiting = owner.faults.get(what, [])
            fault = waiting.pop(0) if waiting else Fault()
        time.sleep(fault.before)
        if fault.cut == "before":
            self._cut()
        if fault.status:
            return self._say(fault.status, b"", reason="Service is not well")
        if len(parts) < 2:
            versions = list(owner.versions)
            return self._json({"version": versions if len(versions) > 1 else versions[0]})
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        owner.callers[self._subject() or token, what] += 1
        if self._subject() not in owner.mapped and token not in owner.tokens:
            return self._say(500, b"", reason="User can't be assigned configuration")
        if fault.gap is not None:
            self._hang_up()
        status, data, headers = self._answer(parts, action, body, fault.gap or 0.0)
        if fault.cut == "after" or fault.gap is not None:
            self._cut()
        return self._say(status, data, headers=headers)

    def _answer(self, parts: list[str], action: str, body: bytes, gap: float) -> tuple[int, bytes, dict[str, str]]:
        owner = self.owner
        kind, rest = parts[1], parts[2:]
        if kind == "info":
            return 200, json.dumps(owner.info()).encode(), {}
        if kind == "delegations":
            return self._delegations(rest, action, body)
        if self.command == "PUT":
            place = owner.folder / rest[0] / unquote("/".join(rest[2:]))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(body)
            return 200, b"", {}
        if rest and rest[1:2] in (["session"], ["diagnose"]):
            file = owner.folder / rest[0] / unquote("/".join(rest[2:]))
            return (200, file.read_bytes(), {}) if rest[1] == "session" and file.is_file() else (404, b"", {})
        if action == "new":
            made = []
            for tree in ElementTree.fromstring(body):
                made.append(owner.create(tree))
                time.sleep(gap)
            return 201, _made_of_xml("job", made), {}
        owner.turn()
        if not action:
            return 200, b"" if owner.blind else _made_of_xml("job", [{"id": one} for one in list(owner.jobs)]), {}
        with owner.lock:
            told = [owner.act(action, one["id"]) for one in json.loads(body)["job"]]
        owner.turn()
        return 201, _made_of_xml("job", told), {}

    def _delegations(self, rest: list[str], action: str, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        owner = self.owner
        if self.command == "PUT":
            owner.delegations[rest[0]] = body
            return 200, b"", {}
        if action in ("new", "renew"):
            name = rest[0] if rest else uuid.uuid4().hex[:12]
            return 201, owner.request_of(name), {"Location": f"/arex/rest/1.0/delegations?action=new/{name}"}
        return 200, _made_of_xml("delegation", [{"id": one} for one in owner.delegations]), {}

    def _say(
        self, status: int, data: bytes, *, reason: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status, reason)
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _json(self, told: object) -> None:
        self._say(200, json.dumps(told).encode())

    def _hang_up(self) -> None:
        """So that the client knows at once; the work goes on."""
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(2)

    def _cut(self) -> None:
        self._hang_up()
        raise _Cut


def _made_of_xml(name: str, found: list[dict[str, Any]]) -> bytes:
    if not found:
        return b""
    return json.dumps({name: found if len(found) > 1 else found[0]}).encode()
