"""ARC computing elements, through the REST interface of A-REX."""

from gridwms.sites.arc.doors import CarryingArcSite
from gridwms.sites.arc.settings import ArcSettings
from gridwms.sites.arc.site import ArcSite

__all__ = ["ArcSettings", "ArcSite", "CarryingArcSite"]
