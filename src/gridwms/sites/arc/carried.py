"""What a user has delegated, as it is shown to a computing element. It is in memory alone: no file holds it."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime

from gridwms.sites.arc.credential import Shown, trusting
from gridwms.sites.arc.settings import ArcSettings
from gridwms.sites.contract import Credentials
from gridwms.x509.credential import read_credential
from gridwms.x509.errors import BadCredential
from gridwms.x509.names import slashed


class CarriedCredentials:
    """The proxy of one delegation, else its token; renewed ones take its place."""

    def __init__(self, settings: ArcSettings, carried: Credentials, clock: Callable[[], float] = time.time) -> None:
        self._settings, self._clock = settings, clock
        self._carried = carried
        self._known: Shown | None = None

    @property
    def serial(self) -> int:
        """Which one it is."""
        return self._carried.serial

    def is_good(self) -> bool:
        """Whether it has not run out."""
        return self._carried.ends > self._clock()

    def replace(self, carried: Credentials) -> None:
        """From now on this one is shown."""
        self._carried = carried

    def now(self) -> Shown:
        """Raises BadCredential: it has run out, or is of no use here."""
        carried = self._carried
        stamp = (carried.serial, 0, 0)
        if self._known is None or self._known.stamp != stamp:
            self._known = self._shown(carried, stamp)
        if self._known.expires <= self._clock():
            when = datetime.fromtimestamp(self._known.expires, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            raise BadCredential(
                f"The credential of {self._known.subject} expired at {when}.", "Its owner can renew it."
            )
        return self._known

    def _shown(self, carried: Credentials, stamp: tuple[int, int, int]) -> Shown:
        context = trusting(self._settings.authorities)
        if not carried.proxy:
            headers = {"Authorization": f"Bearer {carried.token}"}
            return Shown(stamp, context, headers, None, "the bearer of the token", carried.ends)
        proxy = read_credential(carried.proxy, "the delegated proxy")
        handle = os.memfd_create("proxy", os.MFD_CLOEXEC)
        try:
            os.write(handle, carried.proxy)
            context.load_cert_chain(f"/proc/self/fd/{handle}")  # OpenSSL takes files alone
        except ssl.SSLError as error:
            raise BadCredential(f"A delegated proxy cannot be used: {error}.", "Delegate a new one.") from error
        finally:
            os.close(handle)
        return Shown(stamp, context, {}, proxy, slashed(proxy.certificate.subject), proxy.ends.timestamp())
