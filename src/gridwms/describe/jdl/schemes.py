"""The schemes of URLs in sandboxes: what the wrapper can fetch and send, and why it cannot do the others.

To serve one more: teach the wrapper to fetch or send it, add it here, and take it out of `NOT_SERVED`.
"""

from __future__ import annotations

FETCHED = ("http", "https")
"""Schemes of input files that the wrapper fetches itself. `file:` names files of the user's machine."""

SENT = ("http", "https", "file")
"""Schemes of destinations to which the wrapper sends output files itself; `file:` is a path on the worker node."""

NOT_SERVED = {
    "ftp": "it is not encrypted",
    "gsiftp": "GridFTP needs a proxy certificate on the worker node, which jobs do not have",
    "srm": "it needs a proxy certificate on the worker node, which jobs do not have",
    "root": "the wrapper does not speak XRootD",
    "xroot": "the wrapper does not speak XRootD",
    "s3": "jobs have no keys of object stores; a signed https URL will do",
    "gs": "jobs have no keys of object stores; a signed https URL will do",
    "lfn": "there is no catalogue of replicas",
    "guid": "there is no catalogue of replicas",
}
"""Schemes that users of grids know, and why they are refused."""


def why_not(scheme: str) -> str:
    """The end of a sentence that refuses a scheme."""
    return f"the scheme '{scheme}' is not served yet: {NOT_SERVED.get(scheme, 'nothing here knows it')}"
