"""Events as they are told to listeners: with what filters ask about their jobs, and ready to be sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from gridwms.flow.status import EventView, event_view, merged_tags
from gridwms.flow.task import job_url
from gridwms.flow.wording import event_text
from gridwms.flow.world import World
from gridwms.jobs.interest import Interest, Subject
from gridwms.store import remarks, stream
from gridwms.store.events import last_cursor
from gridwms.store.stream import Heard


class Told:
    """An event with what is asked about its job. It is read and written out when somebody wants it, and then once."""

    def __init__(self, heard: Heard, tags: Mapping[str, str] | None, url: str) -> None:
        self._heard = heard
        self._url = url
        self.cursor = heard.cursor
        self.subject = Subject(key=heard.key, owner=heard.owner, vo=heard.vo, parent=heard.parent, tags=tags)

    def is_for(self, interest: Interest) -> bool:
        """Whether the filter lets it through."""
        return interest.admits(self.subject, self._heard.type, self._heard.state, self._heard.done_code)

    @cached_property
    def view(self) -> EventView:
        """As it is shown."""
        return event_view(self._heard.logged)

    @cached_property
    def data(self) -> str:
        """As JSON, as it is sent everywhere."""
        return _json(event_data(self.view, self._url))


def read_after(
    world: World, cursor: int, interest: Interest, limit: int, *, tags: bool = False, nodes_begin: bool = True
) -> tuple[list[Told], int, bool]:
    """What a filter lets through after `cursor`, the cursor to go on from, and whether that was all.

    `tags`: the jobs' user tags come along, also when `interest` does not ask for them. `nodes_begin`: how nodes of
    compounds begin is told too, if `interest` lets that through.
    """

    def work(connection: Connection) -> tuple[list[Heard], int]:
        last = last_cursor(connection)
        return stream.after(connection, cursor, interest, limit, nodes_begin=nodes_begin), last

    found, last = world.database.read(work)
    whole = len(found) < limit
    labels = _tags(world, found, tags, interest)
    told = [Told(one, label, job_url(world, one.key)) for one, label in zip(found, labels, strict=True)]
    return [one for one in told if one.is_for(interest)], max(cursor, last if whole else found[-1].cursor), whole


def event_data(view: EventView, url: str) -> dict[str, Any]:
    """An event for programs; see `EventOut` of REST, which is the same."""
    why = view.reason
    return {
        "cursor": str(view.cursor),
        "key": view.key,
        "job": url,
        "type": view.type,
        "time": view.time,
        "source": view.source,
        "attempt": view.attempt,
        "state": view.state,
        "done_code": view.done_code,
        "text": event_text(view.type, view.data, why),
        "reason": {"code": why.code, "sentence": why.sentence, "advice": why.advice} if why else None,
        "fields": {name: value for name, value in view.data.items() if name not in ("reason", "failure")},
    }


def _tags(world: World, found: Sequence[Heard], wanted: bool, interest: Interest) -> list[Mapping[str, str] | None]:
    """The user tags of the jobs by name in lower case; of a purged job only those that were said of it later."""
    if not (wanted or interest.tags):
        return [None] * len(found)
    known = world.descriptions.many({one.description for one in found if one.number is not None})
    said = world.database.read(lambda connection: remarks.tags(connection, {one.remarked for one in found}))
    tags: list[Mapping[str, str] | None] = []
    for one in found:
        described = known[one.description].user_tags if one.description in known else one.tags
        merged = merged_tags(described, said.get(one.remarked, {}))
        tags.append({name.lower(): value for name, value in merged})
    return tags


_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
