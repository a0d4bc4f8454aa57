"""What a service believes of certificates: authorities, VOMS servers, and the operator's rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from gridwms.x509.chain import Chain, Rules, verify
from gridwms.x509.trust import Anchors
from gridwms.x509.voms.trust import Believed
from gridwms.x509.voms.verify import Attributes, attributes_of


@dataclass(frozen=True, slots=True)
class Believing:
    """`anchors`: those of now. `believed`: by VO and host of a VOMS server. `hosts`: the names of this service, for the
    targets of VOMS attributes."""

    anchors: Callable[[], Anchors]
    believed: Callable[[str, str], Believed]
    rules: Rules
    hosts: Sequence[str] = ()

    def read(self, shown: Sequence[x509.Certificate], now: datetime) -> tuple[Chain, Attributes]:
        """Who shows these certificates, the one whose key is held first, and their VOMS attributes.

        Raises CertificateRefused and AttributesRefused.
        """
        anchors = self.anchors()
        chain = verify(shown, anchors, now, self.rules)
        return chain, attributes_of(chain, self.believed, anchors, now, self.hosts)
