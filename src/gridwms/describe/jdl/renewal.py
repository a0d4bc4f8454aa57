"""MyProxyServer: from where the proxy of a job is to be renewed (gLite reference §1.2, §7.7)."""

from __future__ import annotations

import re

from gridwms.describe.jdl.draft import Draft, shown

_SERVER = re.compile(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,253})|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?", re.ASCII)


def read_myproxy(draft: Draft) -> str:
    """The host, with its port if there is one; empty when nothing is to be renewed."""
    server = draft.text("MyProxyServer")
    found = _SERVER.fullmatch(server)
    if server and (found is None or not 0 < int(found[1] or 1) < 65536):
        draft.error(
            "bad_value",
            "MyProxyServer",
            f"{shown(server)} is no address of a server",
            found=server,
            accepted="host or host:port",
        )
        return ""
    return server
