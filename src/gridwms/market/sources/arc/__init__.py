"""ARC computing elements by the information of their REST interface, GLUE 2.0 in XML or JSON."""

from gridwms.market.sources.arc.source import ArcSource

__all__ = ["ArcSource"]
