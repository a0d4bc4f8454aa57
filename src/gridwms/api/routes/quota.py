"""What users have at the service, and may have."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from gridwms.api.desk import AtDesk
from gridwms.api.models.problem import ERRORS, Out
from gridwms.flow import quota
from gridwms.security.policy import Action

router = APIRouter(prefix="/api/v1", tags=["service"], responses=ERRORS)


class QuotaOut(Out):
    """Bytes and files of sandboxes, and jobs that wait; `max_…` null: any amount."""

    owner: str
    bytes: int
    files: int
    waiting: int
    max_bytes: int | None
    max_files: int | None
    max_waiting: int | None


class QuotasOut(Out):
    """One entry a user."""

    quotas: list[QuotaOut]


@router.get("/quota")
def quotas(
    at: AtDesk,
    owner: Annotated[str, Query(description="whose; empty: your own, `*`: everybody's (operators)")] = "",
) -> QuotasOut:
    """What is used, and what is allowed."""
    whose = at.whose(owner, Action.LIST)
    owners = [whose] if whose else at.world.usage.owners()
    return QuotasOut(quotas=[QuotaOut.model_validate(quota.view(at.world, one)) for one in owners])
