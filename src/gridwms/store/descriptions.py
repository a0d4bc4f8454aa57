"""What equal jobs share: their description and their match class, stored once by digest."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection, delete, exists, select

from gridwms.jobs.states import State
from gridwms.store import bulk
from gridwms.store.sets import chunks, insert_missing
from gridwms.store.tables import description_tags, descriptions, jobs, match_classes

_LONGEST = 500


def digest_of(text: str) -> str:
    """The name of a text by its content: SHA-256, 43 letters."""
    return urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def put_descriptions(connection: Connection, texts: Mapping[str, str]) -> None:
    """Keep these texts by their digests."""
    if texts:
        rows = [{"digest": digest, "jdl": text} for digest, text in texts.items()]
        connection.execute(insert_missing(connection, descriptions), rows)


def put_tags(connection: Connection, tags: Mapping[str, Iterable[tuple[str, str]]]) -> None:
    """Let the user tags of descriptions be searched for, by digest."""
    rows = [
        (digest, name.lower()[:_LONGEST], value[:_LONGEST]) for digest, pairs in tags.items() for name, value in pairs
    ]
    bulk.insert(connection, "description_tags", ("digest", "name", "search"), rows, missing=True)


def get_descriptions(connection: Connection, digests: Collection[str]) -> dict[str, str]:
    """The texts of these digests, as far as they are there."""
    found: dict[str, str] = {}
    for chunk in chunks(set(digests)):
        query = select(descriptions.c.digest, descriptions.c.jdl).where(descriptions.c.digest.in_(chunk))
        found |= {row.digest: row.jdl for row in connection.execute(query)}
    return found


def drop_unused(connection: Connection, digests: Collection[str]) -> None:
    """Remove the descriptions among these that only purged jobs still name. Those of nodes have names of their own."""
    single = jobs.c.parent.is_(None)
    used = exists().where(jobs.c.description == descriptions.c.digest, single, jobs.c.state != State.PURGED.value)
    for chunk in chunks(set(digests)):
        connection.execute(delete(descriptions).where(descriptions.c.digest.in_(chunk), ~used))
        kept = exists().where(descriptions.c.digest == description_tags.c.digest)
        connection.execute(delete(description_tags).where(description_tags.c.digest.in_(chunk), ~kept))


def drop_of(connection: Connection, digests: Collection[str]) -> None:
    """Remove the descriptions of a purged compound, which nobody else names."""
    for chunk in chunks(set(digests)):
        connection.execute(delete(descriptions).where(descriptions.c.digest.in_(chunk)))


def put_classes(connection: Connection, ads: Mapping[str, str]) -> None:
    """Keep the ads of match classes by their digests."""
    if ads:
        rows = [{"digest": digest, "ad": ad} for digest, ad in ads.items()]
        connection.execute(insert_missing(connection, match_classes), rows)


def get_classes(connection: Connection, digests: Collection[str]) -> dict[str, str]:
    """The ads of these match classes."""
    found: dict[str, str] = {}
    for chunk in chunks(set(digests)):
        query = select(match_classes.c.digest, match_classes.c.ad).where(match_classes.c.digest.in_(chunk))
        found |= {row.digest: row.ad for row in connection.execute(query)}
    return found
