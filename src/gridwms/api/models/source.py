"""Information sources. Times are seconds since the epoch."""

from __future__ import annotations

from gridwms.api.models.problem import Out
from gridwms.market.source import Condition


class EntryOut(Out):
    """A computing element (or a part of one) or a storage element that a source tells of. `kind`: "resource" or
    "storage". `believed`: what this source says of it counts."""

    id: str
    kind: str
    told: float
    expires: float
    believed: bool


class SourceOut(Out):
    """An information source. `seconds`: how often it is asked; `timeout`: how long an answer may take, 0: no limit;
    `took`: how long the last one took. `error`: what is wrong now; `last_error` is kept when it answers again.

    `resources`, `storage`: its entries that count now; `oldest`: when it told of the one that it has been silent about
    longest; `expires`: when the first expires. `notes`: about single ads.
    """

    source: str
    kind: str
    where: str
    condition: Condition
    seconds: float
    timeout: float
    last_try: float | None
    last_good: float | None
    took: float | None
    failures: int
    error: str
    last_error: str
    last_error_at: float | None
    resources: int
    storage: int
    oldest: float | None
    expires: float | None
    notes: list[str]


class OneSourceOut(SourceOut):
    """One of them with its entries."""

    entries: list[EntryOut]


class SourcesOut(Out):
    """Who tells about resources, in the order in which they are believed."""

    sources: list[SourceOut]


class TrialOut(Out):
    """What a source said to a test. `new`, `changed`, `gone`: its resources, compared with what is known of it."""

    source: str
    error: str
    took: float
    resources: int
    storage: int
    new: int
    changed: int
    gone: int
    notes: list[str]
