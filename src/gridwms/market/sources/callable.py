"""A site's own description of its resources as a source. The daemon joins the two; the market knows no sites."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gridwms.classad import ClassAd
from gridwms.market.source import SourceError


@dataclass(frozen=True, slots=True)
class CallableSource:
    """Asks `describe`. `site`: set as GridwmsSite in every ad, so that the resources can be delivered to.

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

    def fetch(self) -> list[ClassAd]:
        """The ads, each with GridwmsSite. Raises SourceError."""
        try:
            ads = list(self.describe())
        except Exception as trouble:
            raise SourceError(f"the source '{self.name}' did not answer: {trouble}") from trouble
        return [ad.with_({"GridwmsSite": self.site}) for ad in ads] if self.site else ads
