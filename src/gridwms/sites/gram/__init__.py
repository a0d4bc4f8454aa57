"""A Globus gatekeeper (GRAM5, the LCG CE) as a site, by its own clients: globusrun and globus-gass-server."""

from gridwms.sites.gram.dialect import GramDialect

__all__ = ["GramDialect"]
