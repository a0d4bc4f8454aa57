"""Delegations: proxies with which the service may act for their users."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from gridwms.api.desk import AtDesk
from gridwms.api.models.delegation import ChainIn, DelegationIn, DelegationOut, DelegationsOut, RequestOut, TokenIn
from gridwms.api.models.problem import ERRORS
from gridwms.flow import delegation
from gridwms.flow.credentials import tokens
from gridwms.security.policy import Action

router = APIRouter(prefix="/api/v1/delegations", tags=["delegations"], responses=ERRORS)


@router.post("", status_code=201)
def request(at: AtDesk, asked: DelegationIn) -> RequestOut:
    """Begin: the service makes a key, and gives out the request for a proxy. An earlier one of the name stays until the
    new one is there."""
    at.may(Action.DELEGATE)
    name = asked.name or delegation.name_for(at.identity)
    return RequestOut(name=name, request=delegation.request(at.world, at.identity, name))


@router.put("/{name}")
def put(at: AtDesk, name: str, sent: ChainIn) -> DelegationOut:
    """Complete: the signed proxy with its chain."""
    at.may(Action.DELEGATE)
    return DelegationOut.of(delegation.put(at.world, at.identity, name, sent.chain.encode(), sent.myproxy))


@router.post("/tokens", status_code=201)
def put_token(at: AtDesk, sent: TokenIn) -> DelegationOut:
    """Delegate a token, in the place of one of the same name."""
    at.may(Action.DELEGATE)
    made = tokens.put_token(
        at.world, at.identity, sent.name, sent.access_token, refresh=sent.refresh_token, client=sent.client
    )
    return DelegationOut.of(made)


@router.get("")
def list_all(
    at: AtDesk,
    owner: Annotated[str, Query(description="whose; empty: your own, `*`: everybody's (operators)")] = "",
) -> DelegationsOut:
    """Delegations by name, without what is secret in them."""
    whose = at.whose(owner, Action.LIST)
    return DelegationsOut(delegations=[DelegationOut.of(one) for one in delegation.of_owner(at.world, whose)])


@router.get("/{name}")
def show(at: AtDesk, name: str) -> DelegationsOut:
    """One of your own: a proxy, a token, or both."""
    at.may(Action.DELEGATE)
    found = delegation.named(at.world, at.identity.subject, name)
    return DelegationsOut(delegations=[DelegationOut.of(one) for one in found])


@router.delete("/{name}", status_code=204)
def remove(at: AtDesk, name: str) -> None:
    """Forget one of your own, key and all."""
    at.may(Action.DELEGATE)
    delegation.remove(at.world, at.identity.subject, name)
