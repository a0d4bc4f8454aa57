"""Tokens of an issuer for a service: got by the device flow (RFC 8628), kept in a private file, renewed ahead of time.

One file a service. It holds secrets and has mode 0600; the refresh token goes to the issuer alone.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from gridwms.client.errors import LocalFile, NotIdentified, ServiceUnreachable

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
EARLY = 120.0
"""Seconds before its end from which on a token is renewed."""
_WAITING = ("authorization_pending", "slow_down")


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What is kept for a service. `expires`: of the access token, seconds since the epoch."""

    service: str
    issuer: str
    client: str
    token_endpoint: str
    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What a user has to open and to type there. `whole`: an address with the code in it, "" when there is none."""

    address: str
    code: str
    whole: str = ""


def login(
    service: str,
    issuer: str,
    client: str,
    *,
    scope: str,
    audience: str,
    show: Callable[[Code], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Login:
    """Let the user open an address in a browser, and wait until that is done.

    Raises NotIdentified, ServiceUnreachable.
    """
    found = _ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    begin, end = (_https(found, name) for name in ("device_authorization_endpoint", "token_endpoint"))
    form = {"client_id": client, "scope": scope}
    told = _ask("POST", begin, form | ({"audience": audience} if audience else {}))
    show(
        Code(
            address=str(told.get("verification_uri", "")),
            code=str(told.get("user_code", "")),
            whole=str(told.get("verification_uri_complete", "")),
        )
    )
    pause = float(told.get("interval", 5))
    until = time.monotonic() + float(told.get("expires_in", 600))
    form = {"client_id": client, "grant_type": DEVICE, "device_code": str(told.get("device_code", ""))}
    while time.monotonic() < until:
        answer = _ask("POST", end, form | ({"audience": audience} if audience else {}), refused=_WAITING)
        if "error" not in answer:
            made = Login(service=service, issuer=issuer, client=client, token_endpoint=end, access_token="")
            return _with(made, answer)
        pause += 5.0 if answer["error"] == "slow_down" else 0.0
        sleep(pause)
    raise NotIdentified("Nobody confirmed the code in time.", "Start again: gridwms login.")


def renewed(known: Login) -> Login:
    """The same with a new access token. Raises NotIdentified when the issuer gives none any more."""
    if not known.refresh_token:
        raise NotIdentified("The login has run out.", "Log in again: gridwms login.")
    form = {"client_id": known.client, "grant_type": "refresh_token", "refresh_token": known.refresh_token}
    return _with(known, _ask("POST", known.token_endpoint, form))


def path_of(service: str, data: Path) -> Path:
    """Where the login for a service is kept."""
    return data / "logins" / f"{quote(urlsplit(service).netloc, safe='')}.json"


def keep(made: Login, data: Path) -> Path:
    """Write it down, whole or not at all, for its owner alone; where it is. Raises LocalFile."""
    path = path_of(made.service, data)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(made), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise LocalFile(f"The login cannot be kept in {path}: {error.strerror}.", "Look at the directory.") from error
    finally:
        draft.unlink(missing_ok=True)
    return path


def token_for(service: str, data: Path, now: float) -> str:
    """The access token for a service, renewed when it ends soon; "" without a login.

    Raises LocalFile, NotIdentified, ServiceUnreachable.
    """
    path = path_of(service, data)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise LocalFile(f"The login {path} cannot be read: {error.strerror}.", "Log in again.") from error
    with os.fdopen(handle, encoding="utf-8") as file:
        found = os.fstat(file.fileno())
        if found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise LocalFile(f"The login {path} can be read by others.", "Remove it, and log in again.")
        try:
            known = Login(**json.load(file))
        except (ValueError, TypeError) as error:
            raise LocalFile(f"The file {path} is no login.", "Remove it, and log in again.") from error
    if known.service != service:
        return ""
    if known.expires - now < EARLY and known.refresh_token:
        known = renewed(known)
        keep(known, data)
    return known.access_token


def forget(service: str, data: Path) -> bool:
    """Remove the login for a service; whether there was one."""
    path = path_of(service, data)
    there = path.exists()
    path.unlink(missing_ok=True)
    return there


def _with(known: Login, answer: Mapping[str, Any]) -> Login:
    token, lasts = answer.get("access_token"), answer.get("expires_in", 3600)
    if not isinstance(token, str) or not token:
        raise NotIdentified(f"The issuer {known.issuer} gave no token.", "Log in again: gridwms login.")
    refresh = answer.get("refresh_token") or known.refresh_token
    return replace(known, access_token=token, refresh_token=str(refresh), expires=time.time() + float(lasts))


def _https(found: Mapping[str, Any], name: str) -> str:
    where = found.get(name)
    if not isinstance(where, str) or not where.startswith("https://"):
        raise NotIdentified(
            f"The issuer says nothing of its {name} (https).", "It has no device flow; ask its operators."
        )
    return where


def _ask(
    method: str, url: str, form: Mapping[str, str] | None = None, refused: tuple[str, ...] = ()
) -> Mapping[str, Any]:
    """`refused`: errors of OAuth that are answers too."""
    if not url.startswith("https://"):
        raise NotIdentified(f"{url} is no https address.", "Name the issuer as its tokens do.")
    try:
        with httpx.Client(timeout=20.0) as client:
            answer = client.request(method, url, data=form)
        told = answer.json()
    except (httpx.HTTPError, ValueError, OSError) as error:
        raise ServiceUnreachable(f"The issuer at {url} does not answer: {error}.", "Try again later.") from error
    if not isinstance(told, dict):
        raise ServiceUnreachable(f"The issuer at {url} answers nothing of use.", "Try again later.")
    if answer.status_code != httpx.codes.OK and told.get("error") not in refused:
        why = told.get("error_description") or told.get("error") or answer.status_code
        raise NotIdentified(f"The issuer refuses: {why}.", "Log in again: gridwms login.")
    return told
