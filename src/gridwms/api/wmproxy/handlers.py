"""What does each operation of WMProxy."""

from __future__ import annotations

from gridwms.api.wmproxy import access, ending, proxies, sandboxes, submitting, templates
from gridwms.api.wmproxy.common import Handler

HANDLERS: dict[str, Handler] = {
    **proxies.HANDLERS,
    **submitting.HANDLERS,
    **ending.HANDLERS,
    **sandboxes.HANDLERS,
    **access.HANDLERS,
    **templates.HANDLERS,
}
