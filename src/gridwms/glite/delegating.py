"""Under which delegation a call is made: a new one for it (-a), one made before (-d), one of the settings (§8.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridwms.glite.failure import Failure, Fault

if TYPE_CHECKING:
    from gridwms.glite.options import Given
    from gridwms.glite.session import Session
    from gridwms.glite.wmproxy import WmProxy

_NONE = (
    "No delegationId found, please use one of the following methods:\n"
    "- use the --delegationid, -d <id> option with the name of a proxy delegated before\n"
    "- use the --autm-delegation, -a option to delegate the proxy automatically\n"
    "- specify the DelegationId attribute in the configuration file"
)


@dataclass(frozen=True, slots=True)
class Delegation:
    """`name`: of one that is there; "" for one to be made at the service that is asked."""

    name: str = ""


def wanted(session: Session) -> Delegation:
    """What the user wants. Raises Failure when that is not said; a user without a proxy has nothing to delegate."""
    given: Given = session.given
    if given.has("autm-delegation"):
        return Delegation()
    name = given.text("delegationid") or session.settings.text("DelegationId")
    if not name and session.user.proxy:
        raise Failure("Missing Information", _NONE)
    return Delegation(name)


def at_service(session: Session, server: WmProxy, delegation: Delegation) -> str:
    """The name of the delegation to use there. Raises Failure."""
    if delegation.name or session.user.proxy is None:
        return delegation.name
    try:
        name = server.delegate(session.user, "")
    except Fault as error:
        text = f"Unable to delegate the credential to the endpoint: {server.url}\n{error.text}"
        raise Fault("Operation failed", text, elsewhere=error.elsewhere) from error
    session.talk.debug("Credential delegated with the delegation identifier:", name)
    return name
