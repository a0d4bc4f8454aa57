"""This machine as a site: a number of slots, a queue of directories, processes that outlive the service."""

from gridwms.sites.local.settings import LocalSettings
from gridwms.sites.local.site import LocalSite

__all__ = ["LocalSettings", "LocalSite"]
