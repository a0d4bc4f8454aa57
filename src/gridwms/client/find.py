"""Which service to ask, and what to show there. A token goes to the service it belongs to and nowhere else.

It belongs to the service that is named beside it (`service.json` in the same directory), or to the one that the user
names together with it (`--service` or GRIDWMS_SERVICE, and GRIDWMS_TOKEN_FILE). An id never decides that: ids come
out of files and mails. Where there is no token for a service, and it is one with https, that is shown what people
carry from one service to the next: a token that names its audience (BEARER_TOKEN, BEARER_TOKEN_FILE), a proxy that
X509_USER_PROXY names, then what lies where tools leave it, bt_uN and /tmp/x509up_uN.
"""

from __future__ import annotations

import ipaddress
import json
import os
import random
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from gridwms.client.bearer import bearer_token
from gridwms.client.errors import LocalFile, NotIdentified, ServiceUnreachable, WrongService
from gridwms.client.login import token_for
from gridwms.jobs.ids import key_of

DEFAULT_DATA = Path("~/.local/share/gridwms")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a service is (`http://127.0.0.1:8480`, no slash at the end) and what opens it: a token, or a proxy's file
    (PEM: certificate, key, chain)."""

    url: str
    token: str = field(default="", repr=False)
    proxy: Path | None = None


def data_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """GRIDWMS_DATA, or `~/.local/share/gridwms`."""
    return Path(environment.get("GRIDWMS_DATA") or DEFAULT_DATA).expanduser()


def find_all(
    service: str = "", environment: Mapping[str, str] = os.environ, rng: random.Random | None = None
) -> list[Address]:
    """The services to ask: one, or several that are named with blanks or commas between them, in that order.

    GRIDWMS_SERVICE_ORDER=random mixes them, so that many clients spread over many services. Raises as `find` does.
    """
    names = re.split(r"[\s,]+", (service or environment.get("GRIDWMS_SERVICE", "")).strip())
    if len(names) > 1 and environment.get("GRIDWMS_SERVICE_ORDER", "") == "random":
        (rng or random.SystemRandom()).shuffle(names)
    return [find(name, environment) for name in names]


def find(service: str = "", environment: Mapping[str, str] = os.environ) -> Address:
    """The service to ask: `service`, else GRIDWMS_SERVICE, else the one that runs in the data directory.

    Raises WrongService, NotIdentified, ServiceUnreachable or LocalFile with what to do.
    """
    named = service or environment.get("GRIDWMS_SERVICE", "")
    chosen = environment.get("GRIDWMS_TOKEN_FILE", "")
    token_file = Path(chosen).expanduser() if chosen else data_directory(environment) / "token"
    running = _running(token_file.parent)
    url = base_of(named) if named else running
    if not url:
        raise ServiceUnreachable(
            f"No service was named, and none runs with its data in {token_file.parent}.",
            "Start one with 'gridwms serve', or name one with --service or GRIDWMS_SERVICE.",
        )
    _refuse_clear_text(url)
    if not chosen and url != running and (token := token_for(url, data_directory(environment), time.time())):
        return Address(url, token)
    if not chosen and url != running and url.startswith("https:") and (found := _carried(url, environment)):
        return found
    if running not in ("", url) and not chosen:
        raise WrongService(
            f"The token {token_file} belongs to the service at {running}, so it is not sent to {url}.",
            "Name a token for it with GRIDWMS_TOKEN_FILE or BEARER_TOKEN_FILE, or make a proxy (voms-proxy-init).",
        )
    return Address(url, _token(token_file))


def _carried(url: str, environment: Mapping[str, str]) -> Address | None:
    """With a token or a proxy that people carry from service to service: first what the environment names."""
    if token := bearer_token(environment, named=True):
        return Address(url, token)
    named = environment.get("X509_USER_PROXY", "")
    if not named and (token := bearer_token(environment, named=False)):
        return Address(url, token)
    proxy = user_proxy(environment)
    return None if proxy is None else Address(url, proxy=proxy)


def named_service(service: str = "", environment: Mapping[str, str] = os.environ) -> str:
    """The address of the service that is named, here or by GRIDWMS_SERVICE. Raises WrongService."""
    named = service or environment.get("GRIDWMS_SERVICE", "")
    if not named:
        raise WrongService("No service was named.", "Name one with --service or GRIDWMS_SERVICE.")
    url = base_of(named)
    _refuse_clear_text(url)
    return url


def user_proxy(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Where the user's proxy is; None when there is none. LocalFile when others may read it, or it is not there."""
    named = environment.get("X509_USER_PROXY", "")
    path = Path(named) if named else Path(f"/tmp/x509up_u{os.getuid()}")  # noqa: S108 (where every grid tool has it)
    try:
        found = path.stat()
    except OSError as error:
        if not named:
            return None
        raise LocalFile(
            f"The proxy {path} that X509_USER_PROXY names cannot be read: {error.strerror}.", "Make a new one."
        ) from error
    if found.st_uid != os.getuid():
        if not named:
            return None
        raise LocalFile(f"The proxy {path} belongs to somebody else.", "Make one of your own (voms-proxy-init).")
    if found.st_mode & 0o077:
        raise LocalFile(f"The proxy {path} can be read by others.", f"Make a new one, or: chmod 600 '{path}'.")
    return path


def base_of(url: str) -> str:
    """The address of a service without path, query and user; ValueError-free: raises WrongService for what is none."""
    try:
        parts = urlsplit(url if "//" in url else f"http://{url}")
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.scheme not in ("http", "https") or not host:
        raise WrongService(f"'{url}' is not the address of a service.", "It looks like https://host:port.")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def key_at(job: str, url: str) -> str:
    """The key in a job's id, after a check that the id is one of the service at `url`; a key alone will do.

    Raises WrongService.
    """
    try:
        key = key_of(job)
    except ValueError as error:
        raise WrongService(f"{error}.", "Use an id as 'gridwms submit' printed it.") from error
    if "/" in job and not _is_of(job, url):
        raise WrongService(
            f"The job {job} belongs to another service than {url}.",
            f"Name its service with --service (and its token with GRIDWMS_TOKEN_FILE), or give '{key}' alone if the "
            "service has moved.",
        )
    return key


def _is_of(job: str, url: str) -> bool:
    """Whether the service at `url` may have the job: its own ids have `/jobs/`, those of L&B a port of their own."""
    if "/jobs/" in job:
        return base_of(job) == url
    return urlsplit(base_of(job)).hostname == urlsplit(url).hostname


def keys_at(jobs: Sequence[str], url: str) -> list[str | WrongService]:
    """The keys of many jobs; the error in the place of one that has none there."""

    def one(job: str) -> str | WrongService:
        try:
            return key_at(job, url)
        except WrongService as error:
            return error

    return [one(job) for job in jobs]


def is_loopback(url: str) -> bool:
    """Whether the service is on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse_clear_text(url: str) -> None:
    if url.startswith("http://") and not is_loopback(url):
        raise WrongService(
            f"The token is not sent to {url}: without https it could be read on the way.",
            "Use the https address of the service.",
        )


def _running(data: Path) -> str:
    path = data / "service.json"
    try:
        return base_of(str(json.loads(path.read_text("utf-8"))["url"]))
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LocalFile(
            f"The file {path} does not tell where the service is: {error}.", "Start the service again."
        ) from (error)


def _token(path: Path) -> str:
    try:
        token = path.read_text("ascii").strip()
    except FileNotFoundError as error:
        raise NotIdentified(
            f"There is no token in {path}.",
            "It is made when the service starts; GRIDWMS_TOKEN_FILE names another file.",
        ) from error
    except (OSError, ValueError) as error:
        raise LocalFile(f"The token in {path} cannot be read: {error}.", "Look at the rights of the file.") from error
    if not token or not token.isprintable() or " " in token:
        raise LocalFile(f"The file {path} holds no token.", "GRIDWMS_TOKEN_FILE must name a token file.")
    return token
