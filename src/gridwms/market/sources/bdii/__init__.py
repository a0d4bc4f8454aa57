"""Information indexes (BDII) over LDAP, with GLUE 1.3 and GLUE 2.0."""

from gridwms.market.sources.bdii.source import BdiiSource

__all__ = ["BdiiSource"]
