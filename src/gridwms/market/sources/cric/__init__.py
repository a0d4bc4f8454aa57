"""JSON registries: queues as CRIC lists them, and resources in plain GLUE names."""

from gridwms.market.sources.cric.source import CricSource

__all__ = ["CricSource"]
