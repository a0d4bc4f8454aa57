"""What is told of a proxy (gLite reference §8.4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gridwms.glite.wording import proxy_moment, time_left

if TYPE_CHECKING:
    from gridwms.glite.wmproxy import ProxyInfo, VoInfo

_PADDED = 12


def proxy_text(told: ProxyInfo, now: float) -> str:
    """Lines `label : value`; what is empty is left out."""
    fields = told.fields
    text = _lines(
        [
            *((name, fields.get(name, "")) for name in ("Subject", "Issuer", "Identity", "Type", "Strength")),
            ("StartDate", _moment(fields.get("StartTime", ""))),
            *_ends(fields.get("EndTime", ""), now),
        ]
    )
    return text + "".join(_vo_text(vo, now) for vo in told.vos)


def _vo_text(vo: VoInfo, now: float) -> str:
    fields = vo.fields
    lines = [
        ("VO", fields.get("VOName", "")),
        ("Subject", fields.get("User", "")),
        ("Issuer", fields.get("Server", "")),
        ("srvCA", fields.get("ServerCA", "")),
        ("URI", fields.get("URI", "")),
        *(("Attribute", one) for one in vo.attributes),
        ("StartTime", _moment(fields.get("StartTime", ""))),
        *_ends(fields.get("EndTime", ""), now),
    ]
    return f"=== VO {fields.get('VOName', '')} extension information ===\n{_lines(lines)}"


def _lines(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"{label.ljust(_PADDED)}: {value}\n" for label, value in pairs if value)


def _ends(seconds: str, now: float) -> list[tuple[str, str]]:
    left = time_left(float(seconds) - now) if _is_moment(seconds) else ""
    return [("Expiration", _moment(seconds)), ("Timeleft", left or ("0 sec " if _is_moment(seconds) else ""))]


def _moment(seconds: str) -> str:
    """Services tell seconds since the epoch; any other text stays as it is."""
    return proxy_moment(float(seconds)) if _is_moment(seconds) else seconds


def _is_moment(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 12
