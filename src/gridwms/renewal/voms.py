"""A client of VOMS servers: attributes are asked for as `voms-proxy-init` does, by TLS with the user's proxy.

Newer servers answer `GET /generate-ac?fqans=...&lifetime=...` with an attribute certificate in XML. Older ones say
nothing to that; they take a request in XML behind a "0" in a record of its own. Which servers speak for a VO is told by
vomses files.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

from gridwms.renewal.errors import RenewalFailed, Unreachable
from gridwms.renewal.line import Judge, Line
from gridwms.x509.credential import Credential, Key, new_key, request_for, sign_request, split
from gridwms.x509.errors import X509Error
from gridwms.x509.voms.certificate import extension_of, read
from gridwms.x509.voms.verify import plain

SECONDS = 43_200
_TAGS = {name: re.compile(f"<{name}>([^<]*)</{name}>".encode()) for name in ("ac", "message", "error", "code")}
_WORD = re.compile(r'"([^"]*)"')
_LONGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class VomsServer:
    """A line of a vomses file. `subject`: the name of its certificate."""

    vo: str
    host: str
    port: int
    subject: str


def read_vomses(place: Path) -> list[VomsServer]:
    """The servers that a vomses file, or a directory of such files, tells of; lines that say nothing are left out."""
    try:
        files = sorted(place.iterdir()) if place.is_dir() else [place]
        texts = [path.read_text("utf-8", "replace") for path in files if path.is_file()]
    except OSError:
        return []
    found = []
    for line in "\n".join(texts).splitlines():
        words = _WORD.findall(line)
        if len(words) >= 5 and not line.lstrip().startswith("#") and words[2].isdecimal():
            found.append(VomsServer(vo=words[4], host=words[1], port=int(words[2]), subject=words[3]))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Voms:
    """VOMS servers as we ask them. `timeout`: for one whole conversation, in seconds."""

    servers: Callable[[], Sequence[VomsServer]]
    judge: Judge
    timeout: float = 120.0
    key: Callable[[], Key] = new_key

    def again(self, proxy: Credential, fqans: Sequence[str], now: datetime, seconds: int = SECONDS) -> Credential:
        """A proxy of `proxy` that carries these FQANs in this order. Raises RenewalFailed: never one with fewer."""
        certificates = [self._asked(vo, proxy, wanted, seconds) for vo, wanted in _by_vo(fqans).items()]
        try:
            key = self.key()
            chain = sign_request(
                request_for(key),
                proxy,
                now,
                lifetime=timedelta(days=3650),
                attributes=extension_of(certificates),
            )
            return split(chain, key)
        except X509Error as error:
            raise RenewalFailed(error.sentence) from error

    def _asked(self, vo: str, proxy: Credential, fqans: Sequence[str], seconds: int) -> bytes:
        """The attribute certificate of one VO, from the first of its servers that has one to give."""
        servers = [server for server in self.servers() if server.vo == vo]
        if not servers:
            raise RenewalFailed(f"No VOMS server of the VO {vo} is known to this service (vomses).")
        failures: list[RenewalFailed] = []
        for server in servers:
            try:
                return self._ask(server, proxy, fqans, seconds)
            except RenewalFailed as error:
                failures.append(error)
        raise next((one for one in failures if not isinstance(one, Unreachable)), failures[0])

    def _ask(self, server: VomsServer, proxy: Credential, fqans: Sequence[str], seconds: int) -> bytes:
        who = f"VOMS server {server.host}:{server.port}"
        said = b""
        for request in (_request(server, fqans, seconds), _old_request(fqans, seconds)):
            with Line(who, server.host, server.port, proxy, self.judge, self.timeout, server.subject) as line:
                for part in request:
                    line.send(part)
                said = line.read_all()
            if said.strip():
                break
        found = _told(said)
        why = found.get("message") or found.get("error") or found.get("code")
        try:
            raw = base64.b64decode(b"".join(found.get("ac", b"").split()), validate=True)
            [made] = read(extension_of([raw]))
        except (ValueError, binascii.Error, X509Error) as error:
            text = _short(why or said[:200]) or "it says nothing"
            raise RenewalFailed(f"{who} gives no attributes: {text}.") from error
        given = [plain(fqan) for fqan in made.fqans]
        lacking = [fqan for fqan in fqans if plain(fqan) not in given]
        if lacking or given[0] != plain(fqans[0]):
            raise RenewalFailed(
                f"{who} gives {', '.join(given)} where {', '.join(fqans)} was asked for: is the user still a member?"
            )
        return raw


def _request(server: VomsServer, fqans: Sequence[str], seconds: int) -> list[bytes]:
    wanted = quote(",".join(fqans), safe="/=,")
    path = f"/generate-ac?fqans={wanted}&lifetime={seconds}"
    return [f"GET {path} HTTP/1.0\r\nHost: {server.host}:{server.port}\r\n\r\n".encode()]


def _old_request(fqans: Sequence[str], seconds: int) -> list[bytes]:
    commands, order = [], []
    for fqan in map(plain, fqans):
        group, _, role = fqan.partition("/Role=")
        commands.append(f"B{group}:{role}" if role else f"G{group}")
        order.append(f"{group}:{role}" if role else group)
    text = "".join(f"<command>{escape(one)}</command>" for one in commands)
    text += f"<base64>1</base64><version>4</version><order>{escape(','.join(order))}</order>"
    return [
        b"0",
        f'<?xml version="1.0" encoding = "US-ASCII"?><voms>{text}<lifetime>{seconds}</lifetime></voms>'.encode(),
    ]


def _by_vo(fqans: Iterable[str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for fqan in fqans:
        found.setdefault(fqan.split("/")[1], []).append(fqan)
    return found


def _told(said: bytes) -> dict[str, bytes]:
    """What an answer says by the names of its elements; it is never parsed as XML, which it need not be."""
    matches = {name: tag.search(said[:_LONGEST]) for name, tag in _TAGS.items()}
    return {name: match.group(1) for name, match in matches.items() if match is not None}


def _short(text: bytes) -> str:
    words = text.decode("utf-8", "replace")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())[:300].rstrip(".")
