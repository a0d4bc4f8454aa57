"""Who the user is: a proxy where grid tools keep it, or a token where WLCG's discovery finds it."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from gridwms.glite.failure import Failure


@dataclass(frozen=True, slots=True)
class User:
    """`proxy`: its file, None without one. `subject`: of the certificate below all proxies; `leaf`: of the proxy.
    `token`: what is shown where there is no proxy; it goes to services that the user or the configuration names."""

    proxy: Path | None = None
    subject: str = ""
    vo: str = ""
    fqans: tuple[str, ...] = ()
    ends: datetime | None = None
    token: str = field(default="", repr=False)

    def seconds_left(self, now: datetime) -> float:
        """Until the proxy runs out; below 0 it has."""
        return (self.ends - now).total_seconds() if self.ends else float("inf")


class NoProxy(Failure):
    """There is neither a proxy nor a token."""


class ProxyExpired(Failure):
    """The proxy has run out, or does so too soon."""


def find_user(environment: Mapping[str, str] = os.environ, now: datetime | None = None) -> User:
    """The user as far as this machine knows. Raises NoProxy, ProxyExpired or Failure.

    A proxy that has run out is no reason to fail while there is a token.
    """
    now = now or datetime.now(UTC)
    token = find_token(environment)
    path = proxy_path(environment)
    if not path.is_file():
        if token:
            return User(token=token)
        raise NoProxy("Proxy File Not Found", f"Unable to find a valid proxy file: {path}")
    user = read_proxy(path)
    if user.seconds_left(now) <= 0:
        if token:
            return User(token=token)
        raise ProxyExpired("Proxy validity Error", "Your proxy credential has expired")
    return user


def check_validity(user: User, minutes: int | None, now: datetime | None = None) -> None:
    """Raises ProxyExpired when less than `minutes` of the proxy are left."""
    if minutes and user.seconds_left(now or datetime.now(UTC)) < minutes * 60:
        text = f"Your proxy credential will expire in less than {minutes} minutes"
        raise ProxyExpired("Proxy validity Error", text)


def proxy_path(environment: Mapping[str, str]) -> Path:
    """X509_USER_PROXY, or `/tmp/x509up_uN`."""
    return Path(environment.get("X509_USER_PROXY") or f"/tmp/x509up_u{os.getuid()}")  # noqa: S108 (where all tools look)


def read_proxy(path: Path) -> User:
    """The user in a proxy's file. Raises Failure for one that others can read, or that is none."""
    from gridwms.x509.errors import X509Error
    from gridwms.x509.kinds import part_of
    from gridwms.x509.names import slashed
    from gridwms.x509.pem import certificates_in
    from gridwms.x509.voms.certificate import carried_by

    try:
        found = path.stat()
        if found.st_uid != os.getuid():
            raise Failure("Proxy File Error", f"The proxy file {path} belongs to somebody else")
        if stat.S_IMODE(found.st_mode) & 0o077:
            raise Failure("Proxy File Error", f"The proxy file {path} can be read by others (chmod 600 {path})")
        chain = certificates_in(path.read_bytes(), str(path))
        attributes = next((told for one in chain if (told := carried_by(one))), ())
    except OSError as error:
        raise Failure("Proxy File Error", f"Unable to read the proxy file {path}: {error.strerror}") from error
    except X509Error as error:
        raise Failure("Proxy File Error", f"{error.sentence}") from error
    below = next((one for one in chain if not part_of(one).is_proxy), None)
    return User(
        path,
        slashed(below.subject) if below is not None else slashed(chain[-1].issuer),
        attributes[0].vo if attributes else "",
        attributes[0].fqans if attributes else (),
        min(one.not_valid_after_utc for one in chain),
    )


def find_token(environment: Mapping[str, str]) -> str:
    """The token of the user; "" when there is none. Raises Failure for one that is named and of no use."""
    from gridwms.client.bearer import bearer_token
    from gridwms.client.errors import LocalFile

    try:
        return bearer_token(environment, named=True) or bearer_token(environment, named=False)
    except LocalFile as error:
        raise Failure("Token File Error", f"{error.sentence} {error.advice}") from error
