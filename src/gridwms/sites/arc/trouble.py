"""What went wrong between us and A-REX, in sentences that say what to do."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx

_ALERTS = {
    "CERTIFICATE_EXPIRED": "it says that our certificate has expired; is its clock or ours wrong?",
    "BAD_CERTIFICATE": "it does not take our certificate (not yet valid there, or not well made); "
    "is its clock or ours wrong?",
    "UNKNOWN_CA": "it does not trust the authority of our certificate",
    "CERTIFICATE_REVOKED": "it says that our certificate was revoked",
    "CERTIFICATE_UNKNOWN": "it does not take our certificate",
    "CERTIFICATE_REQUIRED": "it wants a certificate and got none; configure a proxy",
}
_VERIFICATION = {
    10: "its certificate has expired, or our clock is wrong",
    9: "its certificate is not valid yet, or our clock is wrong",
    18: "its certificate is signed by itself",
    19: "the authority of its certificate is not trusted; put that into {authorities}",
    20: "the authority of its certificate is not trusted; put that into {authorities}",
    23: "its certificate was revoked",
    62: "its certificate is for another host",
}
"""By OpenSSL's numbers of verification errors (X509_V_ERR_...)."""
_UNKNOWN = "can't be assigned configuration"
"""A-REX 6 and 7 say so, with status 403 or 500, to whom they map to no account."""


def of_error(error: Exception, authorities: str) -> str:
    """Why a request failed that got no answer."""
    for one in _causes(error):
        if isinstance(one, ssl.SSLCertVerificationError):
            known = _VERIFICATION.get(one.verify_code, f"its certificate is not trusted: {one.verify_message}")
            return known.format(authorities=authorities)
        if isinstance(one, socket.gaierror):
            return f"its name is not known: {one.strerror}"
        for alert, words in _ALERTS.items():
            if alert in str(one):
                return words
    if isinstance(error, httpx.ConnectTimeout):
        return "no connection could be made in time"
    if isinstance(error, httpx.TimeoutException):
        return "it did not answer in time"
    if isinstance(error, httpx.ConnectError):
        return f"no connection: {error}"
    return f"the connection broke: {error or type(error).__name__}"


def of_answer(answer: httpx.Response, subject: str) -> str:
    """Why an answer is none that we can use."""
    said = " ".join((answer.reason_phrase, answer.text[:300])).strip()
    if _UNKNOWN in said:
        return f"it does not know us ({subject} is mapped to no account there, or it does not take our token): {said}"
    if answer.status_code == 401:
        return f"it does not take our credential ({subject}): {said}"
    if answer.status_code == 403:
        return f"it does not let us do that ({subject}): {said}"
    if answer.status_code == 404:
        return f"there is no A-REX at {answer.url}"
    return f"it answered {answer.status_code} {said}"


def is_passing(text: str) -> bool:
    """Whether a submission was turned down for a state of the site that passes, and not for what was submitted."""
    return text.startswith("New job submission is not allowed") or (
        text.startswith("Failed") and not text.startswith("Failed to parse")
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
