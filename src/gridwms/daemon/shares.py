"""Shares and limits as the configuration gives them."""

from __future__ import annotations

from gridwms.daemon.config import PartyShare, Share
from gridwms.match.shares import Limits, Party, Shares

_DAY = 86400.0


def shares_of(section: Share) -> Shares:
    """What VOs, groups and users are entitled to."""
    return Shares(
        on=section.on,
        half_life_seconds=section.half_life_days * _DAY,
        vos={name: _party(one) for name, one in section.vos.items()},
        groups={name: _party(one) for name, one in section.groups.items()},
        users={name: _party(one) for name, one in section.users.items()},
        each_vo=_party(section.each_vo),
        each_group=_party(section.each_group),
        each_user=_party(section.each_user),
    )


def _party(section: PartyShare) -> Party:
    sites = {name: Limits(running=one.max_running, queued=one.max_queued) for name, one in section.sites.items()}
    limits = Limits(running=section.max_running, queued=section.max_queued, sites=sites)
    return Party(share=section.share, limits=limits)
