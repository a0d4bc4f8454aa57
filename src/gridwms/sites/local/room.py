"""What one machine can give: all processors on one host, or the host for one job alone."""

from __future__ import annotations

from gridwms.sites.contract import Handover


def cannot_hold(handover: Handover, slots: int) -> str:
    """Why this machine can never run the attempt; nothing when it can."""
    if handover.cpus > slots:
        return f"it has {slots} slots, and {handover.cpus} were asked for"
    if handover.nodes > 1:
        return f"it is one host, and {handover.nodes} were asked for"
    if handover.smp_granularity > slots:
        return f"it has {slots} slots on its one host, and {handover.smp_granularity} on each were asked for"
    return ""
