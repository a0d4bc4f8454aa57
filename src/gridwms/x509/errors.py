"""Why a certificate, a proxy or an attribute certificate is not believed, or of no use."""

from __future__ import annotations


class X509Error(Exception):
    """Any refusal made here. `sentence` says what is wrong, `advice` what to do; neither holds a secret."""

    def __init__(self, sentence: str, advice: str) -> None:
        super().__init__(f"{sentence} {advice}".strip())
        self.sentence = sentence
        self.advice = advice


class CertificateRefused(X509Error):
    """A chain of certificates proves nothing to this service."""


class AttributesRefused(X509Error):
    """The VOMS attributes of a proxy are forged, or were made for somebody else."""


class BadCredential(X509Error):
    """A file or text that should hold a certificate, a key or a proxy does not."""
