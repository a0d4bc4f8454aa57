"""Information sources, as the service tells of them."""

from __future__ import annotations

from dataclasses import dataclass

from gridwms.client.answers.json import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """A computing element (or a part of one) or a storage element: told of last at `told`, believed until `expires`.

    `kind`: "resource" or "storage". `believed`: what this source says of it counts; another one's word goes before.
    """

    id: str
    kind: str
    told: float
    expires: float
    believed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An information source.

    `condition`: "new", "good", "failing" or "dead" (nothing is left of what it said). `seconds`: how often it is asked;
    `timeout`: how long an answer may take, `took`: how long the last one did. `resources`, `storage`: its entries that
    count now; `oldest`: when it told of the oldest; `expires`: when the first expires. `error`: what is wrong now.
    `entries`: only when one source is asked for.
    """

    source: str
    kind: str
    where: str
    condition: str
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
    notes: tuple[str, ...] = ()
    entries: tuple[SourceEntry, ...] = ()

    @classmethod
    def read(cls, told: Json) -> Source:
        given = {name: told[name] for name in cls.__slots__ if name in told}
        names = SourceEntry.__slots__
        entries = tuple(SourceEntry(**{name: one[name] for name in names}) for one in told.get("entries") or ())
        return cls(**{**given, "notes": tuple(told["notes"]), "entries": entries})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a source said to a test. `new`, `changed`, `gone`: its resources, compared with what is known of it."""

    source: str
    error: str
    took: float
    resources: int
    storage: int
    new: int
    changed: int
    gone: int
    notes: tuple[str, ...] = ()

    @classmethod
    def read(cls, told: Json) -> Trial:
        given = {name: told[name] for name in cls.__slots__ if name in told}
        return cls(**{**given, "notes": tuple(told["notes"])})
