"""Why a credential was not renewed."""

from __future__ import annotations


class RenewalFailed(Exception):
    """A try that brought nothing. The text is a sentence: who was asked, and what it said. It holds no secret."""


class Unreachable(RenewalFailed):
    """The server is not there, takes too long, or is not the one that it should be: others would fail there as well."""
