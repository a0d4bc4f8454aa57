"""Doing a submission once, however often it is sent: a client's key, kept in the transaction that makes the jobs."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from gridwms.flow.errors import FlowError
from gridwms.flow.world import World
from gridwms.store import submit_keys

MAX_KEY = 255


class KeyReused(FlowError):
    """The key of an earlier submission, with other contents."""

    code = "key_reused"


class BadKey(FlowError):
    """Nothing that can be a key."""

    code = "bad_key"


@dataclass(frozen=True, slots=True)
class Once:
    """A submission that came with a key. `contents`: the digest of all that was sent."""

    owner: str
    key: str
    contents: str

    @classmethod
    def of(cls, owner: str, vo: str, key: str, texts: Sequence[bytes]) -> Once:
        """Raises BadKey."""
        if not 0 < len(key) <= MAX_KEY or not key.isprintable():
            raise BadKey(
                f"The key of a submission has 1 to {MAX_KEY} printable characters; this one has {len(key)}.",
                "A random UUID is a good one.",
            )
        digest = hashlib.sha256()
        for part in (vo.encode(), *texts):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
        return cls(owner, key, urlsafe_b64encode(digest.digest()).rstrip(b"=").decode())

    def recall(self, connection: Connection) -> list[str | None] | None:
        """The jobs that it became before (None where refused); None when it is new. Raises KeyReused."""
        found = submit_keys.find(connection, self.owner, self.key)
        if found is None:
            return None
        if found.contents != self.contents:
            raise KeyReused(
                f"The key '{self.key}' was used before for a submission with other contents; nothing was submitted.",
                "Use a new key for new contents.",
            )
        return found.answers

    def remember(self, connection: Connection, answers: Sequence[str | None], now: float) -> None:
        """Keep what it became; in the transaction that makes the jobs."""
        submit_keys.remember(connection, self.owner, self.key, self.contents, answers, now)


def forget_old(world: World) -> int:
    """Drop keys that have been kept long enough; how many."""
    before = world.clock() - world.settings.submit_key_seconds
    return world.database.write(lambda connection: submit_keys.forget(connection, before))
