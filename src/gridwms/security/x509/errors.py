"""Why a certificate, a proxy or an attribute certificate is not believed."""

from __future__ import annotations

from gridwms.security.errors import SecurityError


class CertificateRefused(SecurityError):
    """A chain of certificates proves nothing to this service."""

    code = "certificate_refused"


class AttributesRefused(SecurityError):
    """The VOMS attributes of a proxy are forged, or were made for somebody else."""

    code = "attributes_refused"


class BadCredential(SecurityError):
    """A file or text that should hold a certificate, a key or a proxy does not."""

    code = "bad_credential"
