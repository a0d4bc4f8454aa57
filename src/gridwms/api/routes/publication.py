"""What information systems are told of the service."""

from __future__ import annotations

from fastapi import APIRouter

from gridwms.api import condition
from gridwms.api.desk import AtDesk
from gridwms.api.models.problem import ERRORS, Out
from gridwms.publication.facts import Health, Kind, Serving
from gridwms.rights.access import access_rules, vos_that_submit
from gridwms.security.policy import Action

router = APIRouter(prefix="/api/v1", tags=["service"], responses=ERRORS)


class EndpointOut(Out):
    """Where a face of the service is."""

    kind: Kind
    url: str


class PublicationOut(Out):
    """How the service is and who may submit (`VO:x`, `VOMS:/x/Role=y`, `ALL`); `gridwms publish` makes GLUE of it."""

    version: str
    endpoints: list[EndpointOut]
    health: Health
    info: str
    serving: Serving
    started: float | None
    access: list[str]
    vos: list[str]
    issuer: str


@router.get("/publication")
def publication(at: AtDesk) -> PublicationOut:
    """What information systems are to be told."""
    at.may(Action.LOOK_AT_MARKET)
    settings = at.settings
    wrong = condition.briefly(at.world, settings)
    rules, known = settings.gatekeeper.policies.rules, settings.published.vos()
    return PublicationOut(
        version=settings.version,
        endpoints=[EndpointOut.model_validate(one) for one in settings.published.faces],
        health=Health.WARNING if wrong else Health.OK,
        info="; ".join(wrong),
        serving=Serving.PRODUCTION if condition.accepts(at.world) else Serving.DRAINING,
        started=settings.published.started,
        access=access_rules(rules, known),
        vos=vos_that_submit(rules, known),
        issuer=settings.published.issuer(),
    )
