"""Certificate subjects (DNs): when two spellings mean the same person."""

from __future__ import annotations

import re

_EMAIL = re.compile(r"/(?:E|Email|emailAddress)=", re.IGNORECASE)
_PROXY = re.compile(r"(?:/CN=(?:proxy|limited proxy|[0-9]+))+$")


def normal_subject(subject: str) -> str:
    """The subject with one spelling of the mail address and without the marks of proxies at its end."""
    return _PROXY.sub("", _EMAIL.sub("/emailAddress=", subject))


def same_subject(one: str, other: str) -> bool:
    """Whether both name the same person."""
    return one == other or normal_subject(one) == normal_subject(other)
