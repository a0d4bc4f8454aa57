"""The client's configuration: `glite_wmsui.conf` of the user, of the VO, of the machine (gLite reference §8.1, §9)."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridwms.glite.failure import Failure

if TYPE_CHECKING:
    from gridwms.classad import ClassAd

FILE = "glite_wmsui.conf"
_OLD_FILE = "glite_wms.conf"
_MOVED = (
    *("VirtualOrganisation", "RetryCount", "ShallowRetryCount", "Rank", "Requirements", "MyProxyServer"),
    *("JobProvenance", "LBAddress", "AllowZippedISB", "PerusalFileEnable"),
)
"""Defaults of descriptions that stood beside the rest once."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`read`: the files that were; `values`: attribute (lower case) to value; `jdl`: defaults of descriptions, and
    `moved`: those that stand in an old place, where they do nothing."""

    read: tuple[Path, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    jdl: ClassAd | None = None
    moved: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """A string; `$VARIABLES` in it are those of the environment."""
        value = self.values.get(name.lower())
        if not isinstance(value, str):
            return default
        return _VARIABLE.sub(lambda found: self.environment.get(found[1] or found[2], ""), value)

    def number(self, name: str) -> int | None:
        """A whole number."""
        value = self.values.get(name.lower())
        return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self.values.get(name.lower())
        return value if isinstance(value, bool) else default

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings, or one."""
        value = self.values.get(name.lower())
        items = value if isinstance(value, list | tuple) else [value]
        return tuple(one for item in items for one in _flat(item) if one)

    @property
    def vo(self) -> str:
        """The virtual organisation that it says."""
        return str(_constant(self.jdl, "VirtualOrganisation") or self.values.get("virtualorganisation") or "")

    def timeout(self, operation: str) -> float | None:
        """Seconds to wait for an operation's answer, from SoapTimeouts; None: as long as usual."""
        limits = self.values.get("soaptimeouts")
        if not isinstance(limits, Mapping):
            return None
        lower = {str(name).lower(): value for name, value in limits.items()}
        for name in ("globaltimeout", f"{operation}Timeout".lower()):
            if isinstance(value := lower.get(name), int | float) and value > 0:
                return float(value)
        return None


_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def _flat(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value.strip(),)
    return tuple(one for item in value for one in _flat(item)) if isinstance(value, list | tuple) else ()


def candidates(vo: str, named: str, environment: Mapping[str, str]) -> list[Path]:
    """The files in which settings may be, the first counts. `named`: what --config gives."""
    lower = vo.lower()
    own = Path(environment.get("HOME") or "~").expanduser() / ".glite"
    named = named or next((environment[name] for name in VARIABLES if environment.get(name)), "")
    mine = [Path(named)] if named else [own / part / name for part in _parts(lower) for name in (FILE, _OLD_FILE)]
    roots = [Path("/etc/glite-wms")]
    if prefix := environment.get("EMI_UI_CONF"):
        root = Path(prefix)
        roots = [root / "glite-wms", root / "etc/glite-wms", root / "etc", root]
    return [*mine, *(root / part / FILE for part in _parts(lower) for root in roots)]


VARIABLES = ("GLITE_WMSUI_COMMANDS_CONFIG", "GLITE_WMS_CLIENT_CONFIG", "GLITE_WMS_COMMANDS_CONFIG")
"""Environment that names the user's file."""


def _parts(vo: str) -> Sequence[str]:
    return (vo, "") if vo and "/" not in vo else ("",)


def load(vo: str, named: str = "", environment: Mapping[str, str] = os.environ) -> Settings:
    """All settings. Raises Failure for a file that was named and is not there, or that is none."""
    from gridwms.classad import ClassAd

    if named and not Path(named).is_file():
        raise Failure("Wrong Option", f"Unable to find the configuration file: {named}")
    whole, files = ClassAd(), []
    for path in candidates(vo, named, environment):
        if path.is_file():
            whole = ClassAd.joined(_section(path), whole)
            files.append(path)
    return _settings(whole, files, environment)


def _section(path: Path) -> ClassAd:
    from gridwms.classad import ClassAd, ClassAdSyntaxError, parse_ad

    try:
        ad = parse_ad(path.read_text("utf-8", "replace"), jdl=True)
    except (OSError, ClassAdSyntaxError) as error:
        raise Failure("Configuration File Error", f"Unable to read the configuration file {path}: {error}") from error
    section = ad.get("WmsClient")
    return section if isinstance(section, ClassAd) else ad


def _settings(ad: ClassAd, files: Sequence[Path], environment: Mapping[str, str]) -> Settings:
    from gridwms.classad import ClassAd, evaluate_attribute

    jdl = ad.get("JdlDefaultAttributes")
    values: dict[str, Any] = {}
    for name in ad:
        inner = ad[name]
        if isinstance(inner, ClassAd):
            values[name.lower()] = {one: evaluate_attribute(inner, one) for one in inner}
        else:
            values[name.lower()] = evaluate_attribute(ad, name)
    moved = tuple(name for name in _MOVED if name in ad)
    return Settings(tuple(files), values, jdl if isinstance(jdl, ClassAd) else None, moved, environment)


def _constant(ad: ClassAd | None, name: str) -> object:
    from gridwms.classad import evaluate_attribute

    value = evaluate_attribute(ad, name) if ad is not None and name in ad else ""
    return value if isinstance(value, str) else ""
