"""Delegations, as the interface shows them."""

from __future__ import annotations

from pydantic import BaseModel, Field

from gridwms.api.models.problem import Out
from gridwms.store.delegations import Delegation


class DelegationIn(BaseModel):
    """A delegation that is to be. `name`: empty for the one of the caller's subject and FQANs."""

    name: str = ""


class RequestOut(Out):
    """What is to be signed: a request for a certificate (PKCS#10, PEM)."""

    name: str
    request: str


class ChainIn(BaseModel):
    """A proxy that was made for the request, and what it was made from (PEM, the new one first, no key)."""

    chain: str = Field(max_length=1 << 18)
    myproxy: str | None = Field(None, max_length=260, pattern=r"^[A-Za-z0-9._:\[\]-]*$")
    """The MyProxy server (host or host:port) from which it is to be renewed; empty: none; left out: as before."""


class TokenIn(BaseModel):
    """A token of an issuer that the service trusts. `refresh_token`: with which the service gets new ones, `client`: as
    which program. `name`: empty for the one of the caller's subject and groups."""

    name: str = ""
    access_token: str = Field(max_length=1 << 14, repr=False)
    refresh_token: str = Field("", max_length=1 << 14, repr=False)
    client: str = Field("", max_length=500)


class DelegationOut(Out):
    """A credential. Times in seconds since the epoch; `ends` null: only a request was given out so far.

    `kind`: proxy or token. `source`: from where it is renewed, "" from nowhere; `renew_at`: when it is tried next;
    `tried_at`, `tries`, `trouble`: the last try, how many failed one after the other, and how.
    """

    name: str
    kind: str
    owner: str
    vo: str
    fqans: list[str]
    begins: float | None
    ends: float | None
    attributes_end: float | None
    source: str
    renew_at: float | None
    renewed_at: float | None
    tried_at: float | None
    tries: int
    trouble: str

    @classmethod
    def of(cls, one: Delegation) -> DelegationOut:
        """The same without what is secret."""
        values = {name: getattr(one, name) for name in cls.model_fields}
        return cls(**values | {"fqans": list(one.fqans)})


class DelegationsOut(Out):
    """All of a user."""

    delegations: list[DelegationOut]
