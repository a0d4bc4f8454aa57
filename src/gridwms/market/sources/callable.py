"""A site's own description of its resources as a source. The daemon joins the two; the market knows no sites."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gridwms.classad import ClassAd
from gridwms.market.source import SourceError

_NOTHING = ClassAd()


@dataclass(frozen=True, slots=True)
class CallableSource:
    """Asks `describe`. `site`: set as GridwmsSite in every ad, so that the resources can be delivered to. `attributes`:
    set in every ad, whatever it has of these names.

    `describe` may raise anything; its text becomes the error.
    """

    name: str
    seconds: float
    describe: Callable[[], Sequence[ClassAd]]
    site: str = ""
    timeout: float = 0.0
    kind: str = "site"
    where: str = ""
    complete: bool = True
    exact: bool = False
    notes: Sequence[str] = ()
    attributes: ClassAd = _NOTHING

    def fetch(self) -> list[ClassAd]:
        """The ads, each with GridwmsSite. Raises SourceError."""
        try:
            ads = list(self.describe())
        except Exception as trouble:
            raise SourceError(f"the source '{self.name}' did not answer: {trouble}") from trouble
        more = self.attributes.with_({"GridwmsSite": self.site}) if self.site else self.attributes
        return [ad.with_(dict(more.items())) for ad in ads] if more else ads
