"""Resources that are handed in, by sites or by pilots, as a source: it reads what is kept of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gridwms.classad import ClassAd, ClassAdSyntaxError, parse_ad

Read = Callable[[], Sequence[tuple[str, float]]]
"""The ads that are kept, as text, each with its end in seconds since the epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On which terms resources may be handed in to a source.

    `who`: subjects, FQANs and names of groups. `sites`: the configured sites that the resources may lead to; where
    there is one alone, it is meant by resources that name none. `default_seconds`, `max_seconds`: how long one is
    believed.
    """

    who: frozenset[str] = frozenset()
    sites: tuple[str, ...] = ()
    default_seconds: float = 600.0
    max_seconds: float = 86400.0
    max_resources: int = 10_000


@dataclass(slots=True, kw_only=True)
class PushSource:
    """What was handed in; `seconds`: how often to look for what other instances took in. Its answers are exact."""

    name: str
    read: Read
    seconds: float = 10.0
    kind: str = "push"
    where: str = ""
    timeout: float = 0.0
    complete: bool = True
    exact: bool = True
    notes: tuple[str, ...] = ()
    _known: dict[str, ClassAd] = field(default_factory=dict)

    def fetch(self) -> list[ClassAd]:
        """All that is kept and has not expired, each with its end."""
        known: dict[str, ClassAd] = {}
        ads: list[ClassAd] = []
        notes: list[str] = []
        for text, end in self.read():
            ad = self._known.get(text)
            if ad is None:
                try:
                    ad = parse_ad(text)
                except ClassAdSyntaxError as error:
                    notes.append(f"a resource that was handed in cannot be read any more: {error}")
                    continue
            known[text] = ad
            ads.append(ending(ad, end))
        self._known, self.notes = known, tuple(notes[:5])
        return ads


def ending(ad: ClassAd, end: float) -> ClassAd:
    """The ad with the time until which it may be believed."""
    return ad.with_({"GridwmsExpires": end})
