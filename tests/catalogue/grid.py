"""What every catalogue under test holds, and small servers that speak the protocols of real ones."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

GUID = "0123456789abcdef0123456789abcdef"
COPIES: Mapping[str, tuple[str, ...]] = {
    "raw1": ("davs://se1.example.org:443/dav/atlas/raw1",),
    "raw2": ("davs://se1.example.org:443/dav/atlas/raw2", "davs://se2.example.org:443/dav/atlas/raw2"),
}
"""Two files of the data set `run1`; the first has the id GUID. In Rucio they are in the scope `atlas`."""
RSES = {"se1.example.org": "SE1", "se2.example.org": "SE2"}

Answer = Callable[[str, str, Mapping[str, str], bytes], tuple[int, Mapping[str, str], bytes]]


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """A server on this machine that answers (method, path, headers, body); its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, data = answer(self.command, self.path, dict(self.headers.items()), body)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(data)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST

        def log_message(self, *_args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def envelope(inner: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:enc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xmlns:xsd="http://www.w3.org/2001/XMLSchema"><e:Body>{inner}</e:Body></e:Envelope>'
    ).encode()


def fault(text: str) -> tuple[int, Mapping[str, str], bytes]:
    inner = f"<e:Fault><faultcode>e:Server</faultcode><faultstring>{text}</faultstring></e:Fault>"
    return 500, {"Content-Type": "text/xml"}, envelope(inner)


def dli(_method: str, _path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
    """A Data Location Interface, as the WSDL has it."""
    assert headers["SOAPAction"] == '""'
    text = body.decode()
    assert '<ns:listReplicas xmlns:ns="urn:DataLocationInterface">' in text
    kind = re.search(r"<inputDataType[^>]*>([^<]*)<", text)
    data = re.search(r"<inputData [^>]*>([^<]*)<", text)
    assert kind and data and data[1].startswith(f"{kind[1]}:")
    name = data[1].partition(":")[2]
    names = {"guid": {GUID: ["raw1"]}, "lds": {"run1": ["raw1", "raw2"]}, "lfn": {one: [one] for one in COPIES}}
    files = ["raw1", "raw2"] if kind[1] == "query" and name == "name=raw*" else names.get(kind[1], {}).get(name)
    if files is None:
        return fault("No such file or directory")
    urls = dict.fromkeys(url for file in files for url in COPIES[file])
    items = "".join(f'<item xsi:type="xsd:string">{url}</item>' for url in urls)
    array = f'<urlList enc:arrayType="xsd:string[{len(urls)}]">{items}</urlList>'
    return (
        200,
        {},
        envelope(f'<d:listReplicasResponse xmlns:d="urn:DataLocationInterface">{array}</d:listReplicasResponse>'),
    )


def storage_index(
    _method: str, _path: str, _headers: Mapping[str, str], body: bytes
) -> tuple[int, Mapping[str, str], bytes]:
    """A StorageIndex that writes its array beside the answer, as rpc/encoded allows."""
    found = re.search(r"<ns:(listSEby(LFN|GUID)) xmlns:ns=\"([^\"]*)\"><(lfn|guid) [^>]*>([^<]*)<", body.decode())
    assert found and found[3].endswith("org.glite.data.catalog.service.storageindex")
    name = {GUID: "raw1"}.get(found[5], "") if found[2] == "GUID" else found[5]
    if name not in COPIES:
        return fault("NotExistsException: that lfn doesn't exist")
    hosts = [re.sub(r"^davs://([^:]*).*", r"\1", url) for url in COPIES[name]]
    answer = f'<{found[1]}Response><{found[1]}Return href="#id0"/></{found[1]}Response>'
    array = '<multiRef id="id0">' + "".join(f"<item>{host}</item>" for host in hosts) + "</multiRef>"
    return 200, {}, envelope(answer + array)


class Rucio:
    """What a Rucio server 41.5 answered to the questions that are asked of it, for these files."""

    def __init__(self) -> None:
        self.token = "root-test-1"
        self.copies = {name: list(urls) for name, urls in COPIES.items()}
        self.asked: list[str] = []

    def __call__(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        place = urlsplit(path)
        if place.path == "/auth/userpass":
            if headers.get("X-Rucio-Password") != "secret":
                return 401, {}, b'{"ExceptionClass": "CannotAuthenticate", "ExceptionMessage": "Cannot authenticate"}'
            end = "Sat, 21 Nov 2099 22:51:54 UTC"
            return 200, {"X-Rucio-Auth-Token": self.token, "X-Rucio-Auth-Token-Expires": end}, b""
        if headers.get("X-Rucio-Auth-Token") != self.token:
            return 401, {}, b'{"ExceptionClass": "CannotAuthenticate"}'
        self.asked.append(place.path)
        asked = json.loads(body) if body else {}
        dids = [did["name"] for did in asked.get("dids", ()) if did["scope"] == "atlas"]
        rows: list[object] = []
        if place.path == "/replicas/list":
            rows = [self._row(name) for name in dids if name in self.copies]
        elif place.path == "/dids/bulkfiles":
            parent = {"parent_scope": "atlas", "parent_name": "run1"}
            rows = [{"scope": "atlas", "name": name, "bytes": 10} | parent for name in COPIES] if "run1" in dids else []
        elif place.path == "/dids/atlas/dids/search":
            (wanted,) = json.loads(unquote(parse_qs(place.query)["filters"][0]))
            rows = [
                {"scope": "atlas", "name": name, "did_type": "FILE"} for name in self.copies if _meets(name, wanted)
            ]
        elif method == "POST" and place.path == "/replicas":
            for file in asked["files"]:
                assert asked["rse"] in RSES.values()
                copies = self.copies.setdefault(file["name"], [])
                copies += [] if file["pfn"] in copies else [file["pfn"]]
            return 201, {}, b"Created"
        else:
            return 404, {}, b'{"ExceptionClass": "ScopeNotFound"}'
        return 200, {}, "".join(f"{json.dumps(row)}\n" for row in rows).encode()

    def _row(self, name: str) -> dict[str, object]:
        rses: dict[str, list[str]] = {}
        for url in self.copies[name]:
            rses.setdefault(RSES[url.split("/")[2].split(":")[0]], []).append(url)
        return {"scope": "atlas", "name": name, "bytes": 10, "md5": None, "adler32": "0a1b2c3d", "rses": rses}


def _meets(name: str, wanted: Mapping[str, str]) -> bool:
    return wanted == {"name": "raw*"} or (wanted == {"guid": GUID} and name == "raw1")
