"""Which VOMS servers are believed for which VO: the directory `vomsdir` with `.lsc` files and certificates.

`vomsdir/<vo>/<host>.lsc` names the server's certificate and its authorities, a DN a line; further chains follow
after a line of dashes. A certificate in `vomsdir/<vo>/` or `vomsdir/` is believed as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import structlog
from cryptography import x509

from gridwms.x509.errors import BadCredential
from gridwms.x509.pem import certificates_in

logger = structlog.get_logger(__name__)

_VO = re.compile(r"[A-Za-z0-9][\w.-]{0,254}", re.ASCII)
_MOST = 1 << 16


@dataclass(frozen=True, slots=True)
class Believed:
    """For one VO and host: chains of names, the signer's first, and certificates of signers."""

    chains: tuple[tuple[str, ...], ...] = ()
    certificates: tuple[x509.Certificate, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.chains or self.certificates)


class VomsDirectory:
    """Read at each question: a file of a new VO counts at once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def believed(self, vo: str, host: str) -> Believed:
        """What is believed of the server `host` of `vo`; nothing for a name that is none."""
        if not _VO.fullmatch(vo) or not _VO.fullmatch(host):
            return Believed()
        folder = self._directory / vo
        chains: tuple[tuple[str, ...], ...] = ()
        try:
            text = (folder / f"{host}.lsc").read_text(encoding="utf-8", errors="replace")
            chains = read_lsc(text[:_MOST])
        except OSError:
            pass
        certificates: list[x509.Certificate] = []
        for path in (*folder.glob("*.pem"), *self._directory.glob("*.pem")):
            try:
                certificates += certificates_in(path.read_bytes(), str(path))
            except (OSError, BadCredential) as error:
                logger.warning("a certificate of a VOMS server is of no use", file=str(path), why=str(error))
        return Believed(chains, tuple(certificates))


def read_lsc(text: str) -> tuple[tuple[str, ...], ...]:
    """The chains of an `.lsc` file; lines that are no name are comments."""
    chains: list[list[str]] = [[]]
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("-"):
            chains.append([])
        elif line.startswith("/"):
            chains[-1].append(line)
    return tuple(tuple(chain) for chain in chains if chain)
