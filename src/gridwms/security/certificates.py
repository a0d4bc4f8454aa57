"""Callers known by their certificate or proxy."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cryptography import x509

from gridwms.security.authenticate import Shown
from gridwms.security.believing import Believing
from gridwms.security.errors import NotIdentified
from gridwms.security.identity import Identity
from gridwms.x509.errors import X509Error

KEPT_SECONDS = 30.0
"""How long a chain that was believed is not looked at again; so long a revocation may take to count."""
_MOST_KEPT = 1000


class Certificates:
    """Knows who shows a chain of certificates."""

    def __init__(self, believing: Believing, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._believing = believing
        self._clock = clock
        self._kept: OrderedDict[tuple[bytes, ...], tuple[datetime, Identity]] = OrderedDict()
        self._lock = threading.Lock()

    def identify(self, shown: Shown) -> Identity | None:
        """The user of the chain. None when none was shown, or a token beside it, which then decides.

        Raises NotIdentified with what is wrong with the chain.
        """
        if not shown.chain or shown.bearer:
            return None
        if shown.cross_site and not shown.safe:
            raise NotIdentified(
                "A browser sent this with your certificate for the page of another site.",
                "Use the commands, or the pages of this service.",
            )
        now = self._clock()
        with self._lock:
            until, identity = self._kept.get(shown.chain, (now, None))
        if identity is not None and now < until:
            return identity
        try:
            return self._known(shown.chain, now)
        except X509Error as error:
            raise NotIdentified(error.sentence, error.advice) from error

    def _known(self, shown: tuple[bytes, ...], now: datetime) -> Identity:
        try:
            certificates = [x509.load_der_x509_certificate(one) for one in shown]
        except ValueError as error:
            raise NotIdentified("A certificate that was shown cannot be read.", "Make a new proxy.") from error
        chain, attributes = self._believing.read(certificates, now)
        ends = min(chain.ends, attributes.ends or chain.ends)
        identity = Identity(
            subject=chain.subject,
            vo=attributes.vo,
            groups=attributes.fqans,
            issuer=chain.issuer,
            ends=chain.ends,
            limited=chain.limited,
            remarks=attributes.unheard,
        )
        with self._lock:
            self._kept[shown] = (min(ends, now + timedelta(seconds=KEPT_SECONDS)), identity)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return identity
